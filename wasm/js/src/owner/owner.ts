import init, { Database } from "../../generated/runlog_wasm.js";
import { type RunlogError, plain } from "../errors.js";
import type { Answer, ToOwner } from "../protocol.js";
import type { Topic } from "../topic.js";
import type { StorageState } from "../storage-types.js";
import { watched } from "./crash.js";
import { Engine } from "./engine.js";
import { IndexedKept, MemoryKept } from "./kept.js";
import { Keychain } from "./keychain.js";
import { Services } from "./services.js";
import { type Damaged, type Interlude, Upkeep } from "./upkeep.js";

/**
 * How long after a write that nothing follows the write-ahead log is moved into the database, in
 * milliseconds: a browser ends a tab without a word, and the log would grow old.
 */
const CHECKPOINT_AFTER_MS = 2_000;

/** How a history is opened. */
export interface Opening {
  readonly name: string;
  readonly storage: "auto" | "opfs" | "memory";
  readonly wasmUrl: string;
  readonly salvage: boolean;
}

/** The database, in the worker that owns it. */
export class Owner {
  /** Called once for all calls of a moment that changed something. */
  onchange: (topic: Topic) => void = () => undefined;
  readonly storage: StorageState;
  /** Resolves when the database is to be closed and opened anew, with what is to be done in between. */
  readonly left: Promise<Interlude>;
  /** Resolves when the module stopped in the middle of something: nothing may be called any more. */
  readonly crashed: Promise<RunlogError>;
  readonly #database: Database | undefined;
  readonly #services: Services | undefined;
  readonly #upkeep: Upkeep;
  #checkpoint: ReturnType<typeof setTimeout> | undefined;
  #isTelling = false;
  #isClosed = false;

  private constructor(opened: Database | Damaged, name: string, storage: StorageState) {
    this.storage = storage;
    let crash: (error: RunlogError) => void = () => undefined;
    this.crashed = new Promise((resolve) => {
      crash = resolve;
    });
    const database = watched(opened, crash);
    let leave: (interlude: Interlude) => void = () => undefined;
    this.left = new Promise((resolve) => {
      leave = resolve;
    });
    const directory = storage.kind === "opfs" ? directoryOf(name) : undefined;
    this.#upkeep = new Upkeep(database, directory, leave, async () => {
      await this.#services?.vault.open();
      this.#changed();
    });
    if ("reason" in database) return;
    this.#database = database;
    // What is kept of a history in memory would outlive it.
    const kept = storage.kind === "memory" ? new MemoryKept() : new IndexedKept();
    this.#services = new Services(new Engine(database), new Keychain(kept, name), (topic) => this.onchange(topic));
  }

  /** Opens the history; on OPFS where it can be had, unless told otherwise. */
  static async open(opening: Opening): Promise<Owner> {
    await init({ module_or_path: opening.wasmUrl });
    const owner = await Owner.#opened(opening);
    await owner.#services?.vault.open();
    return owner;
  }

  static async #opened({ name, storage, salvage }: Opening): Promise<Owner> {
    if (storage === "memory") return Owner.#inMemory(name, null);
    try {
      return new Owner(await Database.openOpfs(directoryOf(name)), name, { kind: "opfs", reason: null });
    } catch (error) {
      const reason = plain(error);
      // Without OPFS there is still the memory. A database that is there and cannot be read is another
      // matter: an empty history in its place would look as if everything were lost.
      if (storage === "auto") {
        if (["opfs_not_supported", "opfs_denied"].includes(reason.code)) return Owner.#inMemory(name, reason);
        const refusal = await refusalOfOpfs();
        if (refusal !== undefined) return Owner.#inMemory(name, { code: "opfs_denied", message: refusal });
      }
      if (salvage && ["corrupt", "newer"].includes(reason.code)) {
        return new Owner({ reason }, name, { kind: "opfs", reason });
      }
      throw error;
    }
  }

  static #inMemory(name: string, reason: StorageState["reason"]): Owner {
    return new Owner(Database.openMemory(), name, { kind: "memory", reason });
  }

  /** Whether the history was made when it was opened. */
  get isNew(): boolean {
    return this.#database?.isNew ?? false;
  }

  /** Carries out a call. One that is not answered before this is closed is for the next owner to answer. */
  call(call: ToOwner, answer: (answer: Answer) => void): void {
    if (this.#upkeep.has(call.method)) this.#upkeep.call(call, answer);
    else if (this.#services?.has(call.method)) void this.#serve(this.#services, call, answer);
    else answer(this.#ask(call));
  }

  /** Gives the database free for the next owner. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#checkpoint);
    this.#services?.close();
    this.#database?.close();
  }

  #ask({ call, method }: ToOwner): Answer {
    if (!this.#database) return { error: plain(this.storage.reason) };
    try {
      const json = this.#database.call(call);
      if (method === "write") this.#changed();
      return { json };
    } catch (error) {
      return { error: plain(error) };
    }
  }

  async #serve(
    services: Services,
    { call, method, client }: ToOwner,
    answer: (answer: Answer) => void,
  ): Promise<void> {
    const { args } = JSON.parse(call) as { readonly args: object };
    let served: Answer;
    try {
      served = { json: JSON.stringify((await services.call(method, args, client)) ?? null) };
    } catch (error) {
      served = { error: plain(error) };
    }
    if (!this.#isClosed) answer(served);
  }

  #moveLog(): void {
    try {
      this.#database?.checkpoint();
    } catch {
      // What is in the log is stored; whoever writes next is told what is wrong.
    }
  }

  #changed(): void {
    clearTimeout(this.#checkpoint);
    this.#checkpoint = setTimeout(() => this.#moveLog(), CHECKPOINT_AFTER_MS);
    if (this.#isTelling) return;
    this.#isTelling = true;
    setTimeout(() => {
      this.#isTelling = false;
      if (this.#isClosed) return;
      this.onchange("history");
      this.#services?.written();
    });
  }
}

/** What the browser says where it gives no OPFS at all, whatever its reason; `undefined` where it does. */
async function refusalOfOpfs(): Promise<string | undefined> {
  try {
    await navigator.storage.getDirectory();
    return undefined;
  } catch (error) {
    return `the browser gives this page no storage: ${plain(error).message}`;
  }
}

/** Where on OPFS the files of a history are. */
function directoryOf(name: string): string {
  return `runlog/${name}`;
}
