import { memo, type CSSProperties, type ReactNode } from "react";
import type { Summary } from "runlog";
import { Link } from "wouter";

import { duration } from "../format.ts";
import { Icon } from "../ui/Icon.tsx";
import { Status } from "../ui/Status.tsx";
import { Time, useNow } from "../ui/Time.tsx";

interface Place {
  readonly index: number;
  readonly top: number;
  readonly height: number;
}

function styleOf({ top, height }: Omit<Place, "index">): CSSProperties {
  return { height, transform: `translateY(${top}px)` };
}

/** A row that is not loaded yet. */
export function SkeletonRow({ place }: { place: Place }): ReactNode {
  return (
    <div className="run-row skeleton" role="row" aria-rowindex={place.index + 2} style={styleOf(place)}>
      <span role="gridcell" className="cell-workflow">
        <span className="hidden-text">Loading</span>
      </span>
    </div>
  );
}

interface RunRowProps {
  index: number;
  top: number;
  height: number;
  run: Summary;
  isActive: boolean;
  isSelected: boolean;
  onToggle: (id: string) => void;
  onActive: (index: number) => void;
}

/** One run of the listing. */
export const RunRow = memo(function RunRow({ index, top, height, run, isActive, isSelected, onToggle, onActive }: RunRowProps): ReactNode {
  return (
    <div
      id={`run-${index}`}
      className="run-row"
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      data-active={isActive || undefined}
      style={styleOf({ top, height })}
      onPointerDown={() => onActive(index)}
    >
      <span role="gridcell" className="cell-check">
        <input
          type="checkbox"
          tabIndex={-1}
          aria-label={`Select ${run.workflowName ?? run.workflowId}, ${run.shortId}`}
          checked={isSelected}
          onChange={() => onToggle(run.id)}
        />
      </span>
      <span role="gridcell" className="cell-status">
        <Status status={run.status} />
      </span>
      <span role="gridcell" className="cell-workflow">
        <Link href={`/runs/${run.id}`} tabIndex={-1} className="run-link">
          {run.workflowName ?? run.workflowId}
        </Link>
        {run.pinned && <Icon name="pin" size={13} />}
        {run.tags.map((tag) => (
          <span key={tag} className="tag">
            {tag}
          </span>
        ))}
        <span className="run-detail soft">{run.note ?? (run.argv.length > 0 ? <code>{run.argv.join(" ")}</code> : null)}</span>
      </span>
      <span role="gridcell" className="cell-begun soft">
        <Time at={run.startedAt ?? run.createdAt} />
      </span>
      <span role="gridcell" className="cell-duration">
        <Duration run={run} />
      </span>
      <span role="gridcell" className="cell-where soft cut">
        {run.hostName ?? "this browser"}
      </span>
      <span role="gridcell" className="cell-id soft mono">
        {run.shortId}
      </span>
    </div>
  );
});

/** How long it took, or takes so far. */
export function Duration({ run }: { run: Summary }): ReactNode {
  if (run.durationMs !== null) return <>{duration(run.durationMs)}</>;
  if (run.status === "running" && run.startedAt !== null) return <Elapsed since={run.startedAt} />;
  return <span aria-label="unknown">–</span>;
}

function Elapsed({ since }: { since: number }): ReactNode {
  const now = useNow(1_000);
  return <span className="elapsed">{duration(Math.max(0, Math.round((now - since) / 1_000) * 1_000))}</span>;
}
