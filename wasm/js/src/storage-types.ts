/** Why a storage is not what was asked for or expected. */
export interface Reason {
  readonly code: string;
  readonly message: string;
}

/** Where a history is kept. */
export interface StorageState {
  /** `memory` is gone with the last tab. */
  readonly kind: "opfs" | "memory";
  readonly reason: Reason | null;
}

/** What is known of the database itself. */
export interface Facts {
  /** Size of the database, without its journal. */
  readonly databaseBytes: number;
  /** As SQLite names it: `wal` on OPFS. */
  readonly journalMode: string;
  /** When SQLite waits for the disk: `normal` is at checkpoints and wherever `durable` is asked for. */
  readonly synchronous: "off" | "normal" | "full" | "extra";
  /** What no backend has acknowledged: it would be lost if this storage were. */
  readonly atRisk: {
    readonly executions: number;
    /** Edits, tags, pieces of logs. */
    readonly changes: number;
  };
  /** Executions that are not in the trash. */
  readonly executions: number;
  /** Executions in the trash. */
  readonly trash: number;
}

/** How a storage is. */
export interface Health extends Facts {
  /** Whether the browser has agreed not to remove the data of this origin on its own. */
  readonly persisted: boolean;
  /** What the whole origin uses; `null` where the browser does not say. */
  readonly usageBytes: number | null;
  /** What the browser lets the whole origin use; `null` where it does not say. */
  readonly quotaBytes: number | null;
}

/** What a check has found. */
export interface StorageCheck {
  readonly ok: boolean;
  /** What is wrong, for people; at most 100. */
  readonly problems: readonly string[];
}

/** How long the trash keeps what was deleted. */
export interface Retention {
  /** Days after the delete; `null` for ever. */
  readonly trashDays: number | null;
}
