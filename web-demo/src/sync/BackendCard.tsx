import { useState, type ReactNode } from "react";
import type { BackendStatus, SyncRun } from "runlog";

import { bytes, duration, number, plural } from "../format.ts";
import { useRunlog } from "../history.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { Pair } from "../ui/Pair.tsx";
import { Pill, Progress } from "../ui/Pill.tsx";
import { Ago } from "../ui/Time.tsx";
import { toastError } from "../ui/toast.tsx";
import { WayOut } from "./WayOut.tsx";
import { BACKEND, PHASE, PHASES } from "./words.ts";

/** One backend: how it stands, in words and figures. */
export function BackendCard({ backend }: { backend: BackendStatus }): ReactNode {
  const { sync } = useRunlog();
  const [isRemoving, setRemoving] = useState(false);
  const [word, tone] = BACKEND[backend.state];
  const waiting = `${number(backend.waiting.count)}${backend.waiting.more ? " or more" : ""}`;
  return (
    <section className="card" aria-label={`Relay ${backend.name}`}>
      <div className="card-head">
        <h3>{backend.name}</h3>
        <Pill tone={tone}>{word}</Pill>
      </div>
      <p className="soft cut" title={backend.url}>
        <code>{backend.url}</code>
      </p>
      {!["up_to_date", "syncing"].includes(backend.state) && backend.words !== "" && <p>{backend.words}</p>}
      <WayOut backend={backend} />
      {backend.lastRun?.status === "running" && <Running run={backend.lastRun} />}
      <dl className="pairs">
        <Pair name="To hand over">{waiting}</Pair>
        <Pair name="To get">{number(backend.toGet)}</Pair>
        <Pair name="Last heard">{backend.lastHeardAt === null ? "never" : <Ago at={backend.lastHeardAt} />}</Pair>
        <Pair name="Clock">
          <Clock ahead={backend.clockOffsetMs} />
        </Pair>
        {backend.usedBytes !== null && (
          <Pair name="Used there">
            {bytes(backend.usedBytes)}
            {backend.quotaBytes !== null && (
              <>
                {" "}
                of {bytes(backend.quotaBytes)} <meter aria-label="Share of the quota" value={backend.usedBytes} max={backend.quotaBytes} high={backend.quotaBytes * 0.9} />
              </>
            )}
          </Pair>
        )}
      </dl>
      <div className="card-end">
        <button type="button" className="button" onClick={() => void sync.enableBackend(backend.id, !backend.enabled).catch(toastError)}>
          {backend.enabled ? "Switch off" : "Switch on"}
        </button>
        <button type="button" className="button" data-kind="bad" onClick={() => setRemoving(true)}>
          Remove
        </button>
      </div>
      <Dialog title={`Remove ${backend.name}?`} isOpen={isRemoving} onOpenChange={setRemoving}>
        <p>
          This browser no longer syncs with it. What the relay has stays there, and so does what is here.
          {backend.waiting.count > 0 && ` ${plural(backend.waiting.count, "change")} it has not yet will not be handed over.`}
        </p>
        <div className="dialog-end">
          <button type="button" className="button" onClick={() => setRemoving(false)}>
            Cancel
          </button>
          <button type="button" className="button" data-kind="bad" onClick={() => void sync.removeBackend(backend.id).then(() => setRemoving(false), toastError)}>
            Remove
          </button>
        </div>
      </Dialog>
    </section>
  );
}

/** How far a sync is, phase by phase. */
export function Running({ run }: { run: SyncRun }): ReactNode {
  return (
    <div className="running">
      <ol className="phases">
        {PHASES.map((phase) => {
          const isDone = PHASES.indexOf(phase) < PHASES.indexOf(run.phase);
          return (
            <li key={phase} data-done={isDone || undefined} aria-current={phase === run.phase ? "step" : undefined}>
              {PHASE[phase]}
            </li>
          );
        })}
      </ol>
      <Progress label={PHASE[run.phase]} percent={run.rowsTotal > 0 ? run.percent : null} />
      <p className="soft">
        {number(run.rowsDone)}
        {run.rowsTotal > 0 && ` of ${number(run.rowsTotal)}`} records · {bytes(run.bytesDown)} down · {bytes(run.bytesUp)} up
      </p>
    </div>
  );
}

/** What is said of a clock: below two seconds nobody cares. */
function Clock({ ahead }: { ahead: number | null }): ReactNode {
  if (ahead === null) return "unknown";
  if (Math.abs(ahead) < 2_000) return "agrees with this device's";
  return `${duration(Math.abs(ahead))} ${ahead > 0 ? "ahead of" : "behind"} this device's`;
}
