import type { Database } from "../../generated/runlog_wasm.js";
import { RunlogError, plain } from "../errors.js";
import type { Answer, ToOwner } from "../protocol.js";
import type { Reason, StorageCheck } from "../storage-types.js";
import { bytesOf, setAside } from "./opfs-files.js";

/** Of a worker's scope: its types and those of a page exclude each other. */
declare class FileReaderSync {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}

/** What is done once the database is closed, before it is opened anew. */
export type Interlude = () => Promise<void>;

/** What is known of the database while it is closed. */
export interface Damaged {
  readonly reason: Reason;
}

/** Bytes of a part of an export that is gathered before the browser may put it on disk. */
const PART_BYTES = 16 << 20;

/** What a page asks of the database as a file. */
export class Upkeep {
  readonly #database: Database | Damaged;
  /** Where its files are on OPFS; `undefined` in memory. */
  readonly #directory: string | undefined;
  readonly #leave: (interlude: Interlude) => void;
  readonly #onreplaced: () => Promise<void>;

  constructor(
    database: Database | Damaged,
    directory: string | undefined,
    leave: (interlude: Interlude) => void,
    onreplaced: () => Promise<void>,
  ) {
    this.#database = database;
    this.#directory = directory;
    this.#leave = leave;
    this.#onreplaced = onreplaced;
  }

  /** Whether it is for this to carry out. */
  has(method: string): boolean {
    return method.startsWith("storage.");
  }

  /** Carries out a call. */
  call({ method, call, file }: ToOwner, answer: (answer: Answer) => void): void {
    try {
      switch (method) {
        case "storage.facts":
          answer({ json: this.#facts() });
          break;
        case "storage.check":
          answer({ json: JSON.stringify(this.#check()) });
          break;
        case "storage.export":
          this.#export(answer);
          break;
        case "storage.import":
          if (!file) throw new RunlogError("invalid", "file: a file is expected");
          this.#import(file, answer);
          break;
        case "storage.rebuild":
          this.#rebuild((JSON.parse(call) as { args: { id: string } }).args.id, answer);
          break;
        default:
          throw new RunlogError("invalid", `there is no call '${method}'`);
      }
    } catch (error) {
      answer({ error: plain(error) });
    }
  }

  #facts(): string {
    const database = this.#readable();
    const totals = JSON.parse(database.call(JSON.stringify({ method: "totals", args: {} }))) as object;
    return JSON.stringify({ ...(JSON.parse(database.facts()) as object), ...totals });
  }

  #check(): StorageCheck {
    if ("reason" in this.#database) return { ok: false, problems: [this.#database.reason.message] };
    const problems = this.#database.check();
    return { ok: problems.length === 0, problems };
  }

  #export(answer: (answer: Answer) => void): void {
    const directory = this.#directory;
    if ("reason" in this.#database) {
      if (directory === undefined) throw new RunlogError("corrupt", this.#database.reason.message);
      void bytesOf(directory).then(
        (file) => answer({ file }),
        (error: unknown) => answer({ error: plain(error) }),
      );
      return;
    }
    try {
      answer({ file: exported(this.#database) });
    } catch (error) {
      if (directory === undefined || plain(error).code !== "corrupt") throw error;
      this.#reopen(async () => ({ file: await bytesOf(directory) }), answer);
    }
  }

  #import(file: Blob, answer: (answer: Answer) => void): void {
    const database = this.#readable();
    const reader = new FileReaderSync();
    const part = (offset: number, length: number) =>
      new Uint8Array(reader.readAsArrayBuffer(file.slice(offset, offset + length)));
    database.replace(database.stage(file.size, part));
    const done = { json: "null" };
    // Whatever was known of the old one is read again; one in memory would not outlive that.
    if (this.#directory === undefined) void this.#onreplaced().then(() => answer(done));
    else this.#reopen(() => Promise.resolve(done), answer);
  }

  #rebuild(id: string, answer: (answer: Answer) => void): void {
    const directory = this.#directory;
    this.#reopen(async () => {
      if (directory !== undefined) await setAside(directory, id);
      return { json: "null" };
    }, answer);
  }

  #reopen(meanwhile: () => Promise<Answer>, answer: (answer: Answer) => void): void {
    this.#leave(async () => {
      answer(await meanwhile().catch((error: unknown) => ({ error: plain(error) })));
    });
  }

  #readable(): Database {
    if ("reason" in this.#database) {
      const { code, message } = this.#database.reason;
      throw new RunlogError(code as RunlogError["code"], message);
    }
    return this.#database;
  }
}

function exported(database: Database): Blob {
  let whole = new Blob([], { type: "application/vnd.sqlite3" });
  let parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  const gather = () => {
    whole = new Blob([whole, ...parts], { type: whole.type });
    parts = [];
    bytes = 0;
  };
  database.exportTo((part: Uint8Array<ArrayBuffer>) => {
    parts.push(part);
    bytes += part.length;
    if (bytes >= PART_BYTES) gather();
  });
  gather();
  return whole;
}
