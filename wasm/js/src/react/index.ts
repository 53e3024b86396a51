/**
 * Runlog in React: hooks that show what is in the history and follow its changes, in whichever tab they are
 * made. They are empty on a server.
 *
 * ```tsx
 * import { open } from "runlog";
 * import { RunlogProvider, useExecutions } from "runlog/react";
 *
 * const opening = open({ name: "my-app" });
 *
 * function Runs() {
 *   const { data } = useExecutions({ filter: { status: "running" } });
 *   return <ul>{data?.executions.map((run) => <li key={run.id}>{run.workflowId}</li>)}</ul>;
 * }
 *
 * root.render(<RunlogProvider runlog={opening}><Runs /></RunlogProvider>);
 * ```
 */
export { RunlogProvider, useOpening, useRunlog } from "./provider.js";
export type { Opening, RunlogProviderProps } from "./provider.js";
export { useExecution, useExecutions, useLive, useLog, useSyncStatus, useVaultState } from "./hooks.js";
export type { Shown } from "./hooks.js";
