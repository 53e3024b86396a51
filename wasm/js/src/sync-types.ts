import type { ExecutionId, Json, Millis } from "./types.js";

/** Which way a sync moves changes: both, `down` (only pull) or `up` (only push). */
export type Direction = "both" | "up" | "down";

/** How much a sync looks at. */
export type SyncKind = "full" | "incremental" | "specific";

/** What set a sync off. */
export type SyncCause = "start" | "change" | "network" | "notice" | "timer" | "retry" | "manual";

/** How a sync with one backend stands. `partial`: some of it was refused or set aside. */
export type RunStatus = "running" | "completed" | "partial" | "failed" | "cancelled";

/** What a sync is at. */
export type SyncPhase = "validation" | "import" | "export" | "indexing" | "verification";

/** A relay that the history is synced with. */
export interface Backend {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  /** Whether it takes part. What changes while it does not waits for it. */
  readonly enabled: boolean;
}

/** How a backend is added. */
export interface NewBackend {
  /** `https://…`, or `http://` for this machine; `http+insecure://` where the network itself is encrypted. */
  readonly url: string;
  /** The host of the address unless given. */
  readonly name?: string;
  /**
   * An account's token or the relay's set-up code. It is needed only where the relay does not know the
   * vault yet (`needsAccount`).
   */
  readonly code?: string;
}

/** A backend that was added. */
export interface AddedBackend extends Backend {
  /** The token of the account that a set-up code has made. It is shown only now. */
  readonly accountToken: string | null;
}

/** Of several reasons why a backend is not up to date, the first in this order. */
export type BackendState =
  | "off"
  | "never_heard_from"
  | "failing"
  | "not_heard_from"
  | "rejected"
  | "set_aside"
  | "unequal"
  | "behind"
  | "waiting"
  | "syncing"
  | "up_to_date";

/** A number that is counted up to 10,000. */
export interface Counted {
  readonly count: number;
  /** Whether there are more. */
  readonly more: boolean;
}

/** What was refused or set aside for one reason. */
export interface ProblemCount {
  readonly code: string;
  readonly number: Counted;
  /** The reason of the newest, for people. */
  readonly reason: string;
  readonly since: Millis;
  readonly newestAt: Millis;
}

/** How this device stands toward a backend. */
export interface BackendStatus extends Backend {
  readonly state: BackendState;
  /** Every reason why it is not up to date, in words. */
  readonly words: string;
  /** Since when it is not up to date, as far as is known. */
  readonly since: Millis | null;
  /** What waits to be handed over. */
  readonly waiting: Counted;
  /** How many records it has, at most, that were not got yet, as far as is known. */
  readonly toGet: number;
  /** What it refused. */
  readonly rejected: readonly ProblemCount[];
  /** What came from it and cannot be applied. */
  readonly setAside: readonly ProblemCount[];
  readonly lastHeardAt: Millis | null;
  /** How far its clock is ahead of this device's; `null` until it has answered. */
  readonly clockOffsetMs: number | null;
  readonly usedBytes: number | null;
  readonly quotaBytes: number | null;
  /** The run that began last: the one under way shows how far it is. */
  readonly lastRun: SyncRun | null;
}

/** What holds syncing in the background back. */
export type Held =
  | { readonly by: "no_vault" | "locked" | "off" | "no_backend" }
  | { readonly by: "throttled"; readonly until: Millis }
  | { readonly by: "failing"; readonly until: Millis; readonly failures: number };

/** How this device stands toward all of its backends. */
export interface SyncStatus {
  readonly state: "no_backend" | "off" | "up_to_date" | "not_up_to_date";
  readonly since: Millis | null;
  /** Whether syncing is switched on as a whole. */
  readonly isOn: boolean;
  /** Whether a sync is under way. */
  readonly isSyncing: boolean;
  /** This device, by which the relays and the other devices know it. */
  readonly deviceId: string;
  /** Syncing in the background; `null` where it was not started. */
  readonly background: {
    readonly held: Held | null;
    /** When the next sync is due, if nothing happens before. */
    readonly nextAt: Millis | null;
    /** Why the last sync could not begin, or what went wrong in it. */
    readonly lastError: string | null;
  } | null;
  readonly backends: readonly BackendStatus[];
}

/** What one sync is to do. */
export interface SyncOptions {
  /** Everything from the beginning, in place of what is new. */
  readonly full?: boolean;
  /** Only these executions. */
  readonly only?: readonly ExecutionId[];
  /** `both` unless given. */
  readonly direction?: Direction;
  /** The ids of backends; all that take part unless given. */
  readonly backends?: readonly string[];
  /** Compares all that is held here and there, and repairs what differs. */
  readonly verify?: boolean;
  /** Stops it: what was merged and acknowledged by then stays. */
  readonly signal?: AbortSignal;
}

/** What a sync did. How it went is in its runs, one a backend. */
export interface SyncReport {
  readonly runs: readonly SyncRun[];
  /** Whether all that was to be done was done, with every backend. */
  readonly isComplete: boolean;
}

/** One sync with one backend. */
export interface SyncRun {
  readonly id: string;
  /** What the runs with several backends, set off together, share. */
  readonly jobId: string;
  readonly backendId: string;
  readonly source: string;
  readonly target: string;
  readonly direction: Direction;
  readonly kind: SyncKind;
  readonly cause: SyncCause;
  /** `user`, or `background`. */
  readonly triggeredBy: string;
  readonly deviceId: string;
  readonly status: RunStatus;
  readonly startedAt: Millis;
  readonly completedAt: Millis | null;
  readonly durationMs: number | null;
  readonly phase: SyncPhase;
  readonly currentTable: string | null;
  readonly rowsDone: number;
  readonly rowsTotal: number;
  /** 0 to 100. */
  readonly percent: number;
  readonly counts: {
    readonly created: number;
    readonly updated: number;
    readonly deleted: number;
    readonly skipped: number;
    readonly failed: number;
  };
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly tables: readonly { readonly name: string; readonly rows: number; readonly durationMs: number }[];
  readonly verification: readonly {
    readonly table: string;
    readonly here: number;
    readonly there: number;
    /** `null` where it could not be compared. */
    readonly equal: boolean | null;
    readonly remark: string;
  }[];
  /**
   * What went wrong. Codes: `unreachable`, `unauthorised` (this device was shut out), `read_only`,
   * `no_vault`, `version`, `busy`, `too_large`, `malformed`, `relay_failed`, `forked`, `set_back`, `refused`,
   * `set_aside`, `unequal`, `interrupted` (the page ended before the sync did).
   */
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly phases: readonly { readonly phase: SyncPhase; readonly durationMs: number }[];
  readonly metadata: { readonly [name: string]: Json };
}

/** What became of one entity in one run; without an entity, the whole run. */
export interface SyncEntry {
  readonly entityType: string | null;
  readonly entityId: ExecutionId | null;
  readonly kind: SyncKind;
  readonly direction: Direction;
  readonly hadChanges: boolean;
  /** `null` while the run goes on. */
  readonly result: "created" | "updated" | "deleted" | "restored" | "skipped" | "failed" | null;
  readonly outcome:
    | "applied"
    | "acknowledged"
    | "lost_to"
    | "quarantined"
    | "rejected"
    | "decrypt_failed"
    | "clock_ahead"
    | "deferred"
    | "purged"
    | "repaired"
    | null;
  readonly error: string | null;
  readonly at: Millis;
  readonly run: SyncRun;
}

/** Which runs. */
export interface RunQuery {
  readonly backend?: string;
  readonly status?: RunStatus;
  readonly direction?: Direction;
  readonly kind?: SyncKind;
  /** `user` or `background`. */
  readonly triggeredBy?: string;
  /** Begun at this time or later. */
  readonly since?: Millis;
  /** 50 unless given, at most 1,000. */
  readonly limit?: number;
  /** The `next` of the page before. */
  readonly after?: string;
}

/** Which rows of a sync log. */
export interface EntryQuery {
  /** Only where something changed. */
  readonly changesOnly?: boolean;
  /** Only failures. */
  readonly errorsOnly?: boolean;
  /** 50 unless given, at most 1,000. */
  readonly limit?: number;
  /** The `next` of the page before. */
  readonly after?: string;
}

/** How syncing went over some days of UTC, today included. */
export interface SyncStats {
  readonly days: number;
  readonly since: Millis;
  readonly total: number;
  readonly completed: number;
  readonly partial: number;
  readonly failures: number;
  readonly cancelled: number;
  readonly running: number;
  /** The share of completed runs among those that completed, were partial or failed: 0 to 1. */
  readonly successRate: number;
  readonly averageDurationMs: number;
  readonly rows: number;
  readonly bytes: number;
  readonly byDirection: readonly {
    readonly direction: Direction;
    readonly total: number;
    readonly completed: number;
    readonly failures: number;
    readonly rows: number;
  }[];
  /** Every day, the oldest first. */
  readonly perDay: readonly {
    readonly day: Millis;
    readonly total: number;
    readonly completed: number;
    readonly failures: number;
    readonly rows: number;
  }[];
}

/** One thing that a backend refused, or that came from it and cannot be applied. */
export interface Problem {
  readonly backendId: string;
  readonly type: "rejected" | "set_aside";
  /** The table; `null` where it is not known because the record could not be opened. */
  readonly entityType: string | null;
  readonly entityId: ExecutionId | null;
  readonly code: string;
  readonly reason: string;
  readonly at: Millis;
}

/** Who wrote a value, and when by the clock of that device. */
export interface Written {
  readonly deviceId: string;
  readonly at: Millis;
  readonly counter: number;
  /** Whether it was this device. */
  readonly here: boolean;
}

/** Why a field of an execution has its value. */
export interface Why {
  /** `status`, `note`, `exit_code`, …, or `tag:NAME`. */
  readonly field: string;
  readonly column: string;
  readonly value: Json;
  /** `null` where nobody ever wrote it. */
  readonly written: Written | null;
  /** How it came here; `null` where it was written here, and where it is not known any more. */
  readonly arrived: {
    readonly runId: string;
    readonly at: Millis;
    /** Whether that is certain, or taken from the sync log. */
    readonly certain: boolean;
    readonly run: SyncRun | null;
  } | null;
  /** What was displaced last. */
  readonly displaced: {
    readonly value: Json;
    readonly written: Written;
    readonly at: Millis;
    readonly runId: string | null;
    readonly byThisValue: boolean;
  } | null;
}

/** How one execution stands toward a backend. `new`: the backend takes no part. */
export interface ExecutionSync {
  readonly backendId: string;
  readonly state: "new" | "waiting" | "rejected" | "synced";
  /** Why it was refused. */
  readonly reason: string | null;
  /** Since when it is synced, as far as is known. */
  readonly at: Millis | null;
}

/** A device that a relay has let into the vault. */
export interface Device {
  readonly backendId: string;
  readonly id: string;
  readonly isThis: boolean;
  /** `null` where its account is shut out. */
  readonly role: "reader" | "writer" | "owner" | null;
  readonly createdAt: Millis;
  /** When it last asked for something. */
  readonly seenAt: Millis | null;
  readonly revoked: boolean;
}
