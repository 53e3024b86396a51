// Runs as the points of a scatter plot: time across, duration up on a logarithmic scale.
import type { Status, Summary } from "runlog";
import type uPlot from "uplot";

import { duration } from "../format.ts";

export interface Points {
  /** The runs that have a duration, oldest first: the places of `data`. */
  readonly runs: readonly Summary[];
  /** Which statuses occur. */
  readonly statuses: readonly Status[];
  readonly data: uPlot.AlignedData;
}

// The last is drawn on top.
const DRAWN: readonly Status[] = ["completed", "cancelled", "lost", "failed"];
const COLOURS: Readonly<Partial<Record<Status, string>>> = {
  completed: "--ok-fill",
  cancelled: "--idle-fill",
  lost: "--warn-fill",
  failed: "--bad-fill",
};

export function chartOf(runs: readonly Summary[]): Points {
  const finished = runs.filter((run) => run.durationMs !== null && run.startedAt !== null);
  finished.sort((a, b) => (a.startedAt ?? 0) - (b.startedAt ?? 0));
  const seconds = finished.map((run) => (run.startedAt ?? 0) / 1_000);
  const ofStatus = (status: Status) =>
    finished.map((run) => (run.status === status ? Math.max(1, run.durationMs ?? 1) : null));
  const present = new Set(finished.map((run) => run.status));
  return { runs: finished, statuses: DRAWN.filter((status) => present.has(status)), data: [seconds, ...DRAWN.map(ofStatus)] };
}

/** How it is drawn on `element`, in the colours of the style sheet. */
export function options(
  element: HTMLElement,
  size: { width: number; height: number },
  onUnder: (place: number | null) => void,
): uPlot.Options {
  const colour = resolver(element);
  const axis = { stroke: colour("--text-soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  const font = `11px ${getComputedStyle(element).fontFamily}`;
  return {
    ...size,
    legend: { show: false },
    padding: [8, 12, 0, 0],
    cursor: { drag: { x: false, y: false }, y: false, points: { size: 9 } },
    scales: { x: { time: true }, y: { distr: 3, range: rangeOf } },
    axes: [
      { ...axis, font, size: 22, gap: 4, values: moments },
      { ...axis, font, size: 58, gap: 6, splits: marks, filter: (_, all) => all, values: (_, all) => all.map(mark) },
    ],
    series: [{}, ...DRAWN.map((status) => series(colour(COLOURS[status] ?? "--idle-fill")))],
    hooks: { setCursor: [(plot) => onUnder(plot.cursor.left != null && plot.cursor.left >= 0 ? (plot.cursor.idx ?? null) : null)] },
  };
}

function series(stroke: string): uPlot.Series {
  return { stroke, paths: () => null, points: { show: true, size: 5, stroke, fill: stroke, width: 0 } };
}

/** Durations that are read at a glance: powers of ten up to seconds, then minutes, hours and days. */
const MARKS = [1, 10, 100, 1e3, 1e4, 6e4, 6e5, 36e5, 36e6, 864e5, 864e6, 864e7];

/** The marks around all values. */
function rangeOf(_: uPlot, min: number | null, max: number | null): [number, number] {
  const low = MARKS.findLast((ms) => ms <= (min ?? 10)) ?? 1;
  const high = MARKS.find((ms) => ms > (max ?? 1e4)) ?? 864e7;
  return [low, high];
}

function marks(plot: uPlot): number[] {
  const { min, max } = plot.scales["y"] ?? {};
  return MARKS.filter((ms) => ms >= (min ?? 1) && ms <= (max ?? 1));
}

const mark = (ms: number) => duration(ms).replace(/\.0+ /, " ").replace(/ 0[0h]? [smh]$/, "");

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });

/** Midnight shows its date, other moments the time of day. */
function moments(_: uPlot, seconds: number[]): string[] {
  return seconds.map((second) => {
    const time = clock.format(second * 1_000);
    return time === "00:00" ? day.format(second * 1_000) : time;
  });
}

/** Gives the colours behind custom properties; a canvas does not know `light-dark()`. */
function resolver(element: HTMLElement): (property: string) => string {
  return (property) => {
    const probe = document.createElement("span");
    probe.style.color = `var(${property})`;
    element.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}
