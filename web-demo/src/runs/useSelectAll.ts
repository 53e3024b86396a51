import { useEffect, useRef, useState } from "react";
import type { Filter, Runlog } from "runlog";

import { useRunlog } from "../history.tsx";
import { eachPage } from "../eachPage.ts";
import { toastError } from "../ui/toast.tsx";

interface SelectAll {
  /** Whether the ids are still being read. */
  readonly isSelecting: boolean;
  readonly selectAll: () => Promise<void>;
}

/** Selects all that match, however many. What was read for a filter that is no longer shown selects nothing. */
export function useSelectAll(filter: Filter, onSelect: (selected: ReadonlySet<string>) => void): SelectAll {
  const runlog = useRunlog();
  const [isSelecting, setSelecting] = useState(false);
  const reading = useRef<AbortController>(null);
  useEffect(() => () => reading.current?.abort(), [filter]);
  const selectAll = async () => {
    const { signal } = (reading.current = new AbortController());
    setSelecting(true);
    try {
      const ids = await idsOf(runlog, filter, signal);
      if (!signal.aborted) onSelect(ids);
    } catch (error) {
      toastError(error);
    } finally {
      setSelecting(false);
    }
  };
  return { isSelecting, selectAll };
}

async function idsOf(runlog: Runlog, filter: Filter, signal: AbortSignal): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const runs of eachPage(runlog, filter)) {
    for (const run of runs) ids.add(run.id);
    if (signal.aborted) break;
  }
  return ids;
}
