import { useEffect, useState, type ReactNode } from "react";
import type { Millis } from "runlog";

import { ago, fullTime, shortTime } from "../format.ts";

/** A time as short as can be read; the whole of it on hover. */
export function Time({ at }: { at: Millis }): ReactNode {
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
      {shortTime(at)}
    </time>
  );
}

/** The time now, told every `everyMs`. */
export function useNow(everyMs: number): Millis {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** How long ago, kept right. */
export function Ago({ at }: { at: Millis }): ReactNode {
  const now = useNow(5_000);
  return (
    <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
      {ago(at, Math.max(now, at))}
    </time>
  );
}
