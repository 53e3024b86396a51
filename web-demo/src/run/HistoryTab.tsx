import { useMemo, useState, type ReactNode } from "react";
import type { Execution, SyncEntry, Why, Written } from "runlog";

import { plural } from "../format.ts";
import { useLive, useRunlog } from "../history.tsx";
import { deviceName } from "../runs/RunRow.tsx";
import { SyncRunDetail } from "../sync/SyncRunDetail.tsx";
import { useSyncStatus } from "../sync/useSync.ts";
import { CAUSE, DIRECTION, FAILURES, KIND, OUTCOME } from "../sync/words.ts";
import { Pair } from "../ui/Pair.tsx";
import { Pill } from "../ui/Pill.tsx";
import { Problem } from "../ui/Problem.tsx";
import { Empty, Loading } from "../ui/State.tsx";
import { Time } from "../ui/Time.tsx";
import { editsOf, lifeOf, merged, syncsOf, valueText, type Item, type Source } from "./history-items.ts";

/** Rows of the sync log that are shown at a time. */
const PAGE = 50;

/** What a row of the sync log is about, for people. */
const ENTITY: Readonly<Record<string, string>> = { executions: "run", execution: "run", tags: "tag", tag: "tag", log: "log", log_chunks: "log" };

const SOURCES: readonly (readonly [Source, string])[] = [
  ["life", "Life cycle"],
  ["edit", "Edits"],
  ["sync", "Syncs"],
];

/** Life cycle, edits and syncs of a run in one order, the newest first. */
export function HistoryTab({ run }: { run: Execution }): ReactNode {
  const runlog = useRunlog();
  const [hidden, setHidden] = useState<ReadonlySet<Source>>(new Set());
  const [limit, setLimit] = useState(PAGE);
  const [open, setOpen] = useState<string | null>(null);
  const whys = useLive(useMemo(() => runlog.watch(() => runlog.sync.why(run.id), "sync"), [runlog, run.id]));
  const log = useLive(useMemo(() => runlog.watch(() => runlog.syncHistory.of(run.id, { limit }), "sync"), [runlog, run.id, limit]));
  const items = useMemo(
    () => merged(lifeOf(run), editsOf(run, whys.data ?? []), syncsOf(log.data?.entries ?? [])),
    [run, whys.data, log.data],
  );
  const error = whys.error ?? log.error;
  if (!whys.data && !log.data && !error) return <Loading what="the history" />;
  const shown = items.filter((item) => !hidden.has(item.type));
  const toggle = (source: Source) => {
    const next = new Set(hidden);
    if (!next.delete(source)) next.add(source);
    setHidden(next);
  };
  return (
    <div className="page">
      <div className="chips" role="group" aria-label="What is shown">
        {SOURCES.map(([source, name]) => (
          <button key={source} type="button" className="chip" aria-pressed={!hidden.has(source)} onClick={() => toggle(source)}>
            {name}
            <span className="chip-count">{items.filter((item) => item.type === source).length}</span>
          </button>
        ))}
      </div>
      {error && <Problem error={error} />}
      {shown.length === 0 && <Empty icon="runs" title="Nothing to show" />}
      <ol className="story">
        {shown.map((item) => (
          <li key={item.key} data-type={item.type}>
            <span className="story-time soft">
              <Time at={item.at} />
            </span>
            <Told item={item} run={run} onOpen={setOpen} />
          </li>
        ))}
      </ol>
      {log.data?.next && (
        <button type="button" className="button" onClick={() => setLimit((limit) => Math.min(limit + PAGE, 1_000))}>
          Show {PAGE} more syncs
        </button>
      )}
      <p className="soft">{plural(shown.length, "entry", "entries")}, the newest first. Syncs are kept for 90 days.</p>
      <SyncRunDetail id={open} onClose={() => setOpen(null)} />
    </div>
  );
}

function Told({ item, run, onOpen }: { item: Item; run: Execution; onOpen: (id: string) => void }): ReactNode {
  const device = useSyncStatus()?.deviceId;
  switch (item.type) {
    case "life":
      return (
        <div>
          <strong>{item.text}</strong> <span className="soft">on {deviceName(run, device)}</span>
        </div>
      );
    case "edit":
      return <Edit why={item.why} onOpen={onOpen} />;
    case "sync":
      return <Synced entry={item.entry} onOpen={onOpen} />;
  }
}

function Edit({ why, onOpen }: { why: Why; onOpen: (id: string) => void }): ReactNode {
  const { field, value, written, arrived, displaced } = why;
  return (
    <details className="why">
      <summary>
        <strong>{field}</strong> became {valueText(value)} <span className="soft">— why?</span>
      </summary>
      <dl className="pairs">
        <Pair name="Written by">{written && <Writer written={written} />}</Pair>
        <Pair name="Came here">
          {arrived ? (
            <>
              <Time at={arrived.at} /> by{" "}
              <button type="button" className="link" onClick={() => onOpen(arrived.runId)}>
                this sync
              </button>
              {!arrived.certain && " (as the sync log says)"}
            </>
          ) : written?.here ? (
            "it was written here"
          ) : (
            "not known any more"
          )}
        </Pair>
        {displaced && (
          <Pair name={displaced.byThisValue ? "Displaced" : "Displaced last"}>
            {valueText(displaced.value)}, written by <Writer written={displaced.written} />
          </Pair>
        )}
        {written && (
          <Pair name="Clock">
            <code>
              {new Date(written.at).toISOString()} #{written.counter}
            </code>
          </Pair>
        )}
      </dl>
    </details>
  );
}

function Writer({ written }: { written: Written }): ReactNode {
  return (
    <>
      {written.here ? "this browser" : <>device <code>{written.deviceId.slice(-8)}</code></>}, <Time at={written.at} />
    </>
  );
}

function Synced({ entry, onOpen }: { entry: SyncEntry; onOpen: (id: string) => void }): ReactNode {
  const [kind, tone] = KIND[entry.kind];
  const isBad = entry.result === "failed" || FAILURES.has(entry.outcome);
  const whole = entry.entityId === null;
  return (
    <div>
      <Pill tone={tone}>{kind}</Pill>{" "}
      <button type="button" className="link" onClick={() => onOpen(entry.run.id)}>
        {whole ? "Sync of everything" : `Sync ${DIRECTION[entry.direction]}`}
      </button>{" "}
      <span className={isBad ? "mistake" : "soft"}>
        {!whole && entry.entityType !== null && `${ENTITY[entry.entityType] ?? entry.entityType} `}
        {entry.result ?? "under way"}
        {entry.outcome && `, ${OUTCOME[entry.outcome]}`}
        {entry.error && `: ${entry.error}`}
        {!entry.hadChanges && entry.result !== null && !isBad && ", nothing changed"} · {CAUSE[entry.run.cause]}
      </span>
    </div>
  );
}
