import { RunlogError } from "./errors.js";
import * as operations from "./operations.js";
import type { Rpc } from "./rpc.js";
import type { Ending, ExecutionId, NewExecution, NewLine } from "./types.js";
import { writeAll } from "./writing.js";

/** How a {@link Recorder} works. */
export interface RecorderOptions {
  /** Writes at the latest after so many operations: 1,000 unless given. */
  readonly operationsMax?: number;
  /** Writes at the latest after so many milliseconds: 100 unless given. */
  readonly delay?: number;
  /** Told of each operation that was refused, and of writes that failed; the console unless given. */
  readonly onError?: (error: RunlogError, id: ExecutionId | undefined) => void;
}

/**
 * Records without waiting: what it is told is gathered and written in batches. What happened before a
 * {@link flush} is stored once that resolves.
 */
export class Recorder {
  readonly #rpc: Rpc;
  readonly #options: Required<RecorderOptions>;
  #gathered: operations.Operation[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Writes that are under way, one after the other. */
  #written: Promise<void> = Promise.resolve();

  constructor(rpc: Rpc, options: RecorderOptions = {}) {
    this.#rpc = rpc;
    this.#options = {
      operationsMax: options.operationsMax ?? 1_000,
      delay: options.delay ?? 100,
      onError: options.onError ?? ((error, id) => console.error("runlog:", id, error)),
    };
  }

  /** An execution begins. */
  start(execution: NewExecution): ExecutionId {
    const id = execution.id ?? operations.newId();
    this.#gather(operations.start(id, execution));
    return id;
  }

  /** It printed something, or told of an event. */
  append(id: ExecutionId, ...lines: (NewLine | string)[]): void {
    this.#gather(operations.append(id, lines));
  }

  /** It ended. */
  finish(id: ExecutionId, ending: Ending): void {
    this.#gather(operations.finish(id, ending));
  }

  /**
   * Writes what was gathered. Once it resolves, what was recorded before survives the end of every tab;
   * with `durable`, loss of power as well.
   */
  async flush({ durable = false }: { durable?: boolean } = {}): Promise<void> {
    this.#write(durable);
    await this.#written;
  }

  #gather(operation: operations.Operation): void {
    this.#gathered.push(operation);
    if (this.#gathered.length >= this.#options.operationsMax) this.#write(false);
    else this.#timer ??= setTimeout(() => this.#write(false), this.#options.delay);
  }

  #write(durable: boolean): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#gathered.length === 0 && !durable) return;
    const gathered = this.#gathered;
    this.#gathered = [];
    const before = this.#written;
    const results = writeAll(this.#rpc, gathered, durable);
    const written = results.then((results) => {
      results.forEach((refused, at) => {
        if (!refused) return;
        const id = gathered[at]?.["id"];
        this.#options.onError(new RunlogError(refused.code, refused.message), id as ExecutionId);
      });
    });
    // A write that failed is told to whoever flushes, and in any case to `onError`.
    written.catch((error: unknown) => {
      if (error instanceof RunlogError) this.#options.onError(error, undefined);
    });
    this.#written = before.catch(() => undefined).then(() => written);
    this.#written.catch(() => undefined);
  }
}
