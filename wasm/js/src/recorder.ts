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
  /**
   * Holds at most so many operations where there is no space for them, and drops what comes then: 100,000
   * unless given.
   */
  readonly heldMax?: number;
  /** Told of each operation that was refused or dropped, and of writes that failed; the console unless given. */
  readonly onError?: (error: RunlogError, id: ExecutionId | undefined) => void;
}

/** Operations that are written in one transaction. */
interface Batch {
  readonly operations: readonly operations.Operation[];
  readonly durable: boolean;
  /** Who waits for it. */
  waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[];
}

/** Between two attempts to write where there was no space, in milliseconds. */
const AGAIN_AFTER_MS = 5_000;

/**
 * Records without waiting: what it is told is gathered and written in batches. What happened before a
 * {@link flush} is stored once that resolves.
 *
 * Where there is no space it holds what it could not write and tries again, now and then and at each flush.
 */
export class Recorder {
  readonly #rpc: Rpc;
  readonly #options: Required<RecorderOptions>;
  #gathered: operations.Operation[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What is to be written, in order. The first is under way while `#isWriting`. */
  readonly #batches: Batch[] = [];
  #isWriting = false;
  #again: ReturnType<typeof setTimeout> | undefined;
  #held = 0;
  /** Why something that was recorded since the last flush is not stored. */
  #lost: RunlogError | undefined;

  /** @internal */
  constructor(rpc: Rpc, options: RecorderOptions = {}) {
    this.#rpc = rpc;
    this.#options = {
      operationsMax: options.operationsMax ?? 1_000,
      delay: options.delay ?? 100,
      heldMax: options.heldMax ?? 100_000,
      onError:
        options.onError ??
        ((error, id) => {
          console.error("runlog:", id, error);
        }),
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
   *
   * @throws RunlogError `quota` where there is no space: nothing was lost, and it is written once there is. Any
   * other where something that was recorded since the last flush could not be stored.
   */
  async flush({ durable = false }: { durable?: boolean } = {}): Promise<void> {
    this.#enqueue(durable);
    const last = this.#batches.at(-1);
    if (last) {
      await new Promise<void>((resolve, reject) => {
        last.waiting.push({ resolve, reject });
        void this.#write();
      });
    }
    const lost = this.#lost;
    this.#lost = undefined;
    if (lost) throw lost;
  }

  #gather(operation: operations.Operation): void {
    if (this.#again !== undefined && this.#held + this.#gathered.length >= this.#options.heldMax) {
      this.#lose(new RunlogError("quota", "there is no space, and too much is held already"), operation);
      return;
    }
    this.#gathered.push(operation);
    if (this.#gathered.length >= this.#options.operationsMax) this.#writeSoon();
    else this.#timer ??= setTimeout(() => this.#writeSoon(), this.#options.delay);
  }

  #writeSoon(): void {
    this.#enqueue(false);
    if (this.#again === undefined) void this.#write();
  }

  #enqueue(durable: boolean): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#gathered.length === 0 && !durable) return;
    this.#held += this.#gathered.length;
    this.#batches.push({ operations: this.#gathered, durable, waiting: [] });
    this.#gathered = [];
  }

  /** One after the other: an operation may need what the batch before it does. */
  async #write(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    clearTimeout(this.#again);
    this.#again = undefined;
    for (let batch = this.#batches[0]; batch !== undefined; batch = this.#batches[0]) {
      try {
        const results = await writeAll(this.#rpc, batch.operations, batch.durable);
        this.#done(batch);
        results.forEach((refused, at) => {
          if (refused) this.#tell(new RunlogError(refused.code, refused.message), batch.operations[at]);
        });
      } catch (error) {
        const known = error instanceof RunlogError ? error : new RunlogError("failed", String(error));
        if (known.code === "quota" || known.code === "opfs_full") {
          this.#holdBack(known);
          break;
        }
        this.#done(batch);
        this.#lose(known, undefined);
      }
    }
    this.#isWriting = false;
  }

  #done(batch: Batch): void {
    this.#batches.shift();
    this.#held -= batch.operations.length;
    for (const { resolve } of batch.waiting) resolve();
  }

  #holdBack(error: RunlogError): void {
    this.#tell(error, undefined);
    this.#again = setTimeout(() => void this.#write(), AGAIN_AFTER_MS);
    for (const batch of this.#batches) {
      for (const { reject } of batch.waiting) reject(error);
      batch.waiting = [];
    }
  }

  #lose(error: RunlogError, operation: operations.Operation | undefined): void {
    this.#lost = error;
    this.#tell(error, operation);
  }

  #tell(error: RunlogError, operation: operations.Operation | undefined): void {
    this.#options.onError(error, operation?.["id"] as ExecutionId | undefined);
  }
}
