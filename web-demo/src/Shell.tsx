// The frame around every page: where one can go, what is wrong with the storage, theme and help.
import { useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";

import { useRunlog } from "./history.tsx";
import { Shortcuts } from "./Shortcuts.tsx";
import { SyncNotices } from "./sync/SyncNotices.tsx";
import { SyncState } from "./sync/SyncState.tsx";
import { ThemeSwitch } from "./ThemeSwitch.tsx";
import { Icon, type IconName } from "./ui/Icon.tsx";
import { Toasts } from "./ui/toast.tsx";
import { useKeys } from "./keys.ts";

const PAGES: readonly { path: string; name: string; icon: IconName }[] = [
  { path: "/runs", name: "Runs", icon: "runs" },
  { path: "/record", name: "Record", icon: "record" },
  { path: "/sync", name: "Sync", icon: "sync" },
  { path: "/storage", name: "Storage", icon: "storage" },
];

export function Shell({ children }: { children: ReactNode }): ReactNode {
  const [isHelpOpen, setHelpOpen] = useState(false);
  useKeys({ "?": () => setHelpOpen(true) });
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <header className="bar">
        <Link href="/runs" className="brand" aria-label="Runlog, to the runs">
          <img src="/icon.svg" width="20" height="20" alt="" />
          <span>Runlog</span>
        </Link>
        <nav aria-label="Pages">
          {PAGES.map((page) => (
            <PageLink key={page.path} {...page} />
          ))}
        </nav>
        <div className="bar-end">
          <SyncState />
          <ThemeSwitch />
          <button type="button" className="icon-button" aria-label="Keyboard shortcuts" onClick={() => setHelpOpen(true)}>
            <Icon name="help" />
          </button>
        </div>
      </header>
      <StorageNotice />
      <SyncNotices />
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <Toasts />
      <Shortcuts isOpen={isHelpOpen} onOpenChange={setHelpOpen} />
    </div>
  );
}

function PageLink({ path, name, icon }: (typeof PAGES)[number]): ReactNode {
  const [location] = useLocation();
  const isHere = location === path || location.startsWith(`${path}/`);
  return (
    <Link href={path} className="page-link" aria-current={isHere ? "page" : undefined}>
      <Icon name={icon} />
      <span>{name}</span>
    </Link>
  );
}

/** Says loudly that what is recorded here will be gone, or that what was here is. */
function StorageNotice(): ReactNode {
  const { kind, reason } = useRunlog().storage;
  const isEvicted = reason?.code === "evicted";
  if (kind !== "memory" && !isEvicted) return null;
  return (
    <div className="notice" data-tone={isEvicted ? "bad" : "warn"} role="status">
      <Icon name="alert" />
      <p>
        {isEvicted ? (
          <>
            <strong>The browser has removed the history that was here.</strong> <Link href="/start">Join the vault again</Link>, and a
            sync brings back what a relay has.
          </>
        ) : (
          <>
            <strong>This history is in memory</strong> and gone with the last tab of this page
            {reason ? `: ${reason.message} (${reason.code}).` : "."}
          </>
        )}
      </p>
    </div>
  );
}
