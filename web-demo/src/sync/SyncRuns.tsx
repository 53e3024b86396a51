import { useEffect, useMemo, useState, type ReactNode } from "react";
import type { RunQuery, SyncRun } from "runlog";

import { bytes, duration, number } from "../format.ts";
import { useLive, useRunlog } from "../history.tsx";
import { slowly } from "../slowly.ts";
import { Pill } from "../ui/Pill.tsx";
import { Problem } from "../ui/Problem.tsx";
import { Select } from "../ui/Select.tsx";
import { Empty, Loading } from "../ui/State.tsx";
import { Time } from "../ui/Time.tsx";
import { SyncRunDetail } from "./SyncRunDetail.tsx";
import { useSyncStatus } from "./useSync.ts";
import { CAUSE, DIRECTION, KIND, RUN } from "./words.ts";

/** Runs that are shown at a time. */
const PAGE = 50;

const named = (words: Readonly<Record<string, readonly [string, unknown]>>, any: string) =>
  [["", any], ...Object.entries(words).map(([value, [name]]) => [value, name] as const)] as const;

const STATUSES = named(RUN, "Any status");
const KINDS = named(KIND, "Any kind");
const DIRECTIONS = [["", "Any direction"], ...Object.entries(DIRECTION)] as readonly (readonly [string, string])[];

/** What syncing did, run by run, with a panel for one of them. */
export function SyncRuns(): ReactNode {
  const runlog = useRunlog();
  const status = useSyncStatus();
  const [filter, setFilter] = useState<RunQuery>({});
  const [limit, setLimit] = useState(PAGE);
  const [open, setOpen] = useState<string | null>(null);
  const live = useMemo(() => runlog.watch(slowly(() => runlog.syncHistory.runs({ ...filter, limit }), 500), "sync"), [runlog, filter, limit]);
  const { data, error } = useLive(live);
  useEffect(() => setLimit(PAGE), [filter]);
  const backends = [["", "Any relay"], ...(status?.backends ?? []).map(({ id, name }) => [id, name] as const)] as const;
  const choose = (name: "status" | "kind" | "direction" | "backend", value: string) =>
    setFilter(({ [name]: _, ...rest }) => (value === "" ? rest : { ...rest, [name]: value }));
  return (
    <div className="page">
      <div className="log-tools" role="search" aria-label="Filter syncs">
        <Select label="Status" value={filter.status ?? ""} options={STATUSES} onChange={(value) => choose("status", value)} />
        <Select label="Kind" value={filter.kind ?? ""} options={KINDS} onChange={(value) => choose("kind", value)} />
        <Select label="Direction" value={filter.direction ?? ""} options={DIRECTIONS} onChange={(value) => choose("direction", value)} />
        <Select label="Relay" value={filter.backend ?? ""} options={backends} onChange={(value) => choose("backend", value)} />
      </div>
      {error && <Problem error={error} />}
      {!data && !error && <Loading what="the syncs" />}
      {data?.runs.length === 0 && <Empty icon="sync" title={Object.keys(filter).length > 0 ? "No sync matches" : "Nothing was synced yet"} />}
      {data && data.runs.length > 0 && (
        <div className="table-wrap" tabIndex={0} role="region" aria-label="Syncs">
          <table className="rows one-line">
            <thead>
              <tr>
                <th scope="col">Begun</th>
                <th scope="col">Status</th>
                <th scope="col">Kind</th>
                <th scope="col">Why</th>
                <th scope="col">Records</th>
                <th scope="col">Bytes</th>
                <th scope="col">Duration</th>
                <th scope="col">Relay</th>
              </tr>
            </thead>
            <tbody>
              {data.runs.map((run) => (
                <RunRow key={run.id} run={run} relay={backends.find(([id]) => id === run.backendId)?.[1] ?? run.target} onOpen={() => setOpen(run.id)} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {data?.next && (
        <button type="button" className="button" onClick={() => setLimit((limit) => Math.min(limit + PAGE, 1_000))}>
          Show {PAGE} more
        </button>
      )}
      <SyncRunDetail id={open} onClose={() => setOpen(null)} />
    </div>
  );
}

function RunRow({ run, relay, onOpen }: { run: SyncRun; relay: string; onOpen: () => void }): ReactNode {
  const [word, tone] = RUN[run.status];
  const [kind, kindTone] = KIND[run.kind];
  return (
    <tr>
      <th scope="row">
        <button type="button" className="link" onClick={onOpen}>
          <Time at={run.startedAt} />
        </button>
      </th>
      <td>
        <Pill tone={tone}>{word}</Pill>
        {run.error && <span className="mistake"> {run.error.code}</span>}
      </td>
      <td>
        <Pill tone={kindTone}>{kind}</Pill> <span className="soft">{DIRECTION[run.direction]}</span>
      </td>
      <td className="soft">{CAUSE[run.cause]}</td>
      <td>{number(run.rowsDone)}</td>
      <td className="soft">
        {bytes(run.bytesDown)} down, {bytes(run.bytesUp)} up
      </td>
      <td>{run.durationMs === null ? "–" : duration(run.durationMs)}</td>
      <td className="soft">{relay}</td>
    </tr>
  );
}
