import { useMemo, type ReactNode } from "react";
import type { Filter, Status as RunStatus } from "runlog";

import { number } from "../format.ts";
import { useLive, useRunlog } from "../history.tsx";
import { slowly } from "../slowly.ts";
import { Icon } from "../ui/Icon.tsx";
import { Select } from "../ui/Select.tsx";
import { STATUSES } from "../ui/Status.tsx";
import { KINDS, termOf } from "./query.ts";
import { SavedFilters } from "./SavedFilters.tsx";
import { SearchField } from "./SearchField.tsx";
import type { Order, Query } from "./useQuery.ts";

const SINCE = [["", "Any time"], ["1h", "Last hour"], ["24h", "Last 24 hours"], ["7d", "Last 7 days"], ["30d", "Last 30 days"]] as const;
const ORDERS = [["newest", "Newest first"], ["oldest", "Oldest first"], ["longest", "Longest first"], ["shortest", "Shortest first"]] as const;
const ANY_KIND = [["", "Any kind"], ...KINDS.map((kind) => [kind, kind[0]?.toUpperCase() + kind.slice(1)] as const)] as const;

interface ToolbarProps {
  query: Query;
  isPaused: boolean;
  missed: number;
  onPause: () => void;
}

/** What is shown, and in which order. */
export function Toolbar({ query, isPaused, missed, onPause }: ToolbarProps): ReactNode {
  return (
    <div className="toolbar" role="search" aria-label="Filters">
      <div className="toolbar-row">
        <SearchField query={query} />
        <SavedFilters query={query} />
        <button type="button" className="button" aria-pressed={isPaused} onClick={onPause} title="Pause live updates (p)">
          <Icon name={isPaused ? "play" : "pause"} />
          <span className="wide-only">{isPaused ? (missed > 0 ? `Paused · ${number(missed)} new` : "Paused") : "Live"}</span>
          <span className="hidden-text narrow-text">{isPaused ? "Go on with live updates" : "Pause live updates"}</span>
        </button>
      </div>
      <div className="toolbar-row">
        <StatusChips query={query} />
        <div className="toolbar-end">
          <Select label="Begun" value={termOf(query.text, "since") ?? ""} options={SINCE} onChange={(value) => query.setTerm("since", value || null)} />
          <Select label="Kind" value={termOf(query.text, "kind") ?? ""} options={ANY_KIND} onChange={(value) => query.setTerm("kind", value || null)} />
          <Select label="Order" value={query.order} options={ORDERS} onChange={(value) => query.setOrder(value as Order)} />
          <button type="button" className="button" aria-pressed={query.isTrash} onClick={() => query.setTrash(!query.isTrash)}>
            <Icon name="trash" />
            Trash
          </button>
        </div>
      </div>
    </div>
  );
}

const NAMES = Object.keys(STATUSES) as RunStatus[];

/** One button a status, with how many there are. */
function StatusChips({ query }: { query: Query }): ReactNode {
  const runlog = useRunlog();
  const { status: _, ...rest } = query.filter;
  const key = JSON.stringify(rest);
  const counts = useLive(
    useMemo(() => {
      const filter = JSON.parse(key) as Filter;
      const ask = () => Promise.all(NAMES.map((status) => runlog.executions.count({ ...filter, status })));
      return runlog.watch(slowly(ask, 1_000));
    }, [runlog, key]),
  ).data;
  const chosen = termOf(query.text, "status");
  const total = counts?.reduce((sum, count) => sum + count, 0);
  return (
    <div className="chips" role="group" aria-label="Status">
      <Chip name="All" count={total} isChosen={chosen === null} onPress={() => query.setTerm("status", null)} />
      {NAMES.map((status, at) =>
        status === "not_started" && !counts?.[at] && chosen !== status ? null : (
          <Chip
            key={status}
            name={STATUSES[status]}
            status={status}
            count={counts?.[at]}
            isChosen={chosen === status}
            onPress={() => query.setTerm("status", chosen === status ? null : status)}
          />
        ),
      )}
    </div>
  );
}

interface ChipProps {
  name: string;
  status?: RunStatus;
  count: number | undefined;
  isChosen: boolean;
  onPress: () => void;
}

function Chip({ name, status, count, isChosen, onPress }: ChipProps): ReactNode {
  return (
    <button type="button" className="chip" data-status={status} aria-pressed={isChosen} onClick={onPress}>
      {name}
      <span className="chip-count">{count === undefined ? "–" : number(count)}</span>
    </button>
  );
}
