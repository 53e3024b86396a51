import type { ReactNode } from "react";
import type { Status as RunStatus } from "runlog";

/** Every status with its word, in the order of filters. */
export const STATUSES: Readonly<Record<RunStatus, string>> = {
  running: "Running",
  failed: "Failed",
  completed: "Completed",
  cancelled: "Cancelled",
  lost: "Lost",
  not_started: "Not started",
};

// Each has a shape of its own, so that nobody depends on the colour.
const SHAPES: Readonly<Record<RunStatus, ReactNode>> = {
  running: <path d="M4.6 2.8v6.4L9.8 6Z" />,
  failed: <path className="stroke" d="M3 3l6 6M9 3l-6 6" />,
  completed: <path className="stroke" d="M2.2 6.4 4.8 9l5-6" />,
  cancelled: <path className="stroke" d="M2.5 6h7" />,
  lost: <path className="stroke" d="M4.3 4.4a1.7 1.7 0 1 1 2.5 1.5c-.6.3-.8.6-.8 1.3M6 9.3v.1" />,
  not_started: <circle className="stroke" cx="6" cy="6" r="3" />,
};

/** A status as a shape and a word. */
export function Status({ status }: { status: RunStatus }): ReactNode {
  return (
    <span className="status" data-status={status}>
      <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
        {SHAPES[status]}
      </svg>
      {STATUSES[status]}
    </span>
  );
}
