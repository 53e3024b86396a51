// The part of a long list that is on the screen, loaded page by page and kept up to date.
import type { Live, Runlog } from "runlog";

export interface PagedSnapshot<T> {
  /** How many rows there are; `undefined` until it is known. */
  readonly count: number | undefined;
  readonly pages: ReadonlyMap<number, readonly (T | undefined)[]>;
  readonly error: Error | undefined;
}

/** Where the rows come from. */
export interface Source<T> {
  /** Rows in one page: a few screens. */
  readonly pageSize: number;
  readonly count: () => Promise<number>;
  /** The rows of a page, of which the first has number 0. */
  readonly load: (page: number) => Promise<readonly (T | undefined)[]>;
}

/**
 * A list of any length of which the pages on the screen are loaded. It fits `useSyncExternalStore`.
 * While it is followed, every change loads the shown pages again and forgets the others.
 */
export class PagedList<T> {
  readonly #source: Source<T>;
  readonly #live: Live<{ count: number; pages: [number, readonly (T | undefined)[]][] }>;
  readonly #listeners = new Set<() => void>();
  #snapshot: PagedSnapshot<T> = { count: undefined, pages: new Map(), error: undefined };
  #wanted: [first: number, last: number] = [0, 0];
  #isLoading = false;

  constructor(runlog: Runlog, source: Source<T>) {
    this.#source = source;
    this.#live = runlog.watch(() => this.#loadAll());
  }

  readonly getSnapshot = (): PagedSnapshot<T> => this.#snapshot;

  /** Calls `listener` after changes of what is shown. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The row at a place in the list, where it is loaded. */
  at(index: number): T | undefined {
    const { pageSize } = this.#source;
    return this.#snapshot.pages.get(Math.floor(index / pageSize))?.[index % pageSize];
  }

  /** Follows changes of the history until the function it gives is called. */
  follow(): () => void {
    return this.#live.subscribe(() => {
      const { data, error } = this.#live.getSnapshot();
      if (data) this.#set({ count: data.count, pages: new Map(data.pages), error });
      else this.#set({ ...this.#snapshot, error });
      void this.#loadMissing();
    });
  }

  /** Which rows are on the screen. */
  readonly show = (first: number, last: number): void => {
    const { pageSize } = this.#source;
    this.#wanted = [Math.floor(first / pageSize), Math.floor(Math.max(first, last) / pageSize)];
    void this.#loadMissing();
  };

  async #loadAll(): Promise<{ count: number; pages: [number, readonly (T | undefined)[]][] }> {
    const [first, last] = this.#wanted;
    const numbers = Array.from({ length: last - first + 1 }, (_, at) => first + at);
    const load = (page: number) => this.#source.load(page);
    const [count, pages] = await Promise.all([this.#source.count(), Promise.all(numbers.map(load))]);
    return { count, pages: pages.map((rows, at) => [first + at, rows]) };
  }

  /** One page after the other, so that fast scrolling does not queue what is already past. */
  async #loadMissing(): Promise<void> {
    if (this.#isLoading || this.#snapshot.count === undefined) return;
    this.#isLoading = true;
    try {
      for (let page = this.#missing(); page !== undefined; page = this.#missing()) {
        const rows = await this.#source.load(page);
        this.#set({ ...this.#snapshot, pages: new Map(this.#snapshot.pages).set(page, rows) });
      }
    } catch (error) {
      this.#set({ ...this.#snapshot, error: error instanceof Error ? error : new Error(String(error)) });
    } finally {
      this.#isLoading = false;
    }
  }

  #missing(): number | undefined {
    const [first, last] = this.#wanted;
    const end = Math.ceil((this.#snapshot.count ?? 0) / this.#source.pageSize);
    for (let page = first; page <= last && page < end; page += 1) {
      if (!this.#snapshot.pages.has(page)) return page;
    }
    return undefined;
  }

  #set(snapshot: PagedSnapshot<T>): void {
    this.#snapshot = snapshot;
    for (const listener of [...this.#listeners]) listener();
  }
}
