/**
 * Runlog in the browser: the history of what a page executes, in SQLite on OPFS, shared by all tabs.
 *
 * ```ts
 * import { open } from "runlog";
 *
 * const runlog = await open({ name: "my-app" });
 * const recorder = runlog.recorder();
 * const id = recorder.start({ kind: "job", workflowId: "thumbnails", params: { size: "256" } });
 * recorder.append(id, "first image");
 * recorder.finish(id, { outcome: "completed" });
 * await recorder.flush();
 *
 * for await (const page of runlog.live({ filter: { workflowId: "thumbnails" } })) render(page);
 * ```
 */
import { RunlogError } from "./errors.js";
import { changeEach } from "./bulk.js";
import type { BulkOptions, BulkResult } from "./bulk-types.js";
import { Live } from "./live.js";
import * as operations from "./operations.js";
import type { Changes } from "./operations.js";
import type { Topic } from "./topic.js";
import { Recorder, type RecorderOptions } from "./recorder.js";
import { Rpc } from "./rpc.js";
import { SyncHistory } from "./sync-history.js";
import { Sync } from "./sync.js";
import type {
  Ending,
  Execution,
  ExecutionId,
  Filter,
  ListQuery,
  LogPart,
  LogQuery,
  NewExecution,
  NewLine,
  Page,
} from "./types.js";
import { Vault } from "./vault.js";
import { Storage } from "./storage.js";
import type { StorageState } from "./storage-types.js";
import { write } from "./writing.js";

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
export class Executions {
  readonly #rpc: Rpc;

  /** @internal */
  constructor(rpc: Rpc) {
    this.#rpc = rpc;
  }

  /** An execution begins. */
  async start(execution: NewExecution): Promise<ExecutionId> {
    const id = execution.id ?? operations.newId();
    await write(this.#rpc, [operations.start(id, execution)]);
    return id;
  }

  /** It ended. */
  finish(id: ExecutionId, ending: Ending): Promise<void> {
    return write(this.#rpc, [operations.finish(id, ending)]);
  }

  /** Changes some of it; what is not named stays. */
  update(id: ExecutionId, changes: Changes): Promise<void> {
    return write(this.#rpc, operations.update(id, changes));
  }

  /** A page of executions, newest first unless told. */
  list(query: ListQuery = {}): Promise<Page> {
    return this.#rpc.call("list", query);
  }

  /** How many match. */
  count(filter: Filter = {}): Promise<number> {
    return this.#rpc.call("count", filter);
  }

  /** One execution, by its id or an end or beginning of it that no other has. */
  get(id: string): Promise<Execution> {
    return this.#rpc.call("get", { id });
  }

  /** Moves it to the trash. */
  delete(id: ExecutionId): Promise<void>;
  /** Moves each of them to the trash, however many; other calls are answered in between. */
  delete(ids: readonly ExecutionId[], options?: BulkOptions): Promise<BulkResult>;
  delete(ids: ExecutionId | readonly ExecutionId[], options?: BulkOptions): Promise<unknown> {
    return this.#change("delete", ids, options);
  }

  /** Takes it out of the trash. */
  restore(id: ExecutionId): Promise<void>;
  /** Takes each of them out of the trash, however many; other calls are answered in between. */
  restore(ids: readonly ExecutionId[], options?: BulkOptions): Promise<BulkResult>;
  restore(ids: ExecutionId | readonly ExecutionId[], options?: BulkOptions): Promise<unknown> {
    return this.#change("restore", ids, options);
  }

  #change(
    op: "delete" | "restore",
    ids: ExecutionId | readonly ExecutionId[],
    options?: BulkOptions,
  ): Promise<unknown> {
    if (typeof ids === "string") return write(this.#rpc, [{ op, id: ids }]);
    return changeEach(this.#rpc, op, ids, options);
  }

  /** Puts a tag on it. */
  tag(id: ExecutionId, tag: string): Promise<void> {
    return write(this.#rpc, [{ op: "tag", id, tag }]);
  }

  /** Takes a tag off it. */
  untag(id: ExecutionId, tag: string): Promise<void> {
    return write(this.#rpc, [{ op: "untag", id, tag }]);
  }

  /** Writes a note on it; `null` removes it. */
  note(id: ExecutionId, note: string | null): Promise<void> {
    return write(this.#rpc, [{ op: "note", id, note }]);
  }

  /** Keeps it for good, or no longer. */
  pin(id: ExecutionId, pinned = true): Promise<void> {
    return write(this.#rpc, [{ op: "pin", id, pinned }]);
  }
}

/** Reads and writes logs. */
export class Logs {
  readonly #rpc: Rpc;

  /** @internal */
  constructor(rpc: Rpc) {
    this.#rpc = rpc;
  }

  /** A part of a log. */
  read(id: ExecutionId, query: LogQuery = {}): Promise<LogPart> {
    return this.#rpc.call("log", { id, ...query });
  }

  /** Appends lines. A {@link Recorder} does it without waiting for each. */
  append(id: ExecutionId, ...lines: (NewLine | string)[]): Promise<void> {
    return write(this.#rpc, [operations.append(id, lines)]);
  }
}

/** An open history. */
export class Runlog {
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
  readonly #rpc: Rpc;

  /** @internal */
  constructor(rpc: Rpc, storage: Storage) {
    this.#rpc = rpc;
    this.storage = storage;
    this.executions = new Executions(rpc);
    this.logs = new Logs(rpc);
    this.vault = new Vault(rpc);
    this.sync = new Sync(rpc);
    this.syncHistory = new SyncHistory(rpc);
  }

  /** Records without waiting for each write. */
  recorder(options?: RecorderOptions): Recorder {
    return new Recorder(this.#rpc, options);
  }

  /** A listing that is kept up to date, whichever tab changes something. */
  live(query: ListQuery = {}): Live<Page> {
    return this.watch(() => this.executions.list(query));
  }

  /**
   * Any other answer that is kept up to date: `ask` is called again after changes, whichever tab makes them.
   * `topic` is what it depends on: `sync` also tells of changes that executions and logs do not show.
   */
  watch<T>(ask: () => Promise<T>, topic: Topic = "history"): Live<T> {
    return new Live(this.#rpc, ask, topic);
  }

  /** Closes the history; another tab's worker takes over if this one had it. */
  close(): Promise<void> {
    return this.#rpc.close();
  }
}

/**
 * Opens a history of this origin; it is made where it is missing. All tabs that open the same name
 * share it.
 *
 * @throws {@link RunlogError} `unsupported` where there are no workers, `invalid` for a name that cannot be
 * used, `corrupt` where it cannot be read (see {@link salvage}), and what the storage refuses.
 */
export async function open(options: OpenOptions): Promise<Runlog> {
  const rpc = connect(options, false);
  const { storage, isNew } = await rpc.opened;
  return new Runlog(rpc, new Storage(rpc, noticed(options.name, storage, isNew)));
}

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
export async function salvage(options: OpenOptions): Promise<Salvage> {
  const rpc = connect(options, true);
  const { storage } = await rpc.opened;
  return { storage: new Storage(rpc, storage), close: () => rpc.close() };
}

function connect(options: OpenOptions, salvage: boolean): Rpc {
  if (typeof Worker === "undefined" || typeof navigator === "undefined" || !navigator.locks) {
    const where = "Runlog needs a browser with workers and Web Locks, and a secure context (https or localhost)";
    throw new RunlogError("unsupported", where);
  }
  if (!/^[\w.-]{1,64}$/.test(options.name) || /^\.+$/.test(options.name)) {
    const admitted = "1 to 64 letters, digits, '-', '_' and '.' are admitted";
    throw new RunlogError("invalid", `name: '${options.name}' cannot be used: ${admitted}`);
  }
  const worker =
    options.worker?.() ?? new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "runlog" });
  const wasmUrl = new URL(options.wasmUrl ?? new URL("./runlog.wasm", import.meta.url), location.href).href;
  const { name, storage = "auto" } = options;
  return new Rpc(worker, { type: "open", name, storage, wasmUrl, salvage });
}

/**
 * Tells a history that was never there from one that the browser has removed: of the latter there is a mark in
 * the page's local storage, which browsers do not remove to make room.
 */
function noticed(name: string, storage: StorageState, isNew: boolean): StorageState {
  if (storage.kind !== "opfs") return storage;
  const mark = `runlog ${name}`;
  try {
    const wasThere = localStorage.getItem(mark) !== null;
    localStorage.setItem(mark, "opened");
    if (!isNew || !wasThere) return storage;
  } catch {
    return storage; // Where there is no local storage, nothing is known of before.
  }
  const message = "the browser has removed the history that was here; a sync brings back what a backend has";
  return { ...storage, reason: { code: "evicted", message } };
}
