import { useMemo, useState, type ReactNode } from "react";
import type { SyncStats } from "runlog";

import { bytes, duration, number } from "../format.ts";
import { useLive, useRunlog } from "../history.tsx";
import { slowly } from "../slowly.ts";
import { Figures } from "../ui/Figures.tsx";
import { Problem } from "../ui/Problem.tsx";
import { Loading } from "../ui/State.tsx";
import { DIRECTION } from "./words.ts";

const DAYS = [7, 30, 90] as const;

/** How syncing went over some days. */
export function Stats(): ReactNode {
  const runlog = useRunlog();
  const [days, setDays] = useState<number>(7);
  const live = useMemo(() => runlog.watch(slowly(() => runlog.syncHistory.stats(days), 1_000), "sync"), [runlog, days]);
  const { data: stats, error } = useLive(live);
  return (
    <div className="page">
      <div className="chips" role="group" aria-label="Days">
        {DAYS.map((each) => (
          <button key={each} type="button" className="chip" aria-pressed={each === days} onClick={() => setDays(each)}>
            {each} days
          </button>
        ))}
      </div>
      {error && <Problem error={error} />}
      {!stats && !error && <Loading what="the statistics" />}
      {stats && <Totals stats={stats} />}
      {stats && <Days stats={stats} />}
      {stats && <Directions stats={stats} />}
    </div>
  );
}

function Totals({ stats }: { stats: SyncStats }): ReactNode {
  const judged = stats.completed + stats.partial + stats.failures;
  const figures: readonly [string, string][] = [
    ["Success", judged === 0 ? "–" : `${(stats.successRate * 100).toFixed(stats.successRate === 1 ? 0 : 1)} %`],
    ["Syncs", number(stats.total)],
    ["Failed, partial", `${number(stats.failures)}, ${number(stats.partial)}`],
    ["Average duration", stats.total === 0 ? "–" : duration(stats.averageDurationMs)],
    ["Records", number(stats.rows)],
    ["Bytes", bytes(stats.bytes)],
  ];
  return <Figures of={figures} />;
}

const dayName = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", timeZone: "UTC" });

/** Two bar charts over the days: syncs by how they went, and records. The table says the same. */
function Days({ stats }: { stats: SyncStats }): ReactNode {
  const most = Math.max(1, ...stats.perDay.map((day) => day.total));
  const rows = Math.max(1, ...stats.perDay.map((day) => day.rows));
  const [first, last] = [stats.perDay[0], stats.perDay.at(-1)];
  const share = (value: number, of: number) => ({ height: `${(value / of) * 100}%` });
  return (
    <div className="cards">
      <figure className="card" aria-label="Syncs a day">
        <figcaption className="card-head">
          <h2>Syncs a day</h2>
          <span className="soft">at most {number(most)}</span>
        </figcaption>
        <div className="bars" aria-hidden="true">
          {stats.perDay.map((day) => (
            <div key={day.day} title={`${dayName.format(day.day)}: ${day.completed} of ${day.total} completed, ${day.failures} failed`}>
              <span data-tone="bad" style={share(day.failures, most)} />
              <span data-tone="warn" style={share(Math.max(0, day.total - day.completed - day.failures), most)} />
              <span data-tone="ok" style={share(day.completed, most)} />
            </div>
          ))}
        </div>
        <p className="bar-ends soft" aria-hidden="true">
          <span>{first && dayName.format(first.day)}</span>
          <span className="bar-legend">
            <span data-tone="ok">completed</span> <span data-tone="warn">other</span> <span data-tone="bad">failed</span>
          </span>
          <span>{last && dayName.format(last.day)}</span>
        </p>
        <DayTable stats={stats} />
      </figure>
      <figure className="card" aria-label="Records a day">
        <figcaption className="card-head">
          <h2>Records a day</h2>
          <span className="soft">at most {number(rows)}</span>
        </figcaption>
        <div className="bars" aria-hidden="true">
          {stats.perDay.map((day) => (
            <div key={day.day} title={`${dayName.format(day.day)}: ${number(day.rows)}`}>
              <span data-tone="run" style={share(day.rows, rows)} />
            </div>
          ))}
        </div>
        <p className="bar-ends soft" aria-hidden="true">
          <span>{first && dayName.format(first.day)}</span>
          <span>{last && dayName.format(last.day)}</span>
        </p>
      </figure>
    </div>
  );
}

function DayTable({ stats }: { stats: SyncStats }): ReactNode {
  const days = stats.perDay.map((day) => ({ ...day, name: dayName.format(day.day) }));
  return <Tallies caption="Syncs and records a day" of="Day" tallies={days} className="hidden-text" />;
}

function Directions({ stats }: { stats: SyncStats }): ReactNode {
  if (stats.byDirection.length === 0) return null;
  const directions = stats.byDirection.map((one) => ({ ...one, name: DIRECTION[one.direction] }));
  return (
    <div className="table-wrap" tabIndex={0} role="region" aria-label="By direction">
      <Tallies caption="By direction" of="Direction" tallies={directions} className="rows" />
    </div>
  );
}

interface TalliesProps {
  caption: string;
  /** What each of them is of. */
  of: string;
  tallies: readonly { name: string; total: number; completed: number; failures: number; rows: number }[];
  className: string;
}

/** Syncs and records, counted under names. */
function Tallies({ caption, of, tallies, className }: TalliesProps): ReactNode {
  return (
    <table className={className}>
      <caption>{caption}</caption>
      <thead>
        <tr>
          {[of, "Syncs", "Completed", "Failed", "Records"].map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {tallies.map(({ name, total, completed, failures, rows }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            {[total, completed, failures, rows].map((count, at) => (
              <td key={at}>{number(count)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
