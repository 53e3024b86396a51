import { useCallback, useRef, useState } from "react";

export interface Action {
  readonly isBusy: boolean;
  readonly error: unknown;
  /** Does the work, unless some is under way; says whether it succeeded. */
  readonly run: (work: () => Promise<void> | void) => Promise<boolean>;
}

/** Something that takes a while and may fail, one at a time. */
export function useAction(): Action {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const underWay = useRef(false);
  const run = useCallback(async (work: () => Promise<void> | void) => {
    if (underWay.current) return false;
    underWay.current = true;
    setBusy(true);
    setError(undefined);
    try {
      await work();
      return true;
    } catch (error) {
      setError(error);
      return false;
    } finally {
      underWay.current = false;
      setBusy(false);
    }
  }, []);
  return { isBusy, error, run };
}
