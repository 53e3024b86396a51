import type { RunlogError } from "./errors.js";
import type { ExecutionId } from "./types.js";

/** How to change many executions. */
export interface BulkOptions {
  /** Stops behind what is under way; what was done stays done. */
  readonly signal?: AbortSignal;
  /** Called with how many of them were gone through so far. */
  readonly onProgress?: (count: number) => void;
}

/** What became of many executions. */
export interface BulkResult {
  /** Those that were changed. */
  readonly done: readonly ExecutionId[];
  /** Those that the history refuses to change, and why. */
  readonly refused: readonly Refusal[];
}

/** An execution that was not changed. */
export interface Refusal {
  readonly id: ExecutionId;
  readonly error: RunlogError;
}
