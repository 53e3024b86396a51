// bulk-types.d.ts
import type { RunlogError } from "./errors.js";
import type { ExecutionId } from "./types.js";
/** How to change many executions. */
export interface BulkOptions {
    /** Stops behind what is under way; what was done stays done. */
    readonly signal?: AbortSignal;
    /** Called with how many of them were gone through so far. */
    readonly onProgress?: (count: number) => void;
}
/** What became of many executions. */
export interface BulkResult {
    /** Those that were changed. */
    readonly done: readonly ExecutionId[];
    /** Those that the history refuses to change, and why. */
    readonly refused: readonly Refusal[];
}
/** An execution that was not changed. */
export interface Refusal {
    readonly id: ExecutionId;
    readonly error: RunlogError;
}

// errors.d.ts
/**
 * What went wrong, as a stable name to decide by.
 *
 * - `invalid`: a value that is not admitted; the message names the field and what is expected.
 * - `notFound`, `ambiguous`, `exists`, `inTrash`, `notInTrash`, `transition`, `keptByEdit`: the history
 *   refuses it.
 * - `quota`, `opfs_full`: the browser gives no more space.
 * - `corrupt`, `storage`: the database is damaged, or cannot be read or written.
 * - `notADatabase`, `newer`: what was to be taken in is no history, or one of a newer version of Runlog.
 * - `opfs_…`: OPFS cannot be used; see `storage.reason`.
 * - `noVault`, `vaultExists`, `otherVault`: what the history belongs to does not fit.
 * - `locked`, `secretGone`, `wrongPassphrase`, `phrase`, `keep`: the vault's secret is not at hand, what was
 *   typed is not it, or the browser does not keep it.
 * - `noOffer`, `wrongCode`: nothing waits under a pairing code, or it is another one.
 * - `syncOff`, `noBackend`, `unknownBackend`, `backendExists`: what a sync needs is not there.
 * - `unreachable`, `busy`, `relayFailed`: the relay does not answer, asks to wait, or failed; try again later.
 * - `unauthorised`: the relay lets this device in no more, or the code is not its.
 * - `needsAccount`: the relay does not know the vault, and only an account makes it known.
 * - `refused`, `notARelay`: the relay says no, or something else answers there.
 * - `cancelled`: it was told to stop.
 * - `closed`: the client was closed.
 * - `crashed`: the worker that owned the history ran out of memory, or has a defect; open the history again.
 * - `unsupported`: there are no workers here (Node, server-side rendering).
 */
export type ErrorCode = "invalid" | "notFound" | "ambiguous" | "exists" | "inTrash" | "notInTrash" | "transition" | "keptByEdit" | "quota" | "corrupt" | "storage" | "notADatabase" | "newer" | "failed" | "noVault" | "vaultExists" | "otherVault" | "locked" | "secretGone" | "wrongPassphrase" | "phrase" | "keep" | "noOffer" | "wrongCode" | "syncOff" | "noBackend" | "unknownBackend" | "backendExists" | "unreachable" | "busy" | "relayFailed" | "unauthorised" | "needsAccount" | "refused" | "notARelay" | "cancelled" | "closed" | "crashed" | "unsupported" | `opfs_${string}`;
/** An error of Runlog. */
export declare class RunlogError extends Error {
    /** What went wrong; stays the same from version to version. */
    readonly code: ErrorCode;
    constructor(code: ErrorCode, message: string);
}
/** An error as it crosses from worker to worker. */
export interface PlainError {
    readonly code: ErrorCode;
    readonly message: string;
}
/** Whatever was thrown, as it crosses. */
export declare function plain(error: unknown): PlainError;

// index.d.ts
import type { BulkOptions, BulkResult } from "./bulk-types.js";
import { Live } from "./live.js";
import type { Changes } from "./operations.js";
import type { Topic } from "./topic.js";
import { Recorder, type RecorderOptions } from "./recorder.js";
import { SyncHistory } from "./sync-history.js";
import { Sync } from "./sync.js";
import type { Ending, Execution, ExecutionId, Filter, ListQuery, LogPart, LogQuery, NewExecution, NewLine, Page } from "./types.js";
import { Vault } from "./vault.js";
import { Storage } from "./storage.js";
export type * from "./bulk-types.js";
export type { ErrorCode } from "./errors.js";
export { RunlogError } from "./errors.js";
export type { Snapshot } from "./live.js";
export type { Changes } from "./operations.js";
export type { Topic } from "./topic.js";
export type { RecorderOptions } from "./recorder.js";
export type * from "./sync-types.js";
export type { EntryPage, RunPage } from "./sync-history.js";
export type { BackgroundOptions, WaitOptions } from "./sync.js";
export type * from "./storage-types.js";
export type * from "./types.js";
export type * from "./vault-types.js";
export { Live, Recorder, Storage, Sync, SyncHistory, Vault };
/** How a history is opened. */
export interface OpenOptions {
    /** Which history of this origin: letters, digits, `-`, `_` and `.`. */
    readonly name: string;
    /**
     * `auto` (unless given) takes OPFS, and memory where the browser has none or forbids it; `storage.reason`
     * then says why. `opfs` fails instead. `memory` is gone with the last tab.
     */
    readonly storage?: "auto" | "opfs" | "memory";
    /** The worker, where a bundler needs it made by hand; a new one for each client. */
    readonly worker?: () => Worker;
    /** Where `runlog.wasm` is, where it is not beside the worker. */
    readonly wasmUrl?: string | URL;
}
/** Edits and reads executions. Each method resolves once it is stored. */
export declare class Executions {
    #private;
    /** An execution begins. */
    start(execution: NewExecution): Promise<ExecutionId>;
    /** It ended. */
    finish(id: ExecutionId, ending: Ending): Promise<void>;
    /** Changes some of it; what is not named stays. */
    update(id: ExecutionId, changes: Changes): Promise<void>;
    /** A page of executions, newest first unless told. */
    list(query?: ListQuery): Promise<Page>;
    /** How many match. */
    count(filter?: Filter): Promise<number>;
    /** One execution, by its id or an end or beginning of it that no other has. */
    get(id: string): Promise<Execution>;
    /** Moves it to the trash. */
    delete(id: ExecutionId): Promise<void>;
    /** Moves each of them to the trash, however many; other calls are answered in between. */
    delete(ids: readonly ExecutionId[], options?: BulkOptions): Promise<BulkResult>;
    /** Takes it out of the trash. */
    restore(id: ExecutionId): Promise<void>;
    /** Takes each of them out of the trash, however many; other calls are answered in between. */
    restore(ids: readonly ExecutionId[], options?: BulkOptions): Promise<BulkResult>;
    /** Puts a tag on it. */
    tag(id: ExecutionId, tag: string): Promise<void>;
    /** Takes a tag off it. */
    untag(id: ExecutionId, tag: string): Promise<void>;
    /** Writes a note on it; `null` removes it. */
    note(id: ExecutionId, note: string | null): Promise<void>;
    /** Keeps it for good, or no longer. */
    pin(id: ExecutionId, pinned?: boolean): Promise<void>;
}
/** Reads and writes logs. */
export declare class Logs {
    #private;
    /** A part of a log. */
    read(id: ExecutionId, query?: LogQuery): Promise<LogPart>;
    /** Appends lines. A {@link Recorder} does it without waiting for each. */
    append(id: ExecutionId, ...lines: (NewLine | string)[]): Promise<void>;
}
/** An open history. */
export declare class Runlog {
    #private;
    /** Edits and reads executions. */
    readonly executions: Executions;
    /** Reads and writes logs. */
    readonly logs: Logs;
    /** The vault that the history belongs to. */
    readonly vault: Vault;
    /** Syncs it with relays. */
    readonly sync: Sync;
    /** What syncing did. */
    readonly syncHistory: SyncHistory;
    /** Where the history is kept. */
    readonly storage: Storage;
    /** Records without waiting for each write. */
    recorder(options?: RecorderOptions): Recorder;
    /** A listing that is kept up to date, whichever tab changes something. */
    live(query?: ListQuery): Live<Page>;
    /**
     * Any other answer that is kept up to date: `ask` is called again after changes, whichever tab makes them.
     * `topic` is what it depends on: `sync` also tells of changes that executions and logs do not show.
     */
    watch<T>(ask: () => Promise<T>, topic?: Topic): Live<T>;
    /** Closes the history; another tab's worker takes over if this one had it. */
    close(): Promise<void>;
}
/**
 * Opens a history of this origin; it is made where it is missing. All tabs that open the same name
 * share it.
 *
 * @throws {@link RunlogError} `unsupported` where there are no workers, `invalid` for a name that cannot be
 * used, `corrupt` where it cannot be read (see {@link salvage}), and what the storage refuses.
 */
export declare function open(options: OpenOptions): Promise<Runlog>;
/** The storage of a history, whatever state that is in. */
export interface Salvage {
    /** Its `export`, `import` and `rebuild` work; of what `open` refuses, only `export` and `rebuild` do. */
    readonly storage: Storage;
    /** Gives it free, for {@link open}. */
    close(): Promise<void>;
}
/**
 * Opens the storage of a history that {@link open} refuses as `corrupt`: to save its bytes and to begin anew.
 *
 * ```ts
 * const { storage, close } = await salvage({ name: "my-app" });
 * download(await storage.export());
 * await storage.rebuild();
 * await close();
 * ```
 *
 * @throws {@link RunlogError} as {@link open}, but for `corrupt`
 */
export declare function salvage(options: OpenOptions): Promise<Salvage>;

// live.d.ts
import { RunlogError } from "./errors.js";
/** What a live query shows. */
export interface Snapshot<T> {
    /** The newest answer; `undefined` until the first one has come. */
    readonly data: T | undefined;
    /** Why the newest answer could not be had. */
    readonly error: RunlogError | undefined;
}
/**
 * A query whose answer is kept up to date, whichever tab changes something. It fits
 * `useSyncExternalStore`: a snapshot stays the same object until the answer changes.
 *
 * It asks as long as somebody listens.
 */
export declare class Live<T> implements AsyncIterable<T> {
    #private;
    /** What is known. */
    readonly getSnapshot: () => Snapshot<T>;
    /** Calls `listener` when the snapshot has changed; the function it gives ends that. */
    readonly subscribe: (listener: () => void) => (() => void);
    /** Every answer from now on, beginning with the present one; leaving the loop ends it. */
    [Symbol.asyncIterator](): AsyncGenerator<T, void, undefined>;
}

// operations.d.ts
import type { Ending, ExecutionId, Json, NewExecution, NewLine } from "./types.js";
/** An operation of a writing call, as the owner takes it. */
export type Operation = {
    readonly op: string;
} & Readonly<Record<string, unknown>>;
/** An identity for a new execution: a UUIDv7. */
export declare function newId(now?: number): ExecutionId;
export declare function start(id: ExecutionId, execution: NewExecution): Operation;
export declare function finish(id: ExecutionId, ending: Ending): Operation;
export declare function append(id: ExecutionId, lines: readonly (NewLine | string)[]): Operation;
/** What can be changed of an execution. */
export interface Changes {
    /** `null` removes it. */
    readonly note?: string | null;
    readonly pinned?: boolean;
    /** Replaces them all. */
    readonly params?: Readonly<Record<string, string>>;
    /** Replaces them all. */
    readonly attributes?: {
        readonly [name: string]: Json;
    };
}
export declare function update(id: ExecutionId, changes: Changes): Operation[];

// react/hooks.d.ts
import type { Execution, ListQuery, Live, LogPart, LogQuery, Page, RunlogError, SyncStatus, VaultState } from "../index.js";
/** What a hook shows. It stays the same object until something of it changes. */
export interface Shown<T> {
    /** The newest answer; `undefined` until the first one has come, and on a server. */
    readonly data: T | undefined;
    /** Why the newest answer could not be had, or the history not be opened. */
    readonly error: RunlogError | undefined;
}
/** Executions, newest first unless told, kept up to date. */
export declare function useExecutions(query?: ListQuery): Shown<Page>;
/** One execution, kept up to date. */
export declare function useExecution(id: string): Shown<Execution>;
/** A part of a log, kept up to date. */
export declare function useLog(id: string, query?: LogQuery): Shown<LogPart>;
/** How this device stands toward its backends, kept up to date. */
export declare function useSyncStatus(): Shown<SyncStatus>;
/** Which vault the history belongs to, and whether it is open, kept up to date. */
export declare function useVaultState(): Shown<VaultState>;
/**
 * What a live query shows; `undefined` shows nothing. The query is to be the same object at each render: from
 * `useMemo`, or made outside of components.
 */
export declare function useLive<T>(live: Live<T> | undefined): Shown<T>;

// react/index.d.ts
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

// react/provider.d.ts
import { type ReactElement, type ReactNode } from "react";
import type { Runlog, RunlogError } from "../index.js";
/** How far the opening of a history is. */
export interface Opening {
    /** The open history; `undefined` until it is open, and on a server. */
    readonly runlog: Runlog | undefined;
    /** Why it could not be opened. */
    readonly error: RunlogError | undefined;
}
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
export declare function RunlogProvider({ runlog, children }: RunlogProviderProps): ReactElement;
/** How far the opening of the history is, with the reason where it failed. */
export declare function useOpening(): Opening;
/** The open history; `undefined` until it is open, and on a server. */
export declare function useRunlog(): Runlog | undefined;

// recorder.d.ts
import { RunlogError } from "./errors.js";
import type { Ending, ExecutionId, NewExecution, NewLine } from "./types.js";
/** How a {@link Recorder} works. */
export interface RecorderOptions {
    /** Writes at the latest after so many operations: 1,000 unless given. */
    readonly operationsMax?: number;
    /** Writes at the latest after so many milliseconds: 100 unless given. */
    readonly delay?: number;
    /**
     * Holds at most so many operations where there is no space for them, and drops what comes then: 100,000
     * unless given.
     */
    readonly heldMax?: number;
    /** Told of each operation that was refused or dropped, and of writes that failed; the console unless given. */
    readonly onError?: (error: RunlogError, id: ExecutionId | undefined) => void;
}
/**
 * Records without waiting: what it is told is gathered and written in batches. What happened before a
 * {@link flush} is stored once that resolves.
 *
 * Where there is no space it holds what it could not write and tries again, now and then and at each flush.
 */
export declare class Recorder {
    #private;
    /** An execution begins. */
    start(execution: NewExecution): ExecutionId;
    /** It printed something, or told of an event. */
    append(id: ExecutionId, ...lines: (NewLine | string)[]): void;
    /** It ended. */
    finish(id: ExecutionId, ending: Ending): void;
    /**
     * Writes what was gathered. Once it resolves, what was recorded before survives the end of every tab;
     * with `durable`, loss of power as well.
     *
     * @throws RunlogError `quota` where there is no space: nothing was lost, and it is written once there is. Any
     * other where something that was recorded since the last flush could not be stored.
     */
    flush({ durable }?: {
        durable?: boolean;
    }): Promise<void>;
}

// storage-types.d.ts
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

// storage.d.ts
import type { Health, Reason, Retention, StorageCheck } from "./storage-types.js";
/** Where a history is kept, how it is there, and what can be done about it. */
export declare class Storage {
    #private;
    /** `memory` is gone with the last tab. */
    get kind(): "opfs" | "memory";
    /**
     * Why the storage is not what was asked for or expected; `null` where it is.
     *
     * - `opfs_not_supported`, `opfs_denied`: the browser has no OPFS or gives none to this page, so the history is in memory.
     * - `evicted`: this page had a history here, and the browser has removed it. It is empty now; a sync brings
     *   back what a backend has.
     * - `corrupt`: it cannot be read; only with {@link salvage}.
     */
    get reason(): Reason | null;
    /** How the storage is: its size, its limits, and what would be lost if the browser removed it now. */
    health(): Promise<Health>;
    /**
     * Asks the browser not to remove the data of this origin on its own. Some ask the user, some decide by how
     * the page is used.
     *
     * @returns whether it agreed
     */
    persist(): Promise<boolean>;
    /** Looks for damage, in the file and in what is stored. It reads everything and may take seconds. */
    check(): Promise<StorageCheck>;
    /**
     * The whole history as one SQLite file, which this and other Runlog programs can take in. Of a damaged
     * history, the bytes as they are.
     */
    export(): Promise<Blob>;
    /**
     * Puts an exported history in the place of this one, on which it is another device. The vault's secret is
     * not in an export: unlock or join again where this browser does not have it.
     *
     * @throws RunlogError `notADatabase`, `corrupt`, `newer`, `quota`; the history is as it was.
     */
    import(file: Blob): Promise<void>;
    /**
     * Sets the files aside and begins with an empty history; a sync brings back what a backend has. The files
     * that were set aside before are removed.
     */
    rebuild(): Promise<void>;
    /** How long the trash keeps what was deleted. */
    retention(): Promise<Retention>;
    /** Sets how long the trash of this device keeps what was deleted. */
    setRetention(retention: Retention): Promise<void>;
    /**
     * Purges what the trash has kept for long enough and every device knows to be deleted.
     *
     * @returns how many executions that were
     */
    emptyTrash(): Promise<number>;
}

// sync-history.d.ts
import type { Direction, EntryQuery, RunQuery, SyncEntry, SyncRun, SyncStats } from "./sync-types.js";
import type { ExecutionId } from "./types.js";
/** A page of runs, newest first. */
export interface RunPage {
    readonly runs: readonly SyncRun[];
    /** Where the next page begins; `null` at the end. */
    readonly next: string | null;
}
/** A page of a sync log, newest first. */
export interface EntryPage {
    readonly entries: readonly SyncEntry[];
    /** Where the next page begins; `null` at the end. */
    readonly next: string | null;
}
/** What syncing did. It is this device's own, and kept for 90 days. */
export declare class SyncHistory {
    #private;
    /** Runs that match. */
    runs(query?: RunQuery): Promise<RunPage>;
    /**
     * One run.
     *
     * @throws RunlogError `notFound`.
     */
    run(id: string): Promise<SyncRun>;
    /** What one run did, entity by entity. */
    entries(run: string, query?: EntryQuery): Promise<EntryPage>;
    /** What syncing did to an execution: its own rows, and those of whole full runs. */
    of(id: ExecutionId, query?: EntryQuery): Promise<EntryPage>;
    /** The run that began last, in a direction where one is given. It may still go on. */
    latest(direction?: Direction): Promise<SyncRun | null>;
    /** How syncing went over the last days, today included: 1 to 366, 7 unless given. */
    stats(days?: number): Promise<SyncStats>;
}

// sync-types.d.ts
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
export type BackendState = "off" | "never_heard_from" | "failing" | "not_heard_from" | "rejected" | "set_aside" | "unequal" | "behind" | "waiting" | "syncing" | "up_to_date";
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
export type Held = {
    readonly by: "no_vault" | "locked" | "off" | "no_backend";
} | {
    readonly by: "throttled";
    readonly until: Millis;
} | {
    readonly by: "failing";
    readonly until: Millis;
    readonly failures: number;
};
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
    readonly tables: readonly {
        readonly name: string;
        readonly rows: number;
        readonly durationMs: number;
    }[];
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
    readonly error: {
        readonly code: string;
        readonly message: string;
    } | null;
    readonly phases: readonly {
        readonly phase: SyncPhase;
        readonly durationMs: number;
    }[];
    readonly metadata: {
        readonly [name: string]: Json;
    };
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
    readonly outcome: "applied" | "acknowledged" | "lost_to" | "quarantined" | "rejected" | "decrypt_failed" | "clock_ahead" | "deferred" | "purged" | "repaired" | null;
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

// sync.d.ts
import { Live } from "./live.js";
import type { AddedBackend, Backend, Device, ExecutionSync, NewBackend, Problem, SyncOptions, SyncReport, SyncStatus, Why } from "./sync-types.js";
import type { ExecutionId } from "./types.js";
/** How syncing in the background goes about it. */
export interface BackgroundOptions {
    /** How often to sync when nothing happens, in milliseconds: 300,000 unless given. */
    readonly everyMs?: number;
}
/** What is waited for. */
export interface WaitOptions {
    readonly id: ExecutionId;
    /**
     * `durable`: what is written is on disk to stay. `acknowledged`: every backend that takes part has the
     * newest change of the execution; something must sync for it, see {@link Sync.start}.
     */
    readonly state: "durable" | "acknowledged";
    readonly signal?: AbortSignal;
}
/** Syncs the history with relays. One tab's worker does it for all. */
export declare class Sync {
    #private;
    /** How this device stands toward its backends. */
    status(): Promise<SyncStatus>;
    /** How it stands, kept up to date. */
    live(): Live<SyncStatus>;
    /** The backends, in the order in which they were added. */
    backends(): Promise<readonly Backend[]>;
    /**
     * Adds a relay, and obtains this device's token there.
     *
     * @throws RunlogError `noVault`, `locked`, `backendExists`, `needsAccount` where the relay does not know the
     * vault and no code was given, `unauthorised` where this device is shut out or the code is wrong, and what
     * else the relay says; nothing was added then.
     */
    addBackend(backend: NewBackend): Promise<AddedBackend>;
    /** Removes a backend with its position and this device's token. */
    removeBackend(id: string): Promise<void>;
    /** Switches a backend on or off. */
    enableBackend(id: string, enabled: boolean): Promise<void>;
    /** Switches all syncing on or off; each backend keeps its own switch. */
    enable(on: boolean): Promise<void>;
    /**
     * Syncs once, after a sync that is under way. How it went is in the report, also where a relay could not be
     * reached.
     *
     * @throws RunlogError where no run was begun: `noVault`, `locked`, `syncOff`, `noBackend`, `unknownBackend`;
     * `cancelled` where the signal said so.
     */
    run({ signal, ...options }?: SyncOptions): Promise<SyncReport>;
    /** Stops the sync that is under way, and those that wait. What was merged and acknowledged by then stays. */
    cancel(): Promise<void>;
    /**
     * Syncs in the background: now, soon after each change, when a relay has news, when the page is seen again,
     * when the network is back, and every few minutes. It goes on, whichever tab owns the database, as long as
     * this client is open.
     */
    start(options?: BackgroundOptions): Promise<void>;
    /** Ends syncing in the background, unless another client has started it. */
    stop(): Promise<void>;
    /** Waits until an execution is as safe as told. */
    waitFor({ id, state, signal }: WaitOptions): Promise<void>;
    /** How an execution stands toward each backend. */
    of(id: ExecutionId): Promise<readonly ExecutionSync[]>;
    /**
     * What backends refused, and what came from them and cannot be applied: the first `limit` (100 unless
     * given, at most 1,000) of each kind and backend. The status counts them all.
     */
    problems(query?: {
        backend?: string;
        execution?: ExecutionId;
        limit?: number;
    }): Promise<readonly Problem[]>;
    /** Why a field has its value, or why each has that was ever written. */
    why(id: ExecutionId, field?: string): Promise<readonly Why[]>;
    /** The devices that the relays have let into the vault; the relays are asked. */
    devices(): Promise<readonly Device[]>;
    /** Compares all that is held here and there, and repairs what differs. */
    verify({ signal }?: {
        signal?: AbortSignal;
    }): Promise<SyncReport>;
}

// topic.d.ts
/**
 * What changed: what executions and logs show, or only how syncing and the vault stand. Who asks for the
 * latter is told of both.
 */
export type Topic = "history" | "sync";

// types.d.ts
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
export type Json = null | boolean | number | string | readonly Json[] | {
    readonly [name: string]: Json;
};
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
    readonly attributes: {
        readonly [name: string]: Json;
    };
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
    readonly attributes?: {
        readonly [name: string]: Json;
    };
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

// vault-types.d.ts
import type { Millis } from "./types.js";
/**
 * How this browser keeps a vault's secret.
 *
 * - `browser`: in IndexedDB, wrapped by a key of WebCrypto that no script can read out. Every tab of the
 *   origin opens it without asking.
 * - `passphrase`: in IndexedDB, wrapped by a passphrase (Argon2id), asked for when a worker takes over.
 * - `memory`: nowhere. It ends with the worker that owns the database, and the phrase is needed again.
 */
export type KeptIn = "browser" | "passphrase" | "memory";
/** How a vault's secret is to be kept. */
export type Keep = {
    readonly in: "browser";
} | {
    readonly in: "passphrase";
    readonly passphrase: string;
} | {
    readonly in: "memory";
};
/**
 * How a history stands toward its vault: of none; of one whose secret is not at hand (`keptIn` is `null`
 * where it is gone, and the recovery phrase is needed); or of one that is open.
 */
export type VaultState = {
    readonly state: "none";
} | {
    readonly state: "locked";
    readonly id: string;
    readonly name: string;
    readonly keptIn: KeptIn | null;
} | {
    readonly state: "unlocked";
    readonly id: string;
    readonly name: string;
    readonly keptIn: KeptIn;
};
/** How a vault is made. */
export interface NewVault {
    /** What people call it: 1 to 255 bytes. */
    readonly name: string;
    /** `browser` unless given. */
    readonly keep?: Keep;
}
/** A vault that was made. */
export interface MadeVault {
    readonly id: string;
    /** The recovery phrase: 24 words. Who has them reads the history of every device. */
    readonly phrase: string;
}
/** How a vault that other devices have is joined: by its recovery phrase, or by a pairing code. */
export type Joining = {
    readonly phrase: string;
    readonly name?: string;
    readonly keep?: Keep;
} | {
    /** The eight words that another device shows. */
    readonly code: string;
    /** The address of the relay where that device left its offer. It becomes a backend. */
    readonly relay: string;
    readonly keep?: Keep;
};
/** A vault that was joined. */
export interface JoinedVault {
    readonly id: string;
    readonly name: string;
}
/** An offer of the vault to another device. */
export interface Offer {
    /** Eight words, joined by `-`, to be typed on the other device. */
    readonly code: string;
    /** When the relay forgets it. */
    readonly expiresAt: Millis;
}

// vault.d.ts
import { Live } from "./live.js";
import type { JoinedVault, Joining, MadeVault, NewVault, Offer, VaultState } from "./vault-types.js";
/**
 * The vault of a history: what its devices share through relays that cannot read it. A history belongs to
 * one vault for good.
 */
export declare class Vault {
    #private;
    /** How the history stands toward its vault. */
    state(): Promise<VaultState>;
    /** How it stands, kept up to date. */
    live(): Live<VaultState>;
    /**
     * Makes a new vault.
     *
     * @throws RunlogError `vaultExists` where the history has one; `keep` where the secret cannot be kept.
     */
    create(vault: NewVault): Promise<MadeVault>;
    /**
     * Joins a vault. Where the history belongs to it already, the secret is only kept anew: after it got lost,
     * or in another way.
     *
     * @throws RunlogError `phrase` for mistaken words, `otherVault` where the history belongs to another one,
     * `noOffer` and `wrongCode` of a pairing code, and what the relay says.
     */
    join(joining: Joining): Promise<JoinedVault>;
    /**
     * Opens a vault whose secret is wrapped by a passphrase.
     *
     * @throws RunlogError `wrongPassphrase`, `secretGone` where the phrase is needed, `noVault`.
     */
    unlock(passphrase: string): Promise<void>;
    /**
     * The recovery phrase, to be shown again.
     *
     * @throws RunlogError `locked`, `noVault`.
     */
    phrase(): Promise<string>;
    /**
     * Leaves an offer of the vault at a backend, for another device that is given the code.
     *
     * @throws RunlogError `locked`, `unknownBackend`, and what the relay says.
     */
    offer(backend: string): Promise<Offer>;
}

// worker.d.ts
export {};
