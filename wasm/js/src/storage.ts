import type { Rpc } from "./rpc.js";
import type { Facts, Health, Reason, Retention, StorageCheck, StorageState } from "./storage-types.js";

/** Where a history is kept, how it is there, and what can be done about it. */
export class Storage {
  readonly #rpc: Rpc;
  readonly #opened: StorageState;

  /** @internal */
  constructor(rpc: Rpc, opened: StorageState) {
    this.#rpc = rpc;
    this.#opened = opened;
  }

  /** `memory` is gone with the last tab. */
  get kind(): "opfs" | "memory" {
    return (this.#rpc.storage ?? this.#opened).kind;
  }

  /**
   * Why the storage is not what was asked for or expected; `null` where it is.
   *
   * - `opfs_not_supported`, `opfs_denied`: the browser has no OPFS or gives none to this page, so the history is in memory.
   * - `evicted`: this page had a history here, and the browser has removed it. It is empty now; a sync brings
   *   back what a backend has.
   * - `corrupt`: it cannot be read; only with {@link salvage}.
   */
  get reason(): Reason | null {
    return (this.#rpc.storage ?? this.#opened).reason ?? this.#opened.reason;
  }

  /** How the storage is: its size, its limits, and what would be lost if the browser removed it now. */
  async health(): Promise<Health> {
    const [facts, persisted, estimate] = await Promise.all([
      this.#rpc.call<Facts>("storage.facts", {}),
      navigator.storage.persisted(),
      navigator.storage.estimate(),
    ]);
    return { ...facts, persisted, usageBytes: estimate.usage ?? null, quotaBytes: estimate.quota ?? null };
  }

  /**
   * Asks the browser not to remove the data of this origin on its own. Some ask the user, some decide by how
   * the page is used.
   *
   * @returns whether it agreed
   */
  persist(): Promise<boolean> {
    return navigator.storage.persist();
  }

  /** Looks for damage, in the file and in what is stored. It reads everything and may take seconds. */
  check(): Promise<StorageCheck> {
    return this.#rpc.call("storage.check", {});
  }

  /**
   * The whole history as one SQLite file, which this and other Runlog programs can take in. Of a damaged
   * history, the bytes as they are.
   */
  export(): Promise<Blob> {
    return this.#rpc.call("storage.export", {});
  }

  /**
   * Puts an exported history in the place of this one, on which it is another device. The vault's secret is
   * not in an export: unlock or join again where this browser does not have it.
   *
   * @throws RunlogError `notADatabase`, `corrupt`, `newer`, `quota`; the history is as it was.
   */
  async import(file: Blob): Promise<void> {
    await this.#rpc.call("storage.import", {}, file);
  }

  /**
   * Sets the files aside and begins with an empty history; a sync brings back what a backend has. The files
   * that were set aside before are removed.
   */
  async rebuild(): Promise<void> {
    await this.#rpc.call("storage.rebuild", { id: crypto.randomUUID() });
  }

  /** How long the trash keeps what was deleted. */
  retention(): Promise<Retention> {
    return this.#rpc.call("retention", {});
  }

  /** Sets how long the trash of this device keeps what was deleted. */
  async setRetention(retention: Retention): Promise<void> {
    await this.#rpc.call("setRetention", retention);
  }

  /**
   * Purges what the trash has kept for long enough and every device knows to be deleted.
   *
   * @returns how many executions that were
   */
  emptyTrash(): Promise<number> {
    return this.#rpc.call("emptyTrash", {});
  }
}
