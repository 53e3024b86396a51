import type { BulkOptions, BulkResult, Refusal } from "./bulk-types.js";
import { RunlogError } from "./errors.js";
import type { Rpc } from "./rpc.js";
import type { ExecutionId } from "./types.js";
import { writeAll } from "./writing.js";

/** How long one transaction is to take, in milliseconds: so long a listing waits for it. */
const BATCH_MS = 12;
/** Executions in one transaction. */
const BATCH = { first: 32, least: 8, most: 1_000 };

/** Does the same to each of many executions, some in a transaction; others' calls come in between. */
export async function changeEach(
  rpc: Rpc,
  op: "delete" | "restore",
  ids: readonly ExecutionId[],
  { signal, onProgress }: BulkOptions = {},
): Promise<BulkResult> {
  const done: ExecutionId[] = [];
  const refused: Refusal[] = [];
  let size = BATCH.first;
  for (let at = 0; at < ids.length && !signal?.aborted; ) {
    const batch = ids.slice(at, at + size);
    const began = performance.now();
    const results = await writeAll(rpc, batch.map((id) => ({ op, id })));
    size = sizeAfter(size, performance.now() - began);
    batch.forEach((id, place) => {
      const refusal = results[place];
      if (refusal) refused.push({ id, error: new RunlogError(refusal.code, refusal.message) });
      else done.push(id);
    });
    at += batch.length;
    onProgress?.(at);
  }
  return { done, refused };
}

/** How many the next transaction has, after one of `size` that took `ms`: at most twice as many. */
function sizeAfter(size: number, ms: number): number {
  const wanted = Math.round((size * BATCH_MS) / Math.max(ms, BATCH_MS / 2));
  return Math.min(Math.max(wanted, BATCH.least), BATCH.most);
}
