import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState, type ReactNode } from "react";
import type { Execution, LogLine, Runlog } from "runlog";
import { Link } from "wouter";

import { clockTime, duration, plural, preciseTime } from "../format.ts";
import { useLive, useRunlog } from "../history.tsx";
import { slowly } from "../slowly.ts";
import { Problem } from "../ui/Problem.tsx";
import { Select } from "../ui/Select.tsx";
import { Empty, Loading } from "../ui/State.tsx";
import { useNow } from "../ui/Time.tsx";
import { spansOf, type Span } from "./events.ts";

/** The most events that are read. */
const EVENTS_MAX = 20_000;
const ROW_HEIGHT = 30;
const SCALES = [["elapsed", "Elapsed time"], ["clock", "Time of day"]] as const;

async function readEvents(runlog: Runlog, id: string): Promise<readonly LogLine[]> {
  const found: LogLine[] = [];
  for (let from = 1; found.length < EVENTS_MAX; ) {
    const { entries, more } = await runlog.logs.read(id, { from, stream: "event", limit: 2_000 });
    const lines = entries.filter((entry) => entry.type === "line");
    found.push(...lines);
    const last = lines.at(-1);
    if (!more || !last) break;
    from = last.sequence + 1;
  }
  return found;
}

/** Phases and tasks as a waterfall. */
export function Timeline({ run }: { run: Execution }): ReactNode {
  const runlog = useRunlog();
  const [scale, setScale] = useState("elapsed");
  const live = useMemo(() => runlog.watch(slowly(() => readEvents(runlog, run.id), 500)), [runlog, run.id]);
  const { data: events, error } = useLive(live);
  const { spans, others } = useMemo(() => spansOf(events ?? []), [events]);
  const now = useNow(1_000);
  if (error && !events) return <Problem error={error} />;
  if (!events) return <Loading what="the timeline" />;
  if (spans.length === 0) {
    return (
      <Empty icon="runs" title="No phases or tasks">
        <p>
          A program that prints lines such as <code>{'@runlog {"type":"phase_started","phase":"build"}'}</code> to stderr gets a
          timeline here.
        </p>
      </Empty>
    );
  }
  const start = Math.min(run.startedAt ?? run.createdAt, ...spans.slice(0, 1).map((span) => span.start));
  const lastTold = spans.reduce((last, span) => Math.max(last, span.end ?? span.start), start);
  const end = Math.max(run.endedAt ?? (run.status === "running" ? now : lastTold), lastTold, start + 1);
  return (
    <div className="timeline">
      <div className="log-tools">
        <Select label="Scale" value={scale} options={SCALES} onChange={setScale} />
        <p className="soft">
          {plural(spans.length, "phase or task", "phases and tasks")} in {duration(end - start)}
          {others > 0 && (
            <>
              , <Link href={`/runs/${run.id}/logs`}>{plural(others, "other event")} in the log</Link>
            </>
          )}
        </p>
      </div>
      <Waterfall run={run} spans={spans} start={start} end={end} isClock={scale === "clock"} />
    </div>
  );
}

interface WaterfallProps {
  run: Execution;
  spans: readonly Span[];
  start: number;
  end: number;
  isClock: boolean;
}

function Waterfall({ run, spans, start, end, isClock }: WaterfallProps): ReactNode {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: spans.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 10,
  });
  return (
    <div ref={scroller} className="waterfall" role="table" aria-label="Phases and tasks" aria-rowcount={spans.length + 1} tabIndex={0}>
      <div role="rowgroup">
        <div className="span-row span-head" role="row" aria-rowindex={1}>
          <span role="columnheader">Name</span>
          <span role="columnheader" className="span-axis">
            <span className="hidden-text">From and to</span>
            <Axis start={start} end={end} isClock={isClock} />
          </span>
          <span role="columnheader" className="span-duration">
            Duration
          </span>
        </div>
      </div>
      <div className="table-body" role="rowgroup" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index, start: top }) => {
          const span = spans[index];
          if (!span) return null;
          return <SpanRow key={span.key} run={run} span={span} index={index} top={top} start={start} end={end} isClock={isClock} />;
        })}
      </div>
    </div>
  );
}

/** A step of the axis that people count in, for at most six steps. */
function stepOf(ms: number): number {
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 216e5, 432e5, 864e5];
  return steps.find((step) => ms / step <= 6) ?? 864e5 * Math.ceil(ms / 864e5 / 6);
}

function Axis({ start, end, isClock }: { start: number; end: number; isClock: boolean }): ReactNode {
  const step = stepOf(end - start);
  const first = isClock ? Math.ceil(start / step) * step : start;
  const ticks = Array.from({ length: Math.floor((end - first) / step) + 1 }, (_, at) => first + at * step);
  return ticks.map((at) => (
    <span key={at} className="tick" style={{ left: `${((at - start) / (end - start)) * 100}%` }} aria-hidden="true">
      {isClock ? (step < 1_000 ? preciseTime(at) : clockTime(at)) : tickName(at - start)}
    </span>
  ));
}

const tickName = (ms: number) => (ms === 0 ? "0" : duration(ms).replace(/\.0+ /, " ").replace(/(\.\d)0 /, "$1 ").replace(/ 0[0h]? [smh]$/, ""));

interface SpanRowProps {
  run: Execution;
  span: Span;
  index: number;
  top: number;
  start: number;
  end: number;
  isClock: boolean;
}

const WORDS = { completed: "completed", failed: "failed", running: "running", cut: "no end was told" } as const;

function SpanRow({ run, span, index, top, start, end, isClock }: SpanRowProps): ReactNode {
  const state = span.state === "open" ? (run.status === "running" ? "running" : "cut") : span.state;
  const until = span.end ?? end;
  const share = (ms: number) => `${(ms / (end - start)) * 100}%`;
  const at = (moment: number) => (isClock ? preciseTime(moment) : duration(moment - start));
  const words = `${WORDS[state]}${span.percent === null || state === "completed" ? "" : `, ${Math.round(span.percent)} %`}${span.detail ? `: ${span.detail}` : ""}`;
  return (
    <div
      className="span-row"
      role="row"
      aria-rowindex={index + 2}
      data-kind={span.kind}
      data-state={state}
      style={{ transform: `translateY(${top}px)` }}
      title={`${span.name}: ${at(span.start)} to ${at(until)}, ${words}`}
    >
      <span role="rowheader" className="span-name cut" data-depth={span.depth}>
        <Link href={`/runs/${run.id}/logs?line=${span.sequence}`}>{span.name}</Link>
        {state !== "completed" && <span className="span-word">{state === "cut" ? "no end" : WORDS[state]}</span>}
      </span>
      <span role="cell" className="span-track">
        <span className="hidden-text">
          {at(span.start)} to {at(until)}, {words}
        </span>
        <span className="span-bar" style={{ left: share(span.start - start), width: share(until - span.start) }} />
      </span>
      <span role="cell" className="span-duration">
        {duration(until - span.start)}
      </span>
    </div>
  );
}
