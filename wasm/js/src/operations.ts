import type { Ending, ExecutionId, Json, NewExecution, NewLine } from "./types.js";

/** An operation of a writing call, as the owner takes it. */
export type Operation = { readonly op: string } & Readonly<Record<string, unknown>>;

/** An identity for a new execution: a UUIDv7. */
export function newId(now = Date.now()): ExecutionId {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  new DataView(bytes.buffer).setBigUint64(0, (BigInt(now) << 16n) | BigInt(((bytes[6] ?? 0) << 8) | (bytes[7] ?? 0)));
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export function start(id: ExecutionId, execution: NewExecution): Operation {
  const now = Date.now();
  const { startedAt = now, ...rest } = execution;
  return { ...rest, op: "start", id, createdAt: now, startedAt };
}

export function finish(id: ExecutionId, ending: Ending): Operation {
  return { op: "finish", id, endedAt: Date.now(), ...ending };
}

export function append(id: ExecutionId, lines: readonly (NewLine | string)[]): Operation {
  const time = Date.now();
  const line = (line: NewLine | string) => (typeof line === "string" ? { time, text: line } : { time, ...line });
  return { op: "append", id, lines: lines.map(line) };
}

/** What can be changed of an execution. */
export interface Changes {
  /** `null` removes it. */
  readonly note?: string | null;
  readonly pinned?: boolean;
  /** Replaces them all. */
  readonly params?: Readonly<Record<string, string>>;
  /** Replaces them all. */
  readonly attributes?: { readonly [name: string]: Json };
}

export function update(id: ExecutionId, changes: Changes): Operation[] {
  const operations: Operation[] = [];
  if (changes.note !== undefined) operations.push({ op: "note", id, note: changes.note });
  if (changes.pinned !== undefined) operations.push({ op: "pin", id, pinned: changes.pinned });
  if (changes.params) operations.push({ op: "params", id, params: changes.params });
  if (changes.attributes) operations.push({ op: "attributes", id, attributes: changes.attributes });
  return operations;
}
