import { useMemo, type ReactNode } from "react";
import type { Execution } from "runlog";
import { Link } from "wouter";

import { useLive, useRunlog } from "../history.tsx";
import { Problems } from "../sync/Problems.tsx";
import { useSyncStatus } from "../sync/useSync.ts";
import { EXECUTION } from "../sync/words.ts";
import { Icon } from "../ui/Icon.tsx";
import { Pill } from "../ui/Pill.tsx";
import { Problem } from "../ui/Problem.tsx";
import { Empty, Loading } from "../ui/State.tsx";
import { Time } from "../ui/Time.tsx";
import { toast } from "../ui/toast.tsx";
import { useAction } from "../ui/useAction.ts";

/** How this run stands toward each backend. */
export function SyncTab({ run }: { run: Execution }): ReactNode {
  const runlog = useRunlog();
  const status = useSyncStatus();
  const { data, error } = useLive(useMemo(() => runlog.watch(() => runlog.sync.of(run.id), "sync"), [runlog, run.id]));
  const action = useAction();
  if (error && !data) return <Problem error={error} />;
  if (!data || !status) return <Loading what="the state" />;
  if (status.backends.length === 0) {
    return (
      <Empty icon="sync" title="Not synced with anything">
        <p>This run is in this browser alone.</p>
        <Link href="/sync" className="button">
          To the sync page
        </Link>
      </Empty>
    );
  }
  const now = () =>
    action.run(async () => {
      const report = await runlog.sync.run({ only: [run.id] });
      const failed = report.runs.find((one) => one.error !== null);
      toast({ text: failed?.error?.message ?? "This run was synced.", tone: failed ? "bad" : "plain" });
    });
  return (
    <div className="page">
      <div className="card-head">
        <h2>By relay</h2>
        <button type="button" className="button" data-kind="primary" disabled={action.isBusy} onClick={() => void now()}>
          <Icon name="sync" />
          {action.isBusy ? "Syncing …" : "Sync this run"}
        </button>
      </div>
      {action.error !== undefined && <Problem error={action.error} />}
      <div className="table-wrap" tabIndex={0} role="region" aria-label="State by relay">
        <table className="rows">
          <thead>
            <tr>
              <th scope="col">Relay</th>
              <th scope="col">State</th>
              <th scope="col">Since</th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {data.map((one) => (
              <tr key={one.backendId}>
                <th scope="row">{status.backends.find(({ id }) => id === one.backendId)?.name ?? one.backendId}</th>
                <td>
                  <Pill tone={EXECUTION[one.state][1]}>{EXECUTION[one.state][0]}</Pill>
                </td>
                <td>{one.at === null ? <span className="soft">unknown</span> : <Time at={one.at} />}</td>
                <td>{one.reason ?? (one.state === "waiting" ? "its newest change was not acknowledged yet" : "")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Problems status={status} execution={run.id} />
    </div>
  );
}
