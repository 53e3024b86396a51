import { useMemo } from "react";
import type { SyncRun, SyncStatus } from "runlog";

import { useLive, useRunlog } from "../history.tsx";

/** How syncing stands, kept up to date; `undefined` until it is known. */
export function useSyncStatus(): SyncStatus | undefined {
  const runlog = useRunlog();
  return useLive(useMemo(() => runlog.sync.live(), [runlog])).data;
}

/** The run of a backend that is under way or ended last. */
export function lastRuns(status: SyncStatus | undefined): readonly SyncRun[] {
  return (status?.backends ?? []).flatMap(({ lastRun }) => (lastRun ? [lastRun] : []));
}
