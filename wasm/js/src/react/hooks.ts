import { useMemo, useSyncExternalStore } from "react";

import type {
  Execution,
  ListQuery,
  Live,
  LogPart,
  LogQuery,
  Page,
  Runlog,
  RunlogError,
  Snapshot,
  SyncStatus,
  VaultState,
} from "../index.js";

import { useOpening } from "./provider.js";

/** What a hook shows. It stays the same object until something of it changes. */
export interface Shown<T> {
  /** The newest answer; `undefined` until the first one has come, and on a server. */
  readonly data: T | undefined;
  /** Why the newest answer could not be had, or the history not be opened. */
  readonly error: RunlogError | undefined;
}

const NOTHING: Snapshot<never> = { data: undefined, error: undefined };
const nothing = (): Snapshot<never> => NOTHING;
const never = (): (() => void) => () => undefined;

/** Executions, newest first unless told, kept up to date. */
export function useExecutions(query: ListQuery = {}): Shown<Page> {
  return useAnswer((runlog) => runlog.live(query), "executions", query);
}

/** One execution, kept up to date. */
export function useExecution(id: string): Shown<Execution> {
  return useAnswer((runlog) => runlog.watch(() => runlog.executions.get(id)), "execution", id);
}

/** A part of a log, kept up to date. */
export function useLog(id: string, query: LogQuery = {}): Shown<LogPart> {
  return useAnswer((runlog) => runlog.watch(() => runlog.logs.read(id, query)), "log", id, query);
}

/** How this device stands toward its backends, kept up to date. */
export function useSyncStatus(): Shown<SyncStatus> {
  return useAnswer((runlog) => runlog.sync.live(), "sync");
}

/** Which vault the history belongs to, and whether it is open, kept up to date. */
export function useVaultState(): Shown<VaultState> {
  return useAnswer((runlog) => runlog.vault.live(), "vault");
}

/**
 * What a live query shows; `undefined` shows nothing. The query is to be the same object at each render: from
 * `useMemo`, or made outside of components.
 */
export function useLive<T>(live: Live<T> | undefined): Shown<T> {
  return useSyncExternalStore<Shown<T>>(live?.subscribe ?? never, live?.getSnapshot ?? nothing, nothing);
}

/** `key` is all that the query follows from: components write queries anew at each render. */
function useAnswer<T>(query: (runlog: Runlog) => Live<T>, ...key: readonly unknown[]): Shown<T> {
  const { runlog, error } = useOpening();
  const text = JSON.stringify(key);
  // `text` stands for the query.
  const live = useMemo(() => runlog && query(runlog), [runlog, text]);
  const shown = useLive(live);
  return useMemo(() => (error ? { data: undefined, error } : shown), [error, shown]);
}
