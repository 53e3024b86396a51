import { RunlogError } from "./errors.js";
import type { ToTab, ToWorker } from "./protocol.js";
import type { Topic } from "./topic.js";
import type { StorageState } from "./storage-types.js";

/** What a tab is told when the history is open. */
export type Opened = Extract<ToTab, { type: "opened" }>;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: RunlogError) => void;
}

/** Who is told of changes, and of which. */
interface Listener {
  readonly tell: () => void;
  readonly topic: Topic;
}

/** A tab's end of the line to its worker. */
export class Rpc {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<Listener>();
  readonly #opened: Promise<Opened>;
  #storage: StorageState | undefined;
  #last = 0;
  #closed: Promise<void> | undefined;
  #failure: RunlogError | undefined;

  constructor(worker: Worker, open: Extract<ToWorker, { type: "open" }>) {
    this.#worker = worker;
    this.#opened = new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<ToTab>) => {
        if (data.type === "opened") {
          this.#storage = data.storage;
          resolve(data);
        } else if (data.type === "failed") {
          reject(this.#fail(new RunlogError(data.error.code, data.error.message)));
          // What is live asks again, and hears why it will not be answered.
          this.#tellAll("history");
        } else this.#got(data);
      };
      worker.onerror = (event) => {
        const detail = event.message || "its file could not be loaded";
        reject(this.#fail(new RunlogError("failed", `the worker does not run: ${detail}`)));
      };
    });
    // Who only records need not wait for it.
    this.#opened.catch(() => undefined);
    worker.postMessage(open);
  }

  /** Resolves once a worker of this origin has the database open. */
  get opened(): Promise<Opened> {
    return this.#opened;
  }

  /** Where the history is kept; `undefined` until it is open. */
  get storage(): StorageState | undefined {
    return this.#storage;
  }

  /** Calls a method of the owner. It waits, through changes of the owner, until one answers. */
  call<T>(method: string, args: object, file?: Blob): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#failure) {
        reject(this.#failure);
        return;
      }
      this.#last += 1;
      this.#waiting.set(this.#last, { resolve: resolve as (value: unknown) => void, reject });
      this.#worker.postMessage({ type: "call", number: this.#last, method, args, file } satisfies ToWorker);
    });
  }

  /** Calls `tell` after changes, in any tab; the function it gives ends that. */
  onChange(tell: () => void, topic: Topic = "history"): () => void {
    const listener = { tell, topic };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends the worker. If it is the owner, another tab's takes over. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#fail(new RunlogError("closed", "the client was closed"));
      this.#listeners.clear();
      this.#worker.onmessage = ({ data }: MessageEvent<ToTab>) => {
        if (data.type !== "closed") return;
        this.#worker.terminate();
        resolve();
      };
      this.#worker.postMessage({ type: "close" } satisfies ToWorker);
    });
    return this.#closed;
  }

  #got(message: ToTab): void {
    if (message.type === "changed") {
      this.#tellAll(message.topic);
    } else if (message.type === "answer") {
      const waiting = this.#waiting.get(message.number);
      this.#waiting.delete(message.number);
      if ("error" in message.answer) {
        const { code, message: text } = message.answer.error;
        waiting?.reject(new RunlogError(code, text));
      } else if ("file" in message.answer) waiting?.resolve(message.answer.file);
      else waiting?.resolve(JSON.parse(message.answer.json));
    }
  }

  #tellAll(topic: Topic): void {
    for (const listener of [...this.#listeners]) {
      if (topic === "history" || listener.topic === topic) listener.tell();
    }
  }

  #fail(error: RunlogError): RunlogError {
    this.#failure = error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    return error;
  }
}
