import type { ReactNode } from "react";
import { Link, useLocation } from "wouter";

import { PageTabs, type PageTab } from "../ui/PageTabs.tsx";
import { Empty, Loading } from "../ui/State.tsx";
import { Unlock } from "../vault/Unlock.tsx";
import { useLiveVault } from "../vault/useVault.ts";
import { Backends } from "./Backends.tsx";
import { Devices } from "./Devices.tsx";
import { Stats } from "./Stats.tsx";
import { SyncRuns } from "./SyncRuns.tsx";

const TABS: readonly PageTab[] = [
  { id: "backends", name: "Backends", show: () => <Backends /> },
  { id: "history", name: "History", show: () => <SyncRuns /> },
  { id: "stats", name: "Statistics", show: () => <Stats /> },
  { id: "devices", name: "Vault and devices", show: () => <Devices /> },
];

/** Everything about syncing. */
export function SyncPage({ tab }: { tab: string }): ReactNode {
  const vault = useLiveVault();
  const [, navigate] = useLocation();
  if (!vault) return <Loading what="the vault" />;
  if (vault.state === "none") {
    return (
      <Empty icon="sync" title="This history is in this browser alone" isPage>
        <title>Sync · Runlog</title>
        <p>With a vault it is shared with your other devices through a relay, which cannot read it.</p>
        <Link href="/start" className="button" data-kind="primary">
          Set up
        </Link>
      </Empty>
    );
  }
  return (
    <div className="sync-page">
      <title>Sync · Runlog</title>
      <h1 className="hidden-text">Sync</h1>
      {vault.state === "locked" && <Unlock vault={vault} />}
      <PageTabs label="About syncing" tabs={TABS} selected={tab} onSelect={(id) => navigate(id === "backends" ? "/sync" : `/sync/${id}`, { replace: true })} />
    </div>
  );
}
