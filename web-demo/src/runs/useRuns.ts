import { useEffect, useMemo, useSyncExternalStore } from "react";
import type { Summary } from "runlog";

import { useLive, useRunlog } from "../history.tsx";
import { PagedList } from "../paged.ts";
import { slowly } from "../slowly.ts";
import type { Query } from "./useQuery.ts";

/** Rows in one page. */
const PAGE = 100;

export interface Runs {
  readonly count: number | undefined;
  readonly error: Error | undefined;
  /** How many joined since the updates were paused. */
  readonly missed: number;
  readonly at: (index: number) => Summary | undefined;
  readonly show: (first: number, last: number) => void;
}

/** The runs that a query asks for; since `pausedAt` none joins them and none changes. */
export function useRuns({ filter, order }: Query, pausedAt: number | null): Runs {
  const runlog = useRunlog();
  const list = useMemo(() => {
    // Places in the listing stay what they are while it is paused: what begins later is left out.
    const until = pausedAt === null ? filter.until : Math.min(filter.until ?? pausedAt, pausedAt);
    const shown = until === undefined ? filter : { ...filter, until };
    return new PagedList<Summary>(runlog, {
      pageSize: PAGE,
      count: () => runlog.executions.count(shown),
      load: async (page) => {
        const query = { filter: shown, order, offset: page * PAGE, limit: PAGE };
        return (await runlog.executions.list(query)).executions;
      },
    });
  }, [runlog, filter, order, pausedAt]);
  useEffect(() => {
    const stop = list.follow();
    if (pausedAt === null) return stop;
    // One answer is what stays.
    const ended = list.subscribe(() => {
      if (list.getSnapshot().count === undefined) return;
      ended();
      stop();
    });
    return () => {
      ended();
      stop();
    };
  }, [list, pausedAt]);
  const snapshot = useSyncExternalStore(list.subscribe, list.getSnapshot);
  const present = useMemo(
    () => (pausedAt === null ? null : runlog.watch(slowly(() => runlog.executions.count(filter), 500))),
    [runlog, filter, pausedAt],
  );
  const more = (useLive(present).data ?? 0) - (snapshot.count ?? 0);
  return {
    count: snapshot.count,
    error: snapshot.error,
    missed: pausedAt === null || snapshot.count === undefined ? 0 : Math.max(0, more),
    at: (index) => list.at(index),
    show: list.show,
  };
}
