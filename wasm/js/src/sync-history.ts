import type { Rpc } from "./rpc.js";
import type { Direction, EntryQuery, RunQuery, SyncEntry, SyncRun, SyncStats } from "./sync-types.js";
import type { ExecutionId } from "./types.js";

/** A page of runs, newest first. */
export interface RunPage {
  readonly runs: readonly SyncRun[];
  /** Where the next page begins; `null` at the end. */
  readonly next: string | null;
}

/** A page of a sync log, newest first. */
export interface EntryPage {
  readonly entries: readonly SyncEntry[];
  /** Where the next page begins; `null` at the end. */
  readonly next: string | null;
}

/** What syncing did. It is this device's own, and kept for 90 days. */
export class SyncHistory {
  readonly #rpc: Rpc;

  /** @internal */
  constructor(rpc: Rpc) {
    this.#rpc = rpc;
  }

  /** Runs that match. */
  runs(query: RunQuery = {}): Promise<RunPage> {
    return this.#rpc.call("syncRuns", query);
  }

  /**
   * One run.
   *
   * @throws RunlogError `notFound`.
   */
  run(id: string): Promise<SyncRun> {
    return this.#rpc.call("syncRun", { id });
  }

  /** What one run did, entity by entity. */
  entries(run: string, query: EntryQuery = {}): Promise<EntryPage> {
    return this.#rpc.call("syncLog", { ...query, run });
  }

  /** What syncing did to an execution: its own rows, and those of whole full runs. */
  of(id: ExecutionId, query: EntryQuery = {}): Promise<EntryPage> {
    return this.#rpc.call("syncLog", { ...query, execution: id });
  }

  /** The run that began last, in a direction where one is given. It may still go on. */
  latest(direction?: Direction): Promise<SyncRun | null> {
    return this.#rpc.call("latestSync", direction === undefined ? {} : { direction });
  }

  /** How syncing went over the last days, today included: 1 to 366, 7 unless given. */
  stats(days = 7): Promise<SyncStats> {
    return this.#rpc.call("syncStats", { days });
  }
}
