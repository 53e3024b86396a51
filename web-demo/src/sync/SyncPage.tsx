import type { ReactNode } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components/Tabs";
import { Link, useLocation } from "wouter";

import { Empty, Loading } from "../ui/State.tsx";
import { Unlock } from "../vault/Unlock.tsx";
import { useLiveVault } from "../vault/useVault.ts";
import { Backends } from "./Backends.tsx";
import { Devices } from "./Devices.tsx";
import { Stats } from "./Stats.tsx";
import { SyncRuns } from "./SyncRuns.tsx";

const TABS = [
  { id: "backends", name: "Backends", Panel: Backends },
  { id: "history", name: "History", Panel: SyncRuns },
  { id: "stats", name: "Statistics", Panel: Stats },
  { id: "devices", name: "Vault and devices", Panel: Devices },
] as const;

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
  const isKnown = TABS.some(({ id }) => id === tab);
  return (
    <div className="sync-page">
      <title>Sync · Runlog</title>
      <h1 className="hidden-text">Sync</h1>
      {vault.state === "locked" && <Unlock vault={vault} />}
      <Tabs
        className="tabs"
        selectedKey={isKnown ? tab : "backends"}
        onSelectionChange={(key) => navigate(key === "backends" ? "/sync" : `/sync/${key}`, { replace: true })}
      >
        <TabList className="tab-list" aria-label="About syncing">
          {TABS.map(({ id, name }) => (
            <Tab key={id} id={id} className="tab">
              {name}
            </Tab>
          ))}
        </TabList>
        {TABS.map(({ id, Panel }) => (
          <TabPanel key={id} id={id} className="tab-panel">
            <Panel />
          </TabPanel>
        ))}
      </Tabs>
    </div>
  );
}
