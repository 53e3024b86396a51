// The open history of this browser, for all pages.
import { createContext, use, useEffect, useState, useSyncExternalStore, type ReactNode } from "react";
import { open, type Live, type Runlog, type Snapshot } from "runlog";

import { Unopened } from "./storage/Unopened.tsx";

/** The name under which this origin keeps its history. */
const NAME = "runlog";

const HistoryContext = createContext<Runlog | null>(null);

let opening: Promise<Runlog> | undefined;

/** Opens the history, says so while it takes time, and says why where it fails. */
export function Opening({ children }: { children: ReactNode }): ReactNode {
  const [runlog, setRunlog] = useState<Runlog>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    opening ??= open({ name: NAME });
    opening.then(setRunlog, setError);
  }, []);
  if (error !== undefined) return <Unopened name={NAME} error={error} />;
  if (!runlog) {
    return (
      <main className="opening" aria-busy="true">
        <p className="soft">Opening the history …</p>
      </main>
    );
  }
  return <HistoryContext value={runlog}>{children}</HistoryContext>;
}

/** The open history. */
export function useRunlog(): Runlog {
  const runlog = use(HistoryContext);
  if (!runlog) throw new Error("useRunlog is for what is inside of Opening");
  return runlog;
}

const nothing = <T,>(): Snapshot<T> => NOTHING;
const NOTHING: Snapshot<never> = { data: undefined, error: undefined };
const never = () => () => undefined;

/** What a live query shows now; nothing where there is none. */
export function useLive<T>(live: Live<T> | null): Snapshot<T> {
  return useSyncExternalStore(live?.subscribe ?? never, live?.getSnapshot ?? nothing<T>);
}
