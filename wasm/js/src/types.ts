/** The identity of an execution: a UUID. */
export type ExecutionId = string;

/** What was executed. */
export type Kind = "workflow" | "command" | "job" | "prompt";

/** Where an execution is in its life. `lost`: its process died unseen. */
export type Status = "not_started" | "running" | "completed" | "failed" | "cancelled" | "lost";

/** How an execution ended. */
export type Outcome = "completed" | "failed" | "cancelled";

/** How an execution stands toward the backends that take part. */
export type SyncState = "synced" | "waiting" | "rejected";

/** Where a log line came from; of an `event`, the text is a JSON object. */
export type Stream = "stdout" | "stderr" | "event";

/** How grave a log line is. */
export type Level = "trace" | "debug" | "info" | "warn" | "error";

/** A value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Milliseconds since 1970, as `Date.now()` gives them. */
export type Millis = number;

/** An execution as listings show it. */
export interface Summary {
  readonly id: ExecutionId;
  /** The last eight hexadecimal digits of the id, by which people name it. */
  readonly shortId: string;
  readonly kind: Kind;
  readonly workflowId: string;
  readonly workflowName: string | null;
  readonly status: Status;
  readonly startedAt: Millis | null;
  readonly endedAt: Millis | null;
  /** Whether `endedAt` is when a lost execution was last heard of. */
  readonly endedAtApproximate: boolean;
  readonly durationMs: number | null;
  readonly exitCode: number | null;
  readonly signal: number | null;
  readonly argv: readonly string[];
  readonly binaryPath: string | null;
  readonly workingDirectory: string | null;
  readonly user: string | null;
  readonly deviceId: string;
  readonly hostName: string | null;
  readonly parentId: ExecutionId | null;
  readonly retryOf: ExecutionId | null;
  readonly engineId: string | null;
  readonly usedFallback: boolean | null;
  readonly tags: readonly string[];
  readonly note: string | null;
  readonly pinned: boolean;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
  readonly deleted: boolean;
}

/** An execution with everything but its log. */
export interface Execution extends Summary {
  readonly compiledPrompt: string | null;
  readonly params: Readonly<Record<string, string>>;
  readonly attributes: { readonly [name: string]: Json };
}

/** What is known when an execution begins. */
export interface NewExecution {
  /** Made here unless given. */
  readonly id?: ExecutionId;
  readonly kind: Kind;
  /** Which workflow, program or template: what executions are grouped by. */
  readonly workflowId: string;
  readonly workflowName?: string;
  /** Now unless given; `null` for one that waits. */
  readonly startedAt?: Millis | null;
  readonly argv?: readonly string[];
  readonly user?: string;
  readonly hostName?: string;
  readonly parentId?: ExecutionId;
  readonly retryOf?: ExecutionId;
  readonly engineId?: string;
  readonly compiledPrompt?: string;
  readonly usedFallback?: boolean;
  readonly note?: string;
  readonly pinned?: boolean;
  readonly tags?: readonly string[];
  readonly params?: Readonly<Record<string, string>>;
  readonly attributes?: { readonly [name: string]: Json };
}

/** How an execution ended. */
export interface Ending {
  readonly outcome: Outcome;
  /** Now unless given. */
  readonly endedAt?: Millis;
  readonly exitCode?: number;
}

/** A log line to be appended. */
export interface NewLine {
  readonly text: string;
  /** Now unless given. */
  readonly time?: Millis;
  /** `stdout` unless given. */
  readonly stream?: Stream;
  readonly level?: Level;
}

/** Which executions: all conditions hold at once. */
export interface Filter {
  readonly workflowId?: string;
  readonly kind?: Kind;
  readonly status?: Status;
  readonly deviceId?: string;
  /** Repeating this execution. */
  readonly retryOf?: ExecutionId;
  readonly tag?: string;
  /** Name and value. */
  readonly param?: readonly [name: string, value: string];
  readonly exitCode?: number;
  /** Begun at this time or later. */
  readonly since?: Millis;
  /** Begun before this time. */
  readonly until?: Millis;
  readonly durationMin?: number;
  readonly durationMax?: number;
  readonly syncState?: SyncState;
  /** Those in the trash, instead of in the history. */
  readonly deleted?: boolean;
}

/** A listing. */
export interface ListQuery {
  readonly filter?: Filter;
  /** `newest` unless given. */
  readonly order?: "newest" | "oldest" | "longest" | "shortest";
  /** 50 unless given, at most 1,000. */
  readonly limit?: number;
  readonly offset?: number;
  /** The `next` of the page before. */
  readonly after?: string;
}

/** A page of executions. */
export interface Page {
  readonly executions: readonly Summary[];
  /** Where the next page begins; `null` at the end. */
  readonly next: string | null;
}

/** A part of a log. */
export interface LogQuery {
  /** From this sequence on; the first line has sequence 1. */
  readonly from?: number;
  /** The last so many lines instead. */
  readonly tail?: number;
  readonly stream?: Stream;
  /** At least this grave. */
  readonly level?: Level;
  /** Lines in one answer: 1,000 unless given. */
  readonly limit?: number;
}

/** A log line. */
export interface LogLine {
  readonly type: "line";
  readonly sequence: number;
  readonly time: Millis;
  readonly stream: Stream;
  readonly level: Level | null;
  /** Whether the next line of this stream goes on with it. */
  readonly continued: boolean;
  readonly text: string;
}

/** Lines that are gone. */
export interface LogGap {
  readonly type: "gap";
  readonly first: number;
  readonly last: number;
  readonly bytes: number;
  readonly reason: "limit" | "queue";
}

/** A part of a log, as it was asked for. */
export interface LogPart {
  readonly entries: readonly (LogLine | LogGap)[];
  /** Whether there is more behind the limit. */
  readonly more: boolean;
  /** The last sequence of the whole log; 0 where it is empty. */
  readonly last: number;
}
