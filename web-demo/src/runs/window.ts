// The part of a long listing that is on the screen, loaded page by page and kept up to date.
import type { Filter, ListQuery, Live, Runlog, Summary } from "runlog";

/** Rows in one page: a few screens. */
const PAGE = 100;

type Pages = ReadonlyMap<number, readonly Summary[]>;

export interface WindowSnapshot {
  /** How many rows there are; `undefined` until it is known. */
  readonly count: number | undefined;
  readonly pages: Pages;
  readonly error: Error | undefined;
}

/** The row at a place in the listing, where it is loaded. */
export function rowAt(snapshot: WindowSnapshot, index: number): Summary | undefined {
  return snapshot.pages.get(Math.floor(index / PAGE))?.[index % PAGE];
}

/**
 * A listing of any length of which the pages on the screen are loaded. It fits `useSyncExternalStore`.
 * While it is live, every change loads the shown pages again and forgets the others.
 */
export class RunWindow {
  readonly #runlog: Runlog;
  readonly #filter: Filter;
  readonly #order: NonNullable<ListQuery["order"]>;
  readonly #live: Live<{ count: number; pages: [number, readonly Summary[]][] }>;
  readonly #listeners = new Set<() => void>();
  #snapshot: WindowSnapshot = { count: undefined, pages: new Map(), error: undefined };
  #wanted: [first: number, last: number] = [0, 0];
  #isLoading = false;

  constructor(runlog: Runlog, filter: Filter, order: NonNullable<ListQuery["order"]>) {
    this.#runlog = runlog;
    this.#filter = filter;
    this.#order = order;
    this.#live = runlog.watch(() => this.#loadAll());
  }

  readonly getSnapshot = (): WindowSnapshot => this.#snapshot;

  /** Calls `listener` after changes of what is shown. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

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
  show(first: number, last: number): void {
    this.#wanted = [Math.floor(first / PAGE), Math.floor(Math.max(first, last) / PAGE)];
    void this.#loadMissing();
  }

  async #loadAll(): Promise<{ count: number; pages: [number, readonly Summary[]][] }> {
    const [first, last] = this.#wanted;
    const numbers = Array.from({ length: last - first + 1 }, (_, at) => first + at);
    const [count, ...pages] = await Promise.all([
      this.#runlog.executions.count(this.#filter),
      ...numbers.map((page) => this.#load(page)),
    ]);
    return { count, pages: pages.map((rows, at) => [first + at, rows]) };
  }

  /** One page after the other, so that fast scrolling does not queue what is already past. */
  async #loadMissing(): Promise<void> {
    if (this.#isLoading || this.#snapshot.count === undefined) return;
    this.#isLoading = true;
    try {
      for (let page = this.#missing(); page !== undefined; page = this.#missing()) {
        const rows = await this.#load(page);
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
    const end = Math.ceil((this.#snapshot.count ?? 0) / PAGE);
    for (let page = first; page <= last && page < end; page += 1) {
      if (!this.#snapshot.pages.has(page)) return page;
    }
    return undefined;
  }

  async #load(page: number): Promise<readonly Summary[]> {
    const query = { filter: this.#filter, order: this.#order, offset: page * PAGE, limit: PAGE };
    return (await this.#runlog.executions.list(query)).executions;
  }

  #set(snapshot: WindowSnapshot): void {
    this.#snapshot = snapshot;
    for (const listener of [...this.#listeners]) listener();
  }
}
