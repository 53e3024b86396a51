import { useMemo, type ReactNode } from "react";
import type { SyncRun } from "runlog";
import { Link } from "wouter";

import { bytes, duration, fullTime, number } from "../format.ts";
import { useLive, useRunlog } from "../history.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { Pair } from "../ui/Pair.tsx";
import { Pill } from "../ui/Pill.tsx";
import { Problem } from "../ui/Problem.tsx";
import { Loading } from "../ui/State.tsx";
import { Running } from "./BackendCard.tsx";
import { CAUSE, DIRECTION, KIND, OUTCOME, PHASE, RUN } from "./words.ts";

/** Rows of the log of one run that are shown. */
const ENTRIES = 50;

/** Everything that is known of one sync. */
export function SyncRunDetail({ id, onClose }: { id: string | null; onClose: () => void }): ReactNode {
  return (
    <Dialog title="A sync" isOpen={id !== null} onOpenChange={(isOpen) => !isOpen && onClose()}>
      {id !== null && <Detail id={id} />}
    </Dialog>
  );
}

function Detail({ id }: { id: string }): ReactNode {
  const runlog = useRunlog();
  const { data: run, error } = useLive(useMemo(() => runlog.watch(() => runlog.syncHistory.run(id), "sync"), [runlog, id]));
  if (error && !run) return <Problem error={error} />;
  if (!run) return <Loading what="the sync" />;
  const [word, tone] = RUN[run.status];
  return (
    <>
      <div className="with-icon">
        <Pill tone={tone}>{word}</Pill> <Pill tone={KIND[run.kind][1]}>{KIND[run.kind][0]}</Pill> {DIRECTION[run.direction]}, {CAUSE[run.cause]}
      </div>
      {run.status === "running" && <Running run={run} />}
      {run.error && (
        <div className="problem">
          <p>
            {run.error.message} <code>{run.error.code}</code>
          </p>
        </div>
      )}
      <dl className="pairs">
        <Pair name="From, to">
          <code>{run.source}</code> → <code>{run.target}</code>
        </Pair>
        <Pair name="Begun">{fullTime(run.startedAt)}</Pair>
        {run.completedAt !== null && <Pair name="Ended">{fullTime(run.completedAt)}</Pair>}
        <Pair name="Triggered by">{run.triggeredBy}</Pair>
        <Pair name="Records">
          {number(run.counts.created)} new, {number(run.counts.updated)} changed, {number(run.counts.deleted)} deleted, {number(run.counts.skipped)} skipped,{" "}
          {number(run.counts.failed)} failed
        </Pair>
        <Pair name="Bytes">
          {bytes(run.bytesDown)} down, {bytes(run.bytesUp)} up
        </Pair>
      </dl>
      <Phases run={run} />
      <Tables run={run} />
      <Verification run={run} />
      <Entries id={id} />
    </>
  );
}

function Phases({ run }: { run: SyncRun }): ReactNode {
  if (run.phases.length === 0) return null;
  return (
    <table className="rows">
      <caption>Phases</caption>
      <thead>
        <tr>
          <th scope="col">Phase</th>
          <th scope="col">Duration</th>
        </tr>
      </thead>
      <tbody>
        {run.phases.map(({ phase, durationMs }) => (
          <tr key={phase}>
            <th scope="row">{PHASE[phase]}</th>
            <td>{duration(durationMs)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Tables({ run }: { run: SyncRun }): ReactNode {
  if (run.tables.length === 0) return null;
  return (
    <table className="rows">
      <caption>Tables</caption>
      <thead>
        <tr>
          <th scope="col">Table</th>
          <th scope="col">Rows</th>
          <th scope="col">Duration</th>
        </tr>
      </thead>
      <tbody>
        {run.tables.map((table) => (
          <tr key={table.name}>
            <th scope="row">{table.name}</th>
            <td>{number(table.rows)}</td>
            <td>{duration(table.durationMs)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Verification({ run }: { run: SyncRun }): ReactNode {
  if (run.verification.length === 0) return null;
  const word = (equal: boolean | null) => (equal === null ? (["Not compared", "idle"] as const) : equal ? (["Equal", "ok"] as const) : (["Differs", "bad"] as const));
  return (
    <table className="rows">
      <caption>Verification, in records</caption>
      <thead>
        <tr>
          <th scope="col">Table</th>
          <th scope="col">Here</th>
          <th scope="col">There</th>
          <th scope="col">Result</th>
        </tr>
      </thead>
      <tbody>
        {run.verification.map((part) => (
          <tr key={part.table}>
            <th scope="row">{part.table}</th>
            <td>{number(part.here)}</td>
            <td>{number(part.there)}</td>
            <td>
              <Pill tone={word(part.equal)[1]}>{word(part.equal)[0]}</Pill> <span className="soft">{part.remark}</span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What changed or failed in it, run by run of the history. */
function Entries({ id }: { id: string }): ReactNode {
  const runlog = useRunlog();
  const page = useLive(
    useMemo(() => runlog.watch(() => runlog.syncHistory.entries(id, { changesOnly: true, limit: ENTRIES }), "sync"), [runlog, id]),
  ).data;
  const entries = page?.entries.filter((entry) => entry.entityId !== null) ?? [];
  if (entries.length === 0) return null;
  return (
    <table className="rows">
      <caption>What changed{page?.next ? `, the newest ${ENTRIES}` : ""}</caption>
      <thead>
        <tr>
          <th scope="col">Run</th>
          <th scope="col">Result</th>
          <th scope="col">Outcome</th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry, at) => (
          <tr key={at}>
            <th scope="row">
              <Link href={`/runs/${entry.entityId}/history`}>{entry.entityId?.slice(-8)}</Link> <span className="soft">{entry.entityType}</span>
            </th>
            <td>{entry.result ?? "under way"}</td>
            <td>
              {entry.outcome && OUTCOME[entry.outcome]} {entry.error && <span className="mistake">{entry.error}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
