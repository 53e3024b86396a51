import init, { Database } from "../../generated/runlog_wasm.js";
import { plain } from "../errors.js";
import type { Answer, ToOwner, Topic } from "../protocol.js";
import type { Storage } from "../types.js";
import { Engine } from "./engine.js";
import { IndexedKept, MemoryKept } from "./kept.js";
import { Keychain } from "./keychain.js";
import { Services } from "./services.js";

/** The database, in the worker that owns it. */
export class Owner {
  /** Called once for all calls of a moment that changed something. */
  onchange: (topic: Topic) => void = () => undefined;
  readonly storage: Storage;
  readonly #database: Database;
  readonly #services: Services;
  #isTelling = false;
  #isClosed = false;

  private constructor(database: Database, name: string, storage: Storage) {
    this.#database = database;
    this.storage = storage;
    // What is kept of a history in memory would outlive it.
    const kept = storage.kind === "memory" ? new MemoryKept() : new IndexedKept();
    this.#services = new Services(new Engine(database), new Keychain(kept, name), (topic) => this.onchange(topic));
  }

  /** Opens the history; on OPFS where it can be had, unless told otherwise. */
  static async open(name: string, choice: "auto" | "opfs" | "memory", wasmUrl: string): Promise<Owner> {
    await init({ module_or_path: wasmUrl });
    const owner = await Owner.#opened(name, choice);
    await owner.#services.vault.open();
    return owner;
  }

  static async #opened(name: string, choice: "auto" | "opfs" | "memory"): Promise<Owner> {
    if (choice === "memory") return Owner.#inMemory(name, null);
    try {
      return new Owner(await Database.openOpfs(`runlog/${name}`), name, { kind: "opfs", reason: null });
    } catch (error) {
      const reason = plain(error);
      // Without OPFS there is still the memory. A database that is there and cannot be read is another
      // matter: an empty history in its place would look as if everything were lost.
      const isMissing = ["opfs_not_supported", "opfs_denied"].includes(reason.code);
      if (choice === "opfs" || !isMissing) throw error;
      return Owner.#inMemory(name, reason);
    }
  }

  static #inMemory(name: string, reason: Storage["reason"]): Owner {
    return new Owner(Database.openMemory(), name, { kind: "memory", reason });
  }

  /** Carries out a call. One that is not answered before this is closed is for the next owner to answer. */
  call(call: ToOwner, answer: (answer: Answer) => void): void {
    if (this.#services.has(call.method)) void this.#serve(call, answer);
    else answer(this.#ask(call));
  }

  /** Gives the database free for the next owner. */
  close(): void {
    this.#isClosed = true;
    this.#services.close();
    this.#database.close();
  }

  #ask({ call, method }: ToOwner): Answer {
    try {
      const json = this.#database.call(call);
      if (method === "write") this.#changed();
      return { json };
    } catch (error) {
      return { error: plain(error) };
    }
  }

  async #serve({ call, method, client }: ToOwner, answer: (answer: Answer) => void): Promise<void> {
    const { args } = JSON.parse(call) as { readonly args: object };
    let served: Answer;
    try {
      served = { json: JSON.stringify((await this.#services.call(method, args, client)) ?? null) };
    } catch (error) {
      served = { error: plain(error) };
    }
    if (!this.#isClosed) answer(served);
  }

  #changed(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    setTimeout(() => {
      this.#isTelling = false;
      if (this.#isClosed) return;
      this.onchange("history");
      this.#services.written();
    });
  }
}
