// Structured events of a log, and the phases and tasks that they tell of.
import type { Json, LogLine, Millis } from "runlog";

interface Members {
  readonly [name: string]: Json;
}

/** A phase or a task, from its start to its end. */
export interface Span {
  readonly key: string;
  readonly kind: "phase" | "task";
  readonly name: string;
  readonly depth: 0 | 1;
  readonly start: Millis;
  /** `null` where no end was told. */
  readonly end: Millis | null;
  readonly state: "open" | "completed" | "failed";
  /** The last progress that was told, in percent. */
  readonly percent: number | null;
  /** What went wrong, or the last that was told. */
  readonly detail: string;
  /** The line of its start. */
  readonly sequence: number;
}

export interface Spans {
  readonly spans: readonly Span[];
  /** Events that belong to no phase or task. */
  readonly others: number;
}

type Open = { -readonly [Key in keyof Span]: Span[Key] };

function parse(text: string): Members {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Members) : {};
  } catch {
    return {};
  }
}

/** An event as words: its type, and its other members. */
export function describeEvent(text: string): { type: string; rest: string } {
  const { type, ...others } = parse(text);
  const rest = Object.entries(others).map(([name, value]) => `${name}=${typeof value === "string" && !/[\s"]/.test(value) ? value : JSON.stringify(value)}`);
  return { type: typeof type === "string" ? type : "event", rest: rest.join(" ") };
}

/** The first of these members that is there, as text. */
function member(event: Members, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = event[name];
    if (typeof value === "string" || typeof value === "number") return String(value);
  }
  return null;
}

/**
 * Reads `phase_started`, `phase_completed`, `task_started`, `task_progress`, `task_completed` and
 * `task_failed`. A phase or task is known by its member `phase` or `task` (`task_id` and `name` as well); a task
 * belongs to the phase that it names, or to the newest one that is open.
 */
export function spansOf(lines: readonly LogLine[]): Spans {
  const spans: Open[] = [];
  const open = new Map<string, Open>();
  let others = 0;
  for (const { text, time, sequence } of lines) {
    const event = parse(text);
    const match = /^(phase|task)_(started|progress|completed|failed|cancelled|finished)$/.exec(typeof event["type"] === "string" ? event["type"] : "");
    if (!match) {
      others += 1;
      continue;
    }
    const [kind, what] = [match[1] as Span["kind"], match[2]];
    const id = member(event, kind, `${kind}_id`, "id", "name") ?? kind;
    const key = `${kind}:${id}`;
    if (what === "started") {
      const name = member(event, "name", "title", kind, `${kind}_id`) ?? kind;
      const isNamed = /^\d+$/.test(name);
      const phase = kind === "task" ? (member(event, "phase") ?? newestPhase(spans)) : null;
      const span: Open = {
        key: `${key}#${sequence}`,
        kind,
        name: isNamed ? `${kind === "phase" ? "Phase" : "Task"} ${name}` : name,
        depth: phase === null ? 0 : 1,
        start: time,
        end: null,
        state: "open",
        percent: null,
        detail: "",
        sequence,
      };
      open.set(key, span);
      spans.push(span);
      continue;
    }
    const span = open.get(key);
    if (!span) {
      others += 1;
      continue;
    }
    const percent = event["percent"];
    if (typeof percent === "number") span.percent = percent;
    span.detail = member(event, "error", "message", "reason", "detail") ?? span.detail;
    if (what === "progress") continue;
    span.end = time;
    span.state = what === "failed" || what === "cancelled" ? "failed" : "completed";
    open.delete(key);
  }
  return { spans, others };
}

function newestPhase(spans: readonly Open[]): string | null {
  return spans.findLast((span) => span.kind === "phase" && span.end === null)?.name ?? null;
}
