import {
  createContext,
  createElement,
  useContext,
  useEffect,
  useMemo,
  useState,
  type ReactElement,
  type ReactNode,
} from "react";

import type { Runlog, RunlogError } from "../index.js";

/** How far the opening of a history is. */
export interface Opening {
  /** The open history; `undefined` until it is open, and on a server. */
  readonly runlog: Runlog | undefined;
  /** Why it could not be opened. */
  readonly error: RunlogError | undefined;
}

const NOTHING: Opening = { runlog: undefined, error: undefined };
const Context = createContext<Opening | undefined>(undefined);

/** What a {@link RunlogProvider} needs. */
export interface RunlogProviderProps {
  /**
   * An open history, or one that is being opened: the same object at each render, so made outside of
   * components or kept in a state. `undefined` on a server.
   */
  readonly runlog: Runlog | Promise<Runlog> | undefined;
  readonly children?: ReactNode;
}

/** Gives a history to the components in it. It neither opens nor closes it. */
export function RunlogProvider({ runlog, children }: RunlogProviderProps): ReactElement {
  return createElement(Context.Provider, { value: useOpened(runlog) }, children);
}

/** How far the opening of the history is, with the reason where it failed. */
export function useOpening(): Opening {
  const opening = useContext(Context);
  if (opening === undefined) throw new Error("this hook is for components in a <RunlogProvider>");
  return opening;
}

/** The open history; `undefined` until it is open, and on a server. */
export function useRunlog(): Runlog | undefined {
  return useOpening().runlog;
}

function useOpened(given: RunlogProviderProps["runlog"]): Opening {
  const [settled, setSettled] = useState<{ readonly of: unknown; readonly opening: Opening }>();
  useEffect(() => {
    if (!isPromise(given)) return undefined;
    let isCurrent = true;
    const settle = (opening: Opening) => {
      if (isCurrent) setSettled({ of: given, opening });
    };
    given.then(
      (runlog) => settle({ runlog, error: undefined }),
      (error: unknown) => settle({ runlog: undefined, error: error as RunlogError }),
    );
    return () => {
      isCurrent = false;
    };
  }, [given]);
  return useMemo(() => {
    if (!isPromise(given)) return { runlog: given, error: undefined };
    return settled?.of === given ? settled.opening : NOTHING;
  }, [given, settled]);
}

function isPromise(value: RunlogProviderProps["runlog"]): value is Promise<Runlog> {
  return value !== undefined && "then" in value;
}
