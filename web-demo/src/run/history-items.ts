// What happened to a run, from three sources, in one order.
import type { Execution, Json, Millis, SyncEntry, Why } from "runlog";

/** Something that happened to a run. Another source adds another `type`. */
export type Item =
  | { readonly type: "life"; readonly key: string; readonly at: Millis; readonly text: string }
  | { readonly type: "edit"; readonly key: string; readonly at: Millis; readonly why: Why }
  | { readonly type: "sync"; readonly key: string; readonly at: Millis; readonly entry: SyncEntry };

export type Source = Item["type"];

/** What its own device told of it. */
export function lifeOf(run: Execution): readonly Item[] {
  const item = (at: Millis | null, text: string): Item[] =>
    at === null ? [] : [{ type: "life", key: `life ${text}`, at, text }];
  const ending = run.endedAtApproximate ? "last heard of; its process died unseen" : `${run.status}${run.exitCode === null ? "" : `, exit code ${run.exitCode}`}`;
  return [...item(run.createdAt, "created"), ...item(run.startedAt, "started"), ...item(run.endedAt, ending)];
}

// The device writes these as the run goes on: they are told as its life.
const OF_LIFE = new Set(["status", "started_at", "ended_at", "created_at", "outcome", "exit", "exit_code", "signal", "lost_at"]);

/** The values that somebody wrote. What came with the start is no edit. */
export function editsOf(run: Execution, whys: readonly Why[]): readonly Item[] {
  const changed = whys.filter(({ field, written, displaced }) => {
    if (!written || OF_LIFE.has(field)) return false;
    return displaced !== null || written.at > run.createdAt + 1_000 || written.deviceId !== run.deviceId;
  });
  return changed.map((why) => ({ type: "edit", key: `edit ${why.column} ${why.field}`, at: why.written?.at ?? 0, why }));
}

export function syncsOf(entries: readonly SyncEntry[]): readonly Item[] {
  return entries.map((entry, at) => ({ type: "sync", key: `sync ${entry.run.id} ${entry.entityId} ${at}`, at: entry.at, entry }));
}

/** All of them, the newest first. */
export function merged(...sources: readonly (readonly Item[])[]): readonly Item[] {
  return sources.flat().sort((a, b) => b.at - a.at);
}

/** A value as short text. */
export function valueText(value: Json): string {
  if (value === null) return "nothing";
  if (typeof value === "string") return `“${value}”`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
