// The text of the search field: terms such as `status:failed tag:nightly since:24h`, all of which hold.
import type { Filter, Kind, Millis, Status, SyncState } from "runlog";

/** A word that cannot be read as a term. */
export interface Mistake {
  readonly word: string;
  readonly reason: string;
}

/** What a text asks for. */
export interface Parsed {
  readonly filter: Filter;
  readonly mistakes: readonly Mistake[];
  /** A word that may be the id of a run, or a part of it. */
  readonly id: string | null;
}

export const KINDS: readonly Kind[] = ["workflow", "command", "job", "prompt"];
const STATUS_NAMES: readonly Status[] = ["running", "failed", "completed", "cancelled", "lost", "not_started"];
const SYNC_STATES: readonly SyncState[] = ["synced", "waiting", "rejected"];
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 };

/** What can be asked for, with an example of each. */
export const TERMS: readonly (readonly [term: string, meaning: string])[] = [
  ["status:failed", "running, failed, completed, cancelled, lost or not_started"],
  ["workflow:deploy", "of one workflow; a word alone means the same"],
  ["kind:command", "workflow, command, job or prompt"],
  ["tag:nightly", "with a tag"],
  ["param.env:prod", "with a value of a parameter"],
  ["exit:1", "with an exit code"],
  ["since:24h", "begun in the last 30m, 24h, 7d, or since:2026-11-20"],
  ["until:2026-11-21", "begun before"],
  ["longer:10s", "that took at least so long; shorter:10s at most"],
  ["sync:waiting", "synced, waiting or rejected"],
];

type Mutable = Partial<Record<keyof Filter, unknown>>;

/** Reads a text as conditions; `now` is what `since:24h` counts from. */
export function parse(text: string, now: Millis): Parsed {
  const filter: Mutable = {};
  const mistakes: Mistake[] = [];
  let id: string | null = null;
  for (const word of words(text)) {
    const colon = word.indexOf(":");
    if (colon < 0) {
      if (/^[0-9a-f-]{4,36}$/i.test(word)) id = word;
      else filter.workflowId = word;
      continue;
    }
    const reason = apply(filter, word.slice(0, colon), word.slice(colon + 1), now);
    if (reason) mistakes.push({ word, reason });
  }
  return { filter: filter as Filter, mistakes, id };
}

/** Puts one term into the filter, or says why not. */
function apply(filter: Mutable, name: string, value: string, now: Millis): string | null {
  if (value === "") return "a value is missing after the colon";
  if (name.startsWith("param.") && name.length > 6) {
    filter.param = [name.slice(6), value];
    return null;
  }
  switch (name) {
    case "status":
      return choose(filter, "status", STATUS_NAMES, value);
    case "kind":
      return choose(filter, "kind", KINDS, value);
    case "sync":
      return choose(filter, "syncState", SYNC_STATES, value);
    case "workflow":
      filter.workflowId = value;
      return null;
    case "tag":
      filter.tag = value;
      return null;
    case "device":
      filter.deviceId = value;
      return null;
    case "exit":
      filter.exitCode = Number(value);
      return /^-?\d+$/.test(value) ? null : "an exit code is a whole number";
    case "since":
    case "until": {
      const at = moment(value, now);
      if (at === null) return "a time is 30m, 24h, 7d, or a date such as 2026-11-20";
      filter[name] = at;
      return null;
    }
    case "longer":
    case "shorter": {
      const ms = length(value);
      if (ms === null) return "a duration is 200ms, 10s, 5m or 2h";
      filter[name === "longer" ? "durationMin" : "durationMax"] = ms;
      return null;
    }
    default:
      return `there is no '${name}'`;
  }
}

function choose(filter: Mutable, field: keyof Filter, admitted: readonly string[], value: string): string | null {
  if (!admitted.includes(value)) return `it is one of ${admitted.join(", ")}`;
  filter[field] = value;
  return null;
}

function length(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(text);
  return match ? Math.round(Number(match[1]) * (UNITS[match[2] ?? ""] ?? 0)) : null;
}

function moment(text: string, now: Millis): Millis | null {
  const back = length(text);
  if (back !== null) return now - back;
  // A date alone is local midnight; `Date.parse` would take it as UTC.
  const at = Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00` : text);
  return Number.isNaN(at) ? null : at;
}

/** Words, where quotes hold spaces: `workflow:"nightly build"`. */
function words(text: string): string[] {
  const found = text.match(/(?:[^\s"]+|"[^"]*"?)+/g) ?? [];
  return found.map((word) => word.replaceAll('"', ""));
}

/** The value of a term in a text. */
export function termOf(text: string, name: string): string | null {
  const word = words(text).find((word) => word.startsWith(`${name}:`));
  return word?.slice(name.length + 1) ?? null;
}

/** The text with another value for a term; `null` takes it out. */
export function withTerm(text: string, name: string, value: string | null): string {
  const others = words(text).filter((word) => !word.startsWith(`${name}:`));
  const all = value === null ? others : [...others, `${name}:${value}`];
  return all.map((word) => (/\s/.test(word) ? word.replace(/:(.*)$/, ':"$1"') : word)).join(" ");
}
