import { useState, type ReactNode } from "react";
import type { Execution } from "runlog";
import { Link } from "wouter";

import { fullTime } from "../format.ts";
import { useRunlog } from "../history.tsx";
import { deviceName, Duration } from "../runs/RunRow.tsx";
import { useSyncStatus } from "../sync/useSync.ts";
import { useNarrow } from "../useNarrow.ts";
import { Icon } from "../ui/Icon.tsx";
import { Pair } from "../ui/Pair.tsx";
import { Status } from "../ui/Status.tsx";
import { Time } from "../ui/Time.tsx";
import { toast, toastError } from "../ui/toast.tsx";

/** Which run it is, how it went, and what can be done with it. */
export function RunHeader({ run }: { run: Execution }): ReactNode {
  const device = useSyncStatus()?.deviceId;
  return (
    <header className="run-head">
      <div className="run-title">
        <Link href="/runs" className="icon-button" aria-label="Back to the runs">
          <Icon name="left" />
        </Link>
        <h1 className="cut">{run.workflowName ?? run.workflowId}</h1>
        <span className="status-pill" data-status={run.status}>
          <Status status={run.status} />
        </span>
        <Actions run={run} />
      </div>
      <dl className="facts">
        <Pair name="Begun">{run.startedAt === null ? "not yet" : <Moment at={run.startedAt} />}</Pair>
        <Pair name="Duration">
          <Duration run={run} />
        </Pair>
        {run.endedAt !== null && (
          <Pair name={run.endedAtApproximate ? "Last heard of" : "Ended"}>
            <Moment at={run.endedAt} />
          </Pair>
        )}
        {(run.exitCode !== null || run.signal !== null) && (
          <Pair name={run.signal === null ? "Exit code" : "Signal"}>{run.signal ?? run.exitCode}</Pair>
        )}
        <Pair name="Device">{deviceName(run, device)}</Pair>
        <Pair name="Id">
          <CopyId id={run.id} shown={run.shortId} />
        </Pair>
      </dl>
      {run.deleted && (
        <p className="notice" data-tone="warn">
          <Icon name="trash" />
          This run is in the trash.
        </p>
      )}
    </header>
  );
}

/** A time in full where there is room. */
function Moment({ at }: { at: number }): ReactNode {
  return useNarrow() ? <Time at={at} /> : <time dateTime={new Date(at).toISOString()}>{fullTime(at)}</time>;
}

function CopyId({ id, shown }: { id: string; shown: string }): ReactNode {
  const copy = () => {
    navigator.clipboard.writeText(id).then(() => toast({ text: "The whole id is in the clipboard." }), toastError);
  };
  return (
    <button type="button" className="copy" title={id} aria-label={`${shown}: copy the whole id`} onClick={copy}>
      <code>{shown}</code>
      <Icon name="copy" size={13} />
    </button>
  );
}

function Actions({ run }: { run: Execution }): ReactNode {
  const { executions } = useRunlog();
  const [isBusy, setBusy] = useState(false);
  const act = async (work: () => Promise<void>) => {
    setBusy(true);
    await work().catch(toastError);
    setBusy(false);
  };
  const restore = () => act(() => executions.restore(run.id));
  const remove = () =>
    act(async () => {
      await executions.delete(run.id);
      toast({ text: "The run was moved to the trash.", action: { name: "Undo", run: () => void restore() } });
    });
  return (
    <div className="run-actions">
      <button
        type="button"
        className="button"
        aria-pressed={run.pinned}
        disabled={isBusy}
        title="What is pinned is never removed by age"
        onClick={() => void act(() => executions.pin(run.id, !run.pinned))}
      >
        <Icon name="pin" />
        <span className="action-name">{run.pinned ? "Pinned" : "Pin"}</span>
      </button>
      <button type="button" className="button" disabled={isBusy} onClick={() => void (run.deleted ? restore() : remove())}>
        <Icon name={run.deleted ? "restore" : "trash"} />
        <span className="action-name">{run.deleted ? "Restore" : "Delete"}</span>
      </button>
    </div>
  );
}
