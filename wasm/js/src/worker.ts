/**
 * The worker of a tab. Of all workers of an origin that opened the same history, one owns the database;
 * the others pass their tabs' calls on to it. When it ends, however it ends, the browser gives its lock
 * to the next one, which opens the database; calls that were not answered are sent again, and a writing
 * call that was carried out before is answered from what was noted then.
 */
import { RunlogError, plain } from "./errors.js";
import { crashOf } from "./owner/crash.js";
import { Owner } from "./owner/owner.js";
import type { Answer, Ticket, ToAll, ToClient, ToOwner, ToTab, ToWorker } from "./protocol.js";
import type { StorageState } from "./storage-types.js";

/** What of a dedicated worker's scope is used: its types and those of a page exclude each other. */
interface WorkerScope {
  postMessage(message: ToTab): void;
  close(): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  onerror: ((message: string, file: string, line: number, column: number, error: unknown) => void) | null;
}

const scope = globalThis as unknown as WorkerScope;

/** Calls that are carried out once. */
const WRITING = new Set(["write"]);

class Member {
  readonly #name: string;
  readonly #salvages: boolean;
  readonly #client = crypto.randomUUID();
  /** Calls without an answer, in order. */
  readonly #waiting = new Map<number, ToOwner>();
  readonly #all: BroadcastChannel;
  readonly #toOwner: BroadcastChannel;
  readonly #toMe: BroadcastChannel;
  readonly #ended: Promise<void>;
  #end: () => void = () => undefined;
  #owner: Owner | undefined;
  #epoch: string | undefined;
  /** Writing calls up to this one are answered. */
  #answered = 0;
  #writes = 0;
  readonly #unansweredWrites = new Set<number>();
  /** The ticket's number of each writing call without an answer. */
  readonly #tickets = new Map<number, number>();
  /** The call that began to sync in the background. Its number is nobody's, so its answer is not awaited. */
  #background: ToOwner | undefined;
  #announce: () => void = () => undefined;
  #isClosed = false;

  constructor(open: Extract<ToWorker, { type: "open" }>) {
    this.#name = open.name;
    this.#salvages = open.salvage;
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    const channel = `runlog ${open.name}`;
    this.#all = new BroadcastChannel(channel);
    this.#toOwner = new BroadcastChannel(`${channel} owner`);
    this.#toMe = new BroadcastChannel(`${channel} client ${this.#client}`);
    this.#all.onmessage = ({ data }: MessageEvent<ToAll>) => this.#heard(data);
    this.#toMe.onmessage = ({ data }: MessageEvent<ToClient>) => this.#got(data.number, data.answer);
    void navigator.locks.request(channel, () => this.#own(open)).catch((error: unknown) => {
      tell({ type: "failed", error: plain(error) });
    });
    this.#all.postMessage({ type: "hello" } satisfies ToAll);
  }

  /** Holds the lock until this worker is told to close. */
  async #own(open: Extract<ToWorker, { type: "open" }>): Promise<void> {
    const ended = this.#ended.then(() => undefined);
    while (!this.#isClosed) {
      const owner = await Owner.open(open);
      this.#serve(owner);
      const interlude = await Promise.race([ended, owner.left, owner.crashed]);
      if (interlude instanceof RunlogError) return await stop(interlude);
      this.#toOwner.onmessage = null;
      this.#owner = undefined;
      this.#epoch = undefined;
      this.#announce = () => undefined;
      owner.close();
      await interlude?.();
    }
    // Not before: whoever is told of it ends this worker.
    tell({ type: "closed" });
  }

  /** Answers the calls of all from here on. */
  #serve(owner: Owner): void {
    const epoch = crypto.randomUUID();
    const { storage, isNew } = owner;
    owner.onchange = (topic) => {
      tell({ type: "changed", topic });
      this.#all.postMessage({ type: "changed", topic } satisfies ToAll);
    };
    this.#owner = owner;
    this.#epoch = epoch;
    this.#toOwner.onmessage = ({ data }: MessageEvent<ToOwner>) => {
      owner.call(data, (answer) => {
        const channel = new BroadcastChannel(`runlog ${this.#name} client ${data.client}`);
        channel.postMessage({ number: data.number, answer } satisfies ToClient);
        channel.close();
      });
    };
    this.#announce = () => this.#all.postMessage({ type: "owner", epoch, storage } satisfies ToAll);
    this.#announce();
    tell({ type: "opened", storage, isNew });
    this.#sendAgain();
    // What changed since the last owner was announced by nobody.
    tell({ type: "changed", topic: "history" });
  }

  #heard(message: ToAll): void {
    switch (message.type) {
      case "hello":
        this.#announce();
        break;
      case "owner":
        if (message.epoch !== this.#epoch && this.#owner === undefined) {
          this.#epoch = message.epoch;
          this.#hear(message.storage);
          this.#sendAgain();
          // What changed between two owners was announced by neither.
          tell({ type: "changed", topic: "history" });
        }
        break;
      case "changed":
        tell(message);
        break;
    }
  }

  /** Another worker has the history open. */
  #hear(storage: StorageState): void {
    const { reason } = storage;
    // On OPFS, only what cannot be read has one.
    if (storage.kind === "opfs" && reason && !this.#salvages) tell({ type: "failed", error: plain(reason) });
    else tell({ type: "opened", storage, isNew: false });
  }

  call({ number, method, args, file }: Extract<ToWorker, { type: "call" }>): void {
    const writes = WRITING.has(method);
    const ticket = writes ? this.#ticket(number) : undefined;
    const call = JSON.stringify({ method, args: ticket ? { ...args, ticket } : args });
    const sent = { client: this.#client, number, method, call, file };
    this.#waiting.set(number, sent);
    if (method === "sync.start") this.#background = { ...sent, number: 0 };
    if (method === "sync.stop") this.#background = undefined;
    this.#send(sent);
  }

  #ticket(number: number): Ticket {
    this.#writes += 1;
    this.#tickets.set(number, this.#writes);
    this.#unansweredWrites.add(this.#writes);
    return { client: this.#client, number: this.#writes, answered: this.#answered };
  }

  #send(call: ToOwner): void {
    if (this.#owner) this.#owner.call(call, (answer) => this.#got(call.number, answer));
    else if (this.#epoch !== undefined) this.#toOwner.postMessage(call);
  }

  /** Sends to a new owner what the one before did not answer, and that this tab wants to be synced. */
  #sendAgain(): void {
    if (this.#background) this.#send(this.#background);
    for (const call of [...this.#waiting.values()]) this.#send(call);
  }

  #got(number: number, answer: Answer): void {
    if (!this.#waiting.delete(number)) return;
    const write = this.#tickets.get(number);
    if (write !== undefined) {
      this.#tickets.delete(number);
      this.#unansweredWrites.delete(write);
      // All below the oldest one that is unanswered.
      const oldest = this.#unansweredWrites.values().next().value;
      this.#answered = oldest === undefined ? this.#writes : oldest - 1;
    }
    tell({ type: "answer", number, answer });
  }

  close(): void {
    this.#isClosed = true;
    if (this.#background && !this.#owner) {
      const call = JSON.stringify({ method: "sync.stop", args: {} });
      this.#send({ ...this.#background, method: "sync.stop", call });
    }
    this.#end();
    for (const channel of [this.#all, this.#toOwner, this.#toMe]) channel.close();
    if (!this.#owner) tell({ type: "closed" });
  }
}

function tell(message: ToTab): void {
  scope.postMessage(message);
}

/** Ends this worker. Its files and its lock are free only then, and another tab's worker takes over. */
function stop(crash: RunlogError): Promise<never> {
  tell({ type: "failed", error: plain(crash) });
  scope.close();
  return new Promise(() => undefined);
}

let member: Member | undefined;

// A trap in what the module does by itself, between two calls.
scope.onerror = (_message, _file, _line, _column, error) => {
  const crash = crashOf(error);
  if (crash) void stop(crash);
};

scope.onmessage = ({ data }) => {
  switch (data.type) {
    case "open":
      member = new Member(data);
      break;
    case "call":
      member?.call(data);
      break;
    case "close":
      member?.close();
      break;
  }
};
