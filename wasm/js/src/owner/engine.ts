import type { Database } from "../../generated/runlog_wasm.js";
import { RunlogError, plain } from "../errors.js";

/** The calls that only the worker that owns the database makes; see `Api::owner_call`. */
export class Engine {
  readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Carries out a call. */
  call<T>(method: string, args: object = {}): T {
    try {
      return JSON.parse(this.database.ownerCall(JSON.stringify({ method, args }))) as T;
    } catch (error) {
      const { code, message } = plain(error);
      throw new RunlogError(code, message);
    }
  }
}

/** What a relay is shown. */
export interface Access {
  readonly vault: string;
  readonly device: string;
  /** The vault's access key, and what a relay keeps of it; both in hexadecimal digits. */
  readonly access: string;
  readonly verifier: string;
}
