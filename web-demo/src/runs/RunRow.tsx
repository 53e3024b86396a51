import { memo, type ReactNode } from "react";
import type { Summary } from "runlog";

import { duration } from "../format.ts";
import { Icon } from "../ui/Icon.tsx";
import { Status } from "../ui/Status.tsx";
import { Time, useNow } from "../ui/Time.tsx";

interface RunRowProps {
  index: number;
  top: number;
  height: number;
  /** `undefined` where it is not loaded yet. */
  run: Summary | undefined;
  /** This device. */
  device: string | undefined;
  isActive: boolean;
  isSelected: boolean;
  onToggle: (id: string) => void;
  onActive: (index: number) => void;
}

/** One run of the listing; a click on its link is the table's to take. */
export const RunRow = memo(function RunRow({ index, top, height, run, device, isActive, isSelected, onToggle, onActive }: RunRowProps): ReactNode {
  return (
    <div
      id={`run-${index}`}
      className={run ? "run-row" : "run-row skeleton"}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      data-active={isActive || undefined}
      style={{ height, transform: `translateY(${top}px)` }}
      onPointerDown={() => onActive(index)}
    >
      {run ? <Cells run={run} device={device} isSelected={isSelected} onToggle={onToggle} /> : <span role="gridcell" className="cell-workflow" aria-label="Loading" />}
    </div>
  );
});

type CellsProps = Pick<RunRowProps, "device" | "isSelected" | "onToggle"> & { run: Summary };

function Cells({ run, device, isSelected, onToggle }: CellsProps): ReactNode {
  return (
    <>
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
        <a href={`/runs/${run.id}`} tabIndex={-1} className="run-link">
          {run.workflowName ?? run.workflowId}
        </a>
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
        {deviceName(run, device)}
      </span>
      <span role="gridcell" className="cell-id soft mono">
        {run.shortId}
      </span>
    </>
  );
}

/** Where a run was, as people know the place. */
export function deviceName(run: Summary, device: string | undefined): string {
  if (run.hostName !== null) return run.hostName;
  return run.deviceId === device ? "this browser" : `device ${run.deviceId.slice(-8)}`;
}

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
