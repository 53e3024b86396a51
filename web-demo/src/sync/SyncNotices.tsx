import { useEffect, useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";

import { useRunlog } from "../history.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Unlock } from "../vault/Unlock.tsx";
import { useLiveVault } from "../vault/useVault.ts";
import { useOnline } from "../useOnline.ts";
import { lastRuns, useSyncStatus } from "./useSync.ts";

/** Syncs in the background while the app is open, and says so when that fails. */
export function SyncNotices(): ReactNode {
  const { sync } = useRunlog();
  const status = useSyncStatus();
  const vault = useLiveVault();
  const isOnline = useOnline();
  const [path] = useLocation();
  const [dismissed, setDismissed] = useState<string | null>(null);
  useEffect(() => {
    sync.start().catch((error: unknown) => console.error("syncing in the background did not begin:", error));
    return () => void sync.stop().catch(() => undefined);
  }, [sync]);
  const failed = lastRuns(status).find((run) => run.status === "failed" || run.status === "partial");
  // The sync page says it all itself.
  if (path.startsWith("/sync")) return null;
  if (vault?.state === "locked") return <Unlock vault={vault} />;
  if (!failed || failed.id === dismissed || !isOnline) return null;
  const name = status?.backends.find((backend) => backend.id === failed.backendId)?.name ?? "a relay";
  return (
    <div className="notice" data-tone="bad" role="status">
      <Icon name="alert" />
      <p>
        <strong>{failed.status === "failed" ? `Syncing with ${name} failed` : `Syncing with ${name} left something out`}</strong>
        {failed.error && `: ${failed.error.message}`} <Link href="/sync">To the sync page</Link>
      </p>
      <button type="button" className="icon-button" aria-label="Dismiss" onClick={() => setDismissed(failed.id)}>
        <Icon name="cross" />
      </button>
    </div>
  );
}
