import type { ReactNode } from "react";

export type Tone = "ok" | "bad" | "run" | "warn" | "idle";

/** A state in one word; its colour only repeats it. */
export function Pill({ tone, children }: { tone: Tone; children: ReactNode }): ReactNode {
  return (
    <span className="pill" data-tone={tone}>
      {children}
    </span>
  );
}

/** How far something is; `null` where that is not known. */
export function Progress({ label, percent }: { label: string; percent: number | null }): ReactNode {
  return (
    <progress className="progress" aria-label={label} max={100} {...(percent === null ? {} : { value: percent })}>
      {percent === null ? "" : `${Math.round(percent)} %`}
    </progress>
  );
}
