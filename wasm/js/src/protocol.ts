import type { PlainError } from "./errors.js";
import type { StorageState } from "./storage-types.js";
import type { Topic } from "./topic.js";

/** Which call of which client, so that it is carried out once; see `Ticket` in the Rust core. */
export interface Ticket {
  readonly client: string;
  readonly number: number;
  readonly answered: number;
}

/** From a tab to its worker. */
export type ToWorker =
  | {
      readonly type: "open";
      readonly name: string;
      readonly storage: "auto" | "opfs" | "memory";
      readonly wasmUrl: string;
      /** Whether a history that cannot be read is to be opened as well. */
      readonly salvage: boolean;
    }
  | {
      readonly type: "call";
      readonly number: number;
      readonly method: string;
      readonly args: object;
      readonly file?: Blob | undefined;
    }
  | { readonly type: "close" };

/** From a worker to its tab. */
export type ToTab =
  /** `isNew`: it was not there before this tab's worker made it. */
  | { readonly type: "opened"; readonly storage: StorageState; readonly isNew: boolean }
  | { readonly type: "failed"; readonly error: PlainError }
  | { readonly type: "answer"; readonly number: number; readonly answer: Answer }
  | { readonly type: "changed"; readonly topic: Topic }
  | { readonly type: "closed" };

/** What became of a call: its answer in JSON or as a file, or an error. */
export type Answer = { readonly json: string } | { readonly file: Blob } | { readonly error: PlainError };

/** Between workers, to all. */
export type ToAll =
  | { readonly type: "hello" }
  | { readonly type: "owner"; readonly epoch: string; readonly storage: StorageState }
  | { readonly type: "changed"; readonly topic: Topic };

/** To the worker that owns the database. `call` is in JSON. */
export interface ToOwner {
  readonly client: string;
  readonly number: number;
  readonly method: string;
  readonly call: string;
  readonly file?: Blob | undefined;
}

/** From the owner to the worker of a client. */
export interface ToClient {
  readonly number: number;
  readonly answer: Answer;
}
