import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import type { Filter, Status as RunStatus, Summary } from "runlog";
import uPlot from "uplot";

import { duration, plural, shortTime } from "../format.ts";
import { useLive, useRunlog } from "../history.tsx";
import { slowly } from "../slowly.ts";
import { useScheme } from "../theme.ts";
import { STATUSES } from "../ui/Status.tsx";
import { chartOf, options, type Points } from "./points.ts";

/** The most runs in the chart: the newest that match. */
const RUNS_MAX = 1_000;

interface ChartProps {
  filter: Filter;
  isPaused: boolean;
  onOpen: (id: string) => void;
}

/** Durations over time by status, of the newest runs that match. */
export function Chart({ filter, isPaused, onOpen }: ChartProps): ReactNode {
  const runlog = useRunlog();
  const live = useMemo(() => {
    const ask = () => runlog.executions.list({ filter, limit: RUNS_MAX });
    return runlog.watch(slowly(ask, 1_000));
  }, [runlog, filter]);
  const newest = useLive(live).data;
  const frozen = useRef(newest);
  if (!isPaused || !frozen.current) frozen.current = newest;
  const page = frozen.current;
  const points = useMemo(() => chartOf(page?.executions ?? []), [page]);
  const [under, setUnder] = useState<Summary | null>(null);
  const shown = points.runs.length;
  return (
    <figure className="chart" aria-label="Durations of runs over time">
      <figcaption>
        {under ? (
          <span>
            <strong>{under.workflowName ?? under.workflowId}</strong> {STATUSES[under.status].toLowerCase()}, {duration(under.durationMs ?? 0)},{" "}
            {shortTime(under.startedAt ?? under.createdAt)}
          </span>
        ) : (
          <span className="soft">{newest && (shown > 0 ? `Duration of the newest ${plural(shown, "finished run")}` : "No finished run to draw")}</span>
        )}
        <Legend points={points} />
      </figcaption>
      <Plot points={points} onUnder={setUnder} onOpen={onOpen} />
      <Table points={points} />
    </figure>
  );
}

function Legend({ points }: { points: Points }): ReactNode {
  return (
    <span className="legend wide-only" aria-hidden="true">
      {points.statuses.map((status) => (
        <span key={status} data-status={status}>
          {STATUSES[status]}
        </span>
      ))}
    </span>
  );
}

interface PlotProps {
  points: Points;
  onUnder: (run: Summary | null) => void;
  onOpen: (id: string) => void;
}

function Plot({ points, onUnder, onOpen }: PlotProps): ReactNode {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const scheme = useScheme();
  const newest = useRef({ points, onUnder, onOpen });
  useEffect(() => {
    newest.current = { points, onUnder, onOpen };
  });
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const at = (place: number | null | undefined) => (place == null ? null : (newest.current.points.runs[place] ?? null));
    const size = () => ({ width: element.clientWidth, height: element.clientHeight });
    const made = new uPlot(options(element, size(), (place) => newest.current.onUnder(at(place))), newest.current.points.data, element);
    const open = () => {
      const run = at(made.cursor.idx);
      if (run) newest.current.onOpen(run.id);
    };
    made.over.addEventListener("click", open);
    const observer = new ResizeObserver(() => made.setSize(size()));
    observer.observe(element);
    plot.current = made;
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [scheme]);
  useEffect(() => plot.current?.setData(points.data), [points]);
  return <div ref={frame} className="plot" aria-hidden="true" />;
}

/** What the drawing shows, for those who cannot see it. */
function Table({ points }: { points: Points }): ReactNode {
  return (
    <table className="hidden-text">
      <caption>Durations of the newest runs by status</caption>
      <thead>
        <tr>
          <th scope="col">Status</th>
          <th scope="col">Runs</th>
          <th scope="col">Median</th>
          <th scope="col">Longest</th>
        </tr>
      </thead>
      <tbody>
        {points.statuses.map((status: RunStatus) => {
          const all = points.runs.filter((run) => run.status === status).map((run) => run.durationMs ?? 0);
          const sorted = all.toSorted((a, b) => a - b);
          return (
            <tr key={status}>
              <th scope="row">{STATUSES[status]}</th>
              <td>{sorted.length}</td>
              <td>{duration(sorted[Math.floor(sorted.length / 2)] ?? 0)}</td>
              <td>{duration(sorted.at(-1) ?? 0)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
