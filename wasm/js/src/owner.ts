import init, { Database } from "../generated/runlog_wasm.js";
import { plain } from "./errors.js";
import type { Answer, ToOwner } from "./protocol.js";
import type { Storage } from "./types.js";

/** The database, in the worker that owns it. */
export class Owner {
  /** Called once for all calls of a moment that changed something. */
  onchange: () => void = () => undefined;
  readonly storage: Storage;
  readonly #database: Database;
  #isTelling = false;

  private constructor(database: Database, storage: Storage) {
    this.#database = database;
    this.storage = storage;
  }

  /** Opens the history; on OPFS where it can be had, unless told otherwise. */
  static async open(name: string, choice: "auto" | "opfs" | "memory", wasmUrl: string): Promise<Owner> {
    await init({ module_or_path: wasmUrl });
    if (choice === "memory") return Owner.#inMemory(null);
    try {
      return new Owner(await Database.openOpfs(`runlog/${name}`), { kind: "opfs", reason: null });
    } catch (error) {
      const reason = plain(error);
      // Without OPFS there is still the memory. A database that is there and cannot be read is another
      // matter: an empty history in its place would look as if everything were lost.
      const isMissing = ["opfs_not_supported", "opfs_denied"].includes(reason.code);
      if (choice === "opfs" || !isMissing) throw error;
      return Owner.#inMemory(reason);
    }
  }

  static #inMemory(reason: Storage["reason"]): Owner {
    return new Owner(Database.openMemory(), { kind: "memory", reason });
  }

  /** Carries out a call. */
  call({ call, method }: ToOwner): Answer {
    try {
      const json = this.#database.call(call);
      if (method === "write") this.#changed();
      return { json };
    } catch (error) {
      return { error: plain(error) };
    }
  }

  /** Gives the database free for the next owner. */
  close(): void {
    this.#database.close();
  }

  #changed(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    setTimeout(() => {
      this.#isTelling = false;
      this.onchange();
    });
  }
}
