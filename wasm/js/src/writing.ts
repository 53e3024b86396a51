import { RunlogError, type PlainError } from "./errors.js";
import type { Operation } from "./operations.js";
import type { Rpc } from "./rpc.js";

/** Carries out operations in one transaction; each has its own result. */
export function writeAll(
  rpc: Rpc,
  operations: readonly Operation[],
  durable = false,
): Promise<(PlainError | null)[]> {
  return rpc.call("write", { operations, durable });
}

/** Carries out operations of which each must be done; with `durable` and none, makes what is written last. */
export async function write(rpc: Rpc, operations: readonly Operation[], durable = false): Promise<void> {
  if (operations.length === 0 && !durable) return;
  const refused = (await writeAll(rpc, operations, durable)).find((result) => result !== null);
  if (refused) throw new RunlogError(refused.code, refused.message);
}
