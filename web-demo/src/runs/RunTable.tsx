import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useRef, useState, type KeyboardEvent, type MouseEvent, type ReactNode } from "react";

import { number, plural } from "../format.ts";
import { useKeys } from "../keys.ts";
import { useSyncStatus } from "../sync/useSync.ts";
import { useNarrow } from "../useNarrow.ts";
import { Problem } from "../ui/Problem.tsx";
import { RunRow } from "./RunRow.tsx";
import { NoRuns } from "./NoRuns.tsx";
import type { Query } from "./useQuery.ts";
import type { Runs } from "./useRuns.ts";
import { useSelectAll } from "./useSelectAll.ts";

/** Rows above and below the screen that exist as well. */
const OVERSCAN = 6;
const COLUMNS = ["Status", "Workflow", "Begun", "Duration", "Where", "Id"];

interface RunTableProps {
  runs: Runs;
  query: Query;
  selected: ReadonlySet<string>;
  onSelect: (selected: ReadonlySet<string>) => void;
  onOpen: (id: string) => void;
}

/** The listing as a grid of which only what is on the screen exists; one tab stop, moved through by keys. */
export function RunTable({ runs, query, selected, onSelect, onOpen }: RunTableProps): ReactNode {
  const scroller = useRef<HTMLDivElement>(null);
  const isNarrow = useNarrow();
  const device = useSyncStatus()?.deviceId;
  const [active, setActive] = useState(-1);
  const count = runs.count ?? 0;
  const rows = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => (isNarrow ? 58 : 32),
    overscan: OVERSCAN,
  });
  const items = rows.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];
  const { show } = runs;
  useEffect(() => show(first, last));
  useEffect(() => rows.measure(), [rows, isNarrow]);
  // Another question begins at its first answer.
  const { filter, order } = query;
  useEffect(() => {
    setActive(-1);
    scroller.current?.scrollTo({ top: 0 });
  }, [filter, order]);

  const go = (to: number) => {
    if (count === 0) return;
    const next = Math.min(Math.max(to, 0), count - 1);
    setActive(next);
    rows.scrollToIndex(next);
  };
  const toggle = useCallback(
    (id: string) => {
      const next = new Set(selected);
      if (!next.delete(id)) next.add(id);
      onSelect(next);
    },
    [selected, onSelect],
  );
  const { isSelecting, selectAll } = useSelectAll(filter, onSelect);
  const open = () => {
    const run = runs.at(active);
    if (run) onOpen(run.id);
  };
  const select = () => {
    const run = runs.at(active);
    if (run) toggle(run.id);
  };
  useKeys({ j: () => go(active + 1), k: () => go(active - 1), x: select, Enter: open });
  const follow = (event: MouseEvent) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    onOpen(link.pathname.split("/").at(-1) ?? "");
  };
  const screen = Math.max(1, items.length - 2 * OVERSCAN);
  const move = (event: KeyboardEvent) => {
    const to: Partial<Record<string, () => void>> = {
      ArrowDown: () => go(active + 1),
      ArrowUp: () => go(active - 1),
      PageDown: () => go(active + screen),
      PageUp: () => go(active - screen),
      Home: () => go(0),
      End: () => go(count - 1),
      Enter: open,
      " ": select,
    };
    const act = to[event.key];
    if (!act || event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  };
  const shownRow = active >= first && active <= last && runs.at(active) ? `run-${active}` : undefined;
  if (runs.error && runs.count === undefined) return <Problem error={runs.error} />;
  return (
    <div className="table-frame">
      <p className="table-count soft" role="status">
        {runs.count === undefined ? "Loading runs …" : plural(count, "run")}
        {isSelecting ? " · selecting …" : selected.size > 0 && ` · ${number(selected.size)} selected`}
      </p>
      {runs.count === 0 ? (
        <NoRuns query={query} />
      ) : (
        <div
          ref={scroller}
          className="table-scroll"
          role="grid"
          aria-label="Runs"
          aria-rowcount={count + 1}
          aria-multiselectable="true"
          aria-activedescendant={shownRow}
          tabIndex={0}
          onKeyDown={move}
          onClick={follow}
          onFocus={() => active < 0 && setActive(first)}
        >
          <div className="run-row table-head" role="row" aria-rowindex={1}>
            <span role="columnheader" className="cell-check">
              <input
                type="checkbox"
                aria-label="Select all that match"
                disabled={isSelecting}
                checked={selected.size > 0 && selected.size >= count}
                onChange={(event) => (event.target.checked ? void selectAll() : onSelect(new Set()))}
              />
            </span>
            {COLUMNS.map((name) => (
              <span key={name} role="columnheader" className={`cell-${name.toLowerCase()}`}>
                {name}
              </span>
            ))}
          </div>
          <div className="table-body" role="rowgroup" style={{ height: rows.getTotalSize() }}>
            {items.map(({ index, start, size }) => {
              const run = runs.at(index);
              return (
                <RunRow
                  key={index}
                  index={index}
                  top={start}
                  height={size}
                  run={run}
                  device={device}
                  isActive={index === active}
                  isSelected={run !== undefined && selected.has(run.id)}
                  onToggle={toggle}
                  onActive={setActive}
                />
              );
            })}
          </div>
        </div>
      )}
    </div>
  );
}
