import { RunlogError } from "./errors.js";
import type { Topic } from "./topic.js";
import type { Rpc } from "./rpc.js";

/** What a live query shows. */
export interface Snapshot<T> {
  /** The newest answer; `undefined` until the first one has come. */
  readonly data: T | undefined;
  /** Why the newest answer could not be had. */
  readonly error: RunlogError | undefined;
}

/**
 * A query whose answer is kept up to date, whichever tab changes something. It fits
 * `useSyncExternalStore`: a snapshot stays the same object until the answer changes.
 *
 * It asks as long as somebody listens.
 */
export class Live<T> implements AsyncIterable<T> {
  readonly #rpc: Rpc;
  readonly #ask: () => Promise<T>;
  readonly #topic: Topic;
  readonly #listeners = new Set<() => void>();
  #snapshot: Snapshot<T> = { data: undefined, error: undefined };
  #json: string | undefined;
  #stop: (() => void) | undefined;
  #isAsking = false;
  #isStale = false;

  /** @internal */
  constructor(rpc: Rpc, ask: () => Promise<T>, topic: Topic = "history") {
    this.#rpc = rpc;
    this.#ask = ask;
    this.#topic = topic;
  }

  /** What is known. */
  readonly getSnapshot = (): Snapshot<T> => this.#snapshot;

  /** Calls `listener` when the snapshot has changed; the function it gives ends that. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#stop === undefined) {
      this.#stop = this.#rpc.onChange(() => void this.#refresh(), this.#topic);
      void this.#refresh();
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) {
        this.#stop?.();
        this.#stop = undefined;
      }
    };
  };

  /** Every answer from now on, beginning with the present one; leaving the loop ends it. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    let wake: () => void = () => undefined;
    const unsubscribe = this.subscribe(() => wake());
    let seen: Snapshot<T> | undefined;
    try {
      for (;;) {
        const changed = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const snapshot = this.#snapshot;
        if (snapshot !== seen) {
          seen = snapshot;
          if (snapshot.error) throw snapshot.error;
          if (snapshot.data !== undefined) yield snapshot.data;
          if (this.#snapshot !== snapshot) continue;
        }
        await changed;
      }
    } finally {
      unsubscribe();
    }
  }

  /** Asks again; a change during the answer is asked for once more, however many there are. */
  async #refresh(): Promise<void> {
    if (this.#isAsking) {
      this.#isStale = true;
      return;
    }
    this.#isAsking = true;
    do {
      this.#isStale = false;
      try {
        const data = await this.#ask();
        const json = JSON.stringify(data);
        if (json !== this.#json || this.#snapshot.error) {
          this.#json = json;
          this.#show({ data, error: undefined });
        }
      } catch (error) {
        const known = error instanceof RunlogError ? error : new RunlogError("failed", String(error));
        if (this.#stop !== undefined) this.#show({ data: this.#snapshot.data, error: known });
      }
    } while (this.#isStale);
    this.#isAsking = false;
  }

  #show(snapshot: Snapshot<T>): void {
    this.#snapshot = snapshot;
    for (const listener of [...this.#listeners]) listener();
  }
}
