import { useMemo } from "react";
import type { VaultState } from "runlog";

import { useLive, useRunlog } from "../history.tsx";

/** The state of the vault, kept up to date; `undefined` until it is known. */
export function useLiveVault(): VaultState | undefined {
  const runlog = useRunlog();
  return useLive(useMemo(() => runlog.vault.live(), [runlog])).data;
}
