import { useEffect, useRef, useState } from "react";
import type { Filter, Runlog } from "runlog";

import { useRunlog } from "../history.tsx";
import { toastError } from "../ui/toast.tsx";

/** Rows in one page: the history answers other calls between two of them. */
const PAGE = 250;

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
  for (let after: string | null | undefined; after !== null && !signal.aborted; ) {
    const page = await runlog.executions.list({ filter, limit: PAGE, ...(after !== undefined && { after }) });
    for (const run of page.executions) ids.add(run.id);
    after = page.next;
  }
  return ids;
}
