/**
 * What changed: what executions and logs show, or only how syncing and the vault stand. Who asks for the
 * latter is told of both.
 */
export type Topic = "history" | "sync";
