import { useState } from "react";

export interface Action {
  readonly isBusy: boolean;
  readonly error: unknown;
  /** Does the work, unless some is under way; says whether it succeeded. */
  readonly run: (work: () => Promise<void>) => Promise<boolean>;
}

/** Something that takes a while and may fail, one at a time. */
export function useAction(): Action {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const run = async (work: () => Promise<void>) => {
    if (isBusy) return false;
    setBusy(true);
    setError(undefined);
    try {
      await work();
      return true;
    } catch (error) {
      setError(error);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, error, run };
}
