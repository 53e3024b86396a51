// Where the rows of a log come from: the whole of it by number, or the lines that match.
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { Level, LogGap, LogLine, LogQuery, Runlog, Stream } from "runlog";

import { useLive, useRunlog } from "../history.tsx";
import { PagedList } from "../paged.ts";
import { plainText } from "./ansi.ts";

export type Row = LogLine | LogGap;

export interface LogRows {
  /** `undefined` until it is known. */
  readonly count: number | undefined;
  readonly at: (index: number) => Row | undefined;
  readonly show: (first: number, last: number) => void;
  readonly error: Error | undefined;
  /** Whether more matches are still looked for. */
  readonly isLooking: boolean;
  /** Whether there are more matches than are shown. */
  readonly isCut: boolean;
}

/** Which lines; none of them given means the whole log. */
export interface LogFilter {
  readonly stream?: Stream;
  readonly level?: Level;
  /** What the text contains, in capitals or not. */
  readonly text: string;
}

/** Lines in one page of the whole log. */
const PAGE = 500;
/** Lines that are looked through at once. */
const STEP = 2_000;
/** The most matches that are shown. */
const MATCHES_MAX = 50_000;

/** Every line, loaded where it is looked at. Row 0 is the line with sequence 1. */
export function useWholeLog(id: string): LogRows {
  const runlog = useRunlog();
  const list = useMemo(
    () =>
      new PagedList<Row>(runlog, {
        pageSize: PAGE,
        count: async () => (await runlog.logs.read(id, { tail: 1 })).last,
        load: (page) => loadPage(runlog, id, page * PAGE + 1),
      }),
    [runlog, id],
  );
  useEffect(() => list.follow(), [list]);
  const { count, error } = useSyncExternalStore(list.subscribe, list.getSnapshot);
  return { count, error, at: (index) => list.at(index), show: list.show, isLooking: false, isCut: false };
}

/** The rows of the sequences from `first` on; a gap stands at each sequence that it covers. */
async function loadPage(runlog: Runlog, id: string, first: number): Promise<readonly (Row | undefined)[]> {
  const { entries } = await runlog.logs.read(id, { from: first, limit: PAGE });
  const rows = new Array<Row | undefined>(PAGE).fill(undefined);
  for (const entry of entries) {
    if (entry.type === "line") {
      if (entry.sequence < first + PAGE) rows[entry.sequence - first] = entry;
    } else rows.fill(entry, Math.max(0, entry.first - first), Math.max(0, entry.last - first + 1));
  }
  return rows;
}

interface Found {
  readonly rows: readonly Row[];
  readonly isLooking: boolean;
  readonly isCut: boolean;
  readonly error: Error | undefined;
}

const NOTHING: Found = { rows: [], isLooking: true, isCut: false, error: undefined };

/** The lines that match, found step by step; what is appended later is looked through as well. */
export function useMatches(id: string, filter: LogFilter, isOn: boolean): LogRows {
  const runlog = useRunlog();
  const [found, setFound] = useState(NOTHING);
  const last = useLive(useMemo(() => runlog.watch(async () => (await runlog.logs.read(id, { tail: 1 })).last), [runlog, id])).data;
  const { stream, level, text } = filter;
  const search = useMemo(() => new Search(runlog, id, { ...(stream ? { stream } : {}), ...(level ? { level } : {}) }, text), [runlog, id, stream, level, text]);
  useEffect(() => {
    if (!isOn || last === undefined) return;
    const stop = new AbortController();
    void search.goOn(last, setFound, stop.signal);
    return () => stop.abort();
  }, [search, isOn, last]);
  const rows = search.isFresh ? [] : found.rows;
  return { ...found, count: rows.length, at: (index) => rows[index], show: () => undefined };
}

/** A search through one log, which goes on where it ended when the log has grown. */
class Search {
  readonly #runlog: Runlog;
  readonly #id: string;
  readonly #query: LogQuery;
  readonly #text: string;
  #rows: Row[] = [];
  #next = 1;

  constructor(runlog: Runlog, id: string, query: LogQuery, text: string) {
    this.#runlog = runlog;
    this.#id = id;
    this.#query = query;
    this.#text = text.toLowerCase();
  }

  /** Whether nothing was looked at yet. */
  get isFresh(): boolean {
    return this.#next === 1;
  }

  async goOn(last: number, tell: (found: Found) => void, signal: AbortSignal): Promise<void> {
    const told = (isLooking: boolean, error?: Error) => {
      const isCut = this.#rows.length >= MATCHES_MAX;
      if (!signal.aborted) tell({ rows: this.#rows, isLooking: isLooking && !isCut, isCut, error });
    };
    try {
      while (this.#next <= last && this.#rows.length < MATCHES_MAX) {
        const { entries, more } = await this.#runlog.logs.read(this.#id, { ...this.#query, from: this.#next, limit: STEP });
        if (signal.aborted) return;
        const end = entries.at(-1);
        this.#rows = [...this.#rows, ...entries.filter((row) => this.#matches(row))];
        this.#next = more && end ? (end.type === "line" ? end.sequence : end.last) + 1 : last + 1;
        told(this.#next <= last);
      }
      told(false);
    } catch (error) {
      told(false, error instanceof Error ? error : new Error(String(error)));
    }
  }

  #matches(row: Row): boolean {
    if (row.type === "gap") return this.#text === "";
    return this.#text === "" || plainText(row.text).toLowerCase().includes(this.#text);
  }
}
