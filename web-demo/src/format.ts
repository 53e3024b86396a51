// Times, durations and sizes as text.
import type { Millis } from "runlog";

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "2-digit" });
const dayOfYear = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "2-digit" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
const numbers = new Intl.NumberFormat();
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });

/** Date and time with seconds and zone. */
export function fullTime(at: Millis): string {
  return whole.format(at);
}

/** The time of day. */
export function clockTime(at: Millis): string {
  return clock.format(at);
}

/** The time of day with milliseconds. */
export function preciseTime(at: Millis): string {
  return `${clock.format(at)}.${String(at % 1000).padStart(3, "0")}`;
}

/** Date and time, as short as it can be read: today has no date, this year no year. */
export function shortTime(at: Millis, now: Millis = Date.now()): string {
  const [then, today] = [new Date(at), new Date(now)];
  if (then.toDateString() === today.toDateString()) return clock.format(at);
  if (then.getFullYear() === today.getFullYear()) return `${day.format(at)} ${clock.format(at)}`;
  return dayOfYear.format(at);
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
];

/** How long ago, or how long until. */
export function ago(at: Millis, now: Millis = Date.now()): string {
  const [unit, length] = STEPS.find(([, length]) => Math.abs(at - now) >= length) ?? ["second", 1_000];
  return relative.format(Math.trunc((at - now) / length), unit);
}

/** A duration with at most two units: `870 ms`, `12.4 s`, `3 m 09 s`, `5 h 12 m`, `2 d 4 h`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(ms < 9_995 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1_000);
  const pad = (value: number) => String(value).padStart(2, "0");
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} m ${pad(seconds % 60)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} m`;
  return `${Math.floor(minutes / 1_440)} d ${Math.floor((minutes % 1_440) / 60)} h`;
}

/** Bytes with three significant digits: `512 B`, `3.42 MB`. */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let [value, at] = [count, 0];
  while (value >= 999.5 && at < units.length - 1) {
    value /= 1_000;
    at += 1;
  }
  return `${at === 0 ? value : value.toPrecision(3)} ${units[at] ?? ""}`;
}

/** A whole number with separators. */
export function number(value: number): string {
  return numbers.format(value);
}

/** `1 run`, `2 runs`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}
