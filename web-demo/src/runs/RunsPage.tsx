import { useEffect, useMemo, useState, type ReactNode } from "react";
import { useLocation } from "wouter";

import { useKeys } from "../keys.ts";
import { Chart } from "./Chart.tsx";
import { Toolbar } from "./Toolbar.tsx";
import { RunTable } from "./RunTable.tsx";
import { SelectionBar } from "./SelectionBar.tsx";
import { useQuery } from "./useQuery.ts";
import { useRuns } from "./useRuns.ts";

/** All runs: filters, a chart of them, and the table. */
export function RunsPage(): ReactNode {
  const query = useQuery();
  const [pausedAt, setPausedAt] = useState<number | null>(null);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [, navigate] = useLocation();
  const runs = useRuns(query, pausedAt);
  const togglePause = () => setPausedAt((at) => (at === null ? Date.now() : null));
  const none = useMemo(() => new Set<string>(), []);
  // What is not shown any more is not to be deleted by mistake.
  useEffect(() => setSelected(none), [none, query.filter]);
  useKeys({ p: togglePause, Escape: () => setSelected(none) });
  return (
    <div className="runs-page">
      <title>{query.isTrash ? "Trash · Runlog" : "Runs · Runlog"}</title>
      <h1 className="hidden-text">{query.isTrash ? "Runs in the trash" : "Runs"}</h1>
      <Toolbar query={query} isPaused={pausedAt !== null} missed={runs.missed} onPause={togglePause} />
      <Chart filter={query.filter} isPaused={pausedAt !== null} onOpen={(id) => navigate(`/runs/${id}`)} />
      <RunTable
        runs={runs}
        query={query}
        selected={selected}
        onSelect={setSelected}
        onOpen={(id) => navigate(`/runs/${id}`)}
      />
      <SelectionBar selected={selected} isTrash={query.isTrash} onDone={() => setSelected(none)} />
    </div>
  );
}
