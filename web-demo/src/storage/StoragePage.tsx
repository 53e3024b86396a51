import { useMemo, type ReactNode } from "react";
import type { Health } from "runlog";
import { Link } from "wouter";

import { bytes, number, plural } from "../format.ts";
import { useLive, useRunlog } from "../history.tsx";
import { slowly } from "../slowly.ts";
import { Figures } from "../ui/Figures.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Problem } from "../ui/Problem.tsx";
import { Loading } from "../ui/State.tsx";
import { toast } from "../ui/toast.tsx";
import { useAction } from "../ui/useAction.ts";
import { Check } from "./Check.tsx";
import { Copies } from "./Copies.tsx";
import { Trash } from "./Trash.tsx";

/** Where the history is, how it is there, and what can be done about it. */
export function StoragePage(): ReactNode {
  const runlog = useRunlog();
  const live = useMemo(() => runlog.watch(slowly(() => runlog.storage.health(), 1_000), "sync"), [runlog]);
  const { data: health, error } = useLive(live);
  return (
    <div className="page">
      <title>Storage · Runlog</title>
      <header className="page-head">
        <h1>Storage</h1>
        <p className="soft">The history of this browser is an SQLite database in {runlog.storage.kind === "opfs" ? "the browser’s own file system" : "memory"}.</p>
      </header>
      {error && <Problem error={error} />}
      {!health && !error && <Loading what="the state of the storage" />}
      {health && (
        <>
          <AtRisk health={health} />
          <State health={health} />
          <div className="cards">
            <Persistence isPersisted={health.persisted} />
            <Check />
            <Copies />
            <Trash held={health.trash} />
          </div>
        </>
      )}
    </div>
  );
}

/** What would be lost if the browser removed the data of this page now. */
function AtRisk({ health }: { health: Health }): ReactNode {
  const { executions, changes } = health.atRisk;
  const isSafe = executions === 0 && changes === 0;
  return (
    <section className="risk" data-tone={isSafe ? "ok" : "warn"} aria-labelledby="risk">
      <Icon name={isSafe ? "check" : "alert"} size={22} />
      <div>
        <h2 id="risk">
          {isSafe
            ? health.executions === 0
              ? "Nothing is here yet that could be lost"
              : "Nothing would be lost if this browser cleared its data now"
            : `If this browser cleared its data now, ${plural(executions, "run")} with ${plural(changes, "change")} would be lost`}
        </h2>
        <p>
          {isSafe ? (
            "Every change is acknowledged by a relay."
          ) : (
            <>
              No relay has acknowledged them. <Link href="/sync">Sync</Link> or export a copy.
            </>
          )}
        </p>
      </div>
    </section>
  );
}

function State({ health }: { health: Health }): ReactNode {
  const { usageBytes, quotaBytes } = health;
  const share = usageBytes !== null && quotaBytes !== null && quotaBytes > 0 ? usageBytes / quotaBytes : null;
  const figures: readonly [string, string][] = [
    ["Runs", number(health.executions)],
    ["In the trash", number(health.trash)],
    ["Database", bytes(health.databaseBytes)],
    ["This site uses", usageBytes === null ? "unknown" : bytes(usageBytes)],
    ["It may use", quotaBytes === null ? "unknown" : bytes(quotaBytes)],
    ["Journal", `${health.journalMode.toUpperCase()}, ${health.synchronous}`],
  ];
  return (
    <>
      <Figures of={figures} />
      {share !== null && share > 0.8 && (
        <Problem error={`${Math.round(share * 100)} % of what the browser allows this site is used. Empty the trash, or free space on the disk.`} />
      )}
    </>
  );
}

function Persistence({ isPersisted }: { isPersisted: boolean }): ReactNode {
  const { storage } = useRunlog();
  const action = useAction();
  const ask = () =>
    action.run(async () => {
      const agreed = await storage.persist();
      toast({ text: agreed ? "The browser agreed." : "The browser did not agree. Installing the app or using it more often helps.", tone: agreed ? "plain" : "bad" });
    });
  return (
    <section className="card" aria-labelledby="persistence">
      <h2 id="persistence">{isPersisted ? "Kept until you clear it" : "The browser may clear it"}</h2>
      <p className="soft">
        {isPersisted
          ? "The browser has agreed not to remove this data when the disk gets full."
          : "When the disk gets full, the browser may remove the data of this site without asking."}
      </p>
      {!isPersisted && (
        <div className="card-end">
          <button type="button" className="button" data-kind="primary" disabled={action.isBusy} onClick={() => void ask()}>
            Ask the browser to keep it
          </button>
        </div>
      )}
    </section>
  );
}
