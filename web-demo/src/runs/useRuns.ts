import { useEffect, useMemo, useSyncExternalStore } from "react";

import { useLive, useRunlog } from "../history.tsx";
import { slowly } from "../slowly.ts";
import { rowAt, RunWindow, type WindowSnapshot } from "./window.ts";
import type { Query } from "./useQuery.ts";
import type { Summary } from "runlog";

export interface Runs {
  readonly count: number | undefined;
  readonly error: Error | undefined;
  /** How many began since the updates were paused. */
  readonly missed: number;
  readonly at: (index: number) => Summary | undefined;
  readonly show: (first: number, last: number) => void;
}

/** The runs that a query asks for; since `pausedAt` none joins them and none changes. */
export function useRuns({ filter, order }: Query, pausedAt: number | null): Runs {
  const runlog = useRunlog();
  const window = useMemo(() => {
    // Places in the listing stay what they are while it is paused: what begins later is left out.
    const until = pausedAt === null ? filter.until : Math.min(filter.until ?? pausedAt, pausedAt);
    return new RunWindow(runlog, until === undefined ? filter : { ...filter, until }, order);
  }, [runlog, filter, order, pausedAt]);
  useEffect(() => {
    const stop = window.follow();
    if (pausedAt === null) return stop;
    // One answer is what stays.
    const ended = window.subscribe(() => {
      if (window.getSnapshot().count === undefined) return;
      ended();
      stop();
    });
    return () => {
      ended();
      stop();
    };
  }, [window, pausedAt]);
  const snapshot: WindowSnapshot = useSyncExternalStore(window.subscribe, window.getSnapshot);
  const later = useMemo(() => {
    if (pausedAt === null) return null;
    const since = Math.max(filter.since ?? 0, pausedAt);
    return runlog.watch(slowly(() => runlog.executions.count({ ...filter, since }), 500));
  }, [runlog, filter, pausedAt]);
  return {
    count: snapshot.count,
    error: snapshot.error,
    missed: useLive(later).data ?? 0,
    at: (index) => rowAt(snapshot, index),
    show: (first, last) => window.show(first, last),
  };
}
