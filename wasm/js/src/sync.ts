import { RunlogError } from "./errors.js";
import { Live } from "./live.js";
import type { Rpc } from "./rpc.js";
import type {
  AddedBackend,
  Backend,
  Device,
  ExecutionSync,
  NewBackend,
  Problem,
  SyncCause,
  SyncOptions,
  SyncReport,
  SyncStatus,
  Why,
} from "./sync-types.js";
import type { ExecutionId } from "./types.js";
import { write } from "./writing.js";

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
export class Sync {
  readonly #rpc: Rpc;
  /** A worker does not see whether its page is seen. */
  readonly #seen = (): void => {
    if (document.visibilityState === "visible") this.#tell("start");
  };
  readonly #online = (): void => this.#tell("network");

  /** @internal */
  constructor(rpc: Rpc) {
    this.#rpc = rpc;
  }

  /** How this device stands toward its backends. */
  status(): Promise<SyncStatus> {
    return this.#rpc.call("syncStatus", {});
  }

  /** How it stands, kept up to date. */
  live(): Live<SyncStatus> {
    return new Live(this.#rpc, () => this.status(), "sync");
  }

  /** The backends, in the order in which they were added. */
  async backends(): Promise<readonly Backend[]> {
    return (await this.status()).backends;
  }

  /**
   * Adds a relay, and obtains this device's token there.
   *
   * @throws RunlogError `noVault`, `locked`, `backendExists`, `needsAccount` where the relay does not know the
   * vault and no code was given, `unauthorised` where this device is shut out or the code is wrong, and what
   * else the relay says; nothing was added then.
   */
  addBackend(backend: NewBackend): Promise<AddedBackend> {
    return this.#rpc.call("sync.addBackend", { ...backend, id: crypto.randomUUID() });
  }

  /** Removes a backend with its position and this device's token. */
  removeBackend(id: string): Promise<void> {
    return this.#rpc.call("sync.removeBackend", { id });
  }

  /** Switches a backend on or off. */
  enableBackend(id: string, enabled: boolean): Promise<void> {
    return this.#rpc.call("sync.enableBackend", { id, enabled });
  }

  /** Switches all syncing on or off; each backend keeps its own switch. */
  enable(on: boolean): Promise<void> {
    return this.#rpc.call("sync.enable", { on });
  }

  /**
   * Syncs once, after a sync that is under way. How it went is in the report, also where a relay could not be
   * reached.
   *
   * @throws RunlogError where no run was begun: `noVault`, `locked`, `syncOff`, `noBackend`, `unknownBackend`;
   * `cancelled` where the signal said so.
   */
  async run({ signal, ...options }: SyncOptions = {}): Promise<SyncReport> {
    if (signal?.aborted) throw cancelled();
    const request = crypto.randomUUID();
    const cancel = () => void this.#rpc.call("sync.cancel", { request }).catch(() => undefined);
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      const report = await this.#rpc.call<SyncReport>("sync.run", { ...options, request });
      if (signal?.aborted) throw cancelled();
      return report;
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  /** Stops the sync that is under way, and those that wait. What was merged and acknowledged by then stays. */
  cancel(): Promise<void> {
    return this.#rpc.call("sync.cancel", {});
  }

  /**
   * Syncs in the background: now, soon after each change, when a relay has news, when the page is seen again,
   * when the network is back, and every few minutes. It goes on, whichever tab owns the database, as long as
   * this client is open.
   */
  start(options: BackgroundOptions = {}): Promise<void> {
    document.addEventListener("visibilitychange", this.#seen);
    addEventListener("online", this.#online);
    return this.#rpc.call("sync.start", options);
  }

  /** Ends syncing in the background, unless another client has started it. */
  stop(): Promise<void> {
    document.removeEventListener("visibilitychange", this.#seen);
    removeEventListener("online", this.#online);
    return this.#rpc.call("sync.stop", {});
  }

  #tell(cause: SyncCause): void {
    // Of a client that was closed, nobody needs to know.
    this.#rpc.call("sync.cause", { cause }).catch(() => undefined);
  }

  /** Waits until an execution is as safe as told. */
  async waitFor({ id, state, signal }: WaitOptions): Promise<void> {
    if (state === "durable") return write(this.#rpc, [], true);
    const states = new Live<readonly ExecutionSync[]>(this.#rpc, () => this.of(id));
    const isAcknowledged = (all: readonly ExecutionSync[]) => {
      const taking = all.filter((one) => one.state !== "new");
      return taking.length > 0 && taking.every((one) => one.state === "synced");
    };
    await new Promise<void>((resolve, reject) => {
      const end = (how: () => void) => {
        unsubscribe();
        signal?.removeEventListener("abort", abort);
        how();
      };
      const abort = () => end(() => reject(cancelled()));
      const look = () => {
        const { data, error } = states.getSnapshot();
        if (error) end(() => reject(error));
        else if (data && isAcknowledged(data)) end(resolve);
      };
      const unsubscribe = states.subscribe(look);
      if (signal?.aborted) abort();
      else signal?.addEventListener("abort", abort, { once: true });
    });
  }

  /** How an execution stands toward each backend. */
  of(id: ExecutionId): Promise<readonly ExecutionSync[]> {
    return this.#rpc.call("syncStates", { id });
  }

  /**
   * What backends refused, and what came from them and cannot be applied: the first `limit` (100 unless
   * given, at most 1,000) of each kind and backend. The status counts them all.
   */
  problems(query: { backend?: string; execution?: ExecutionId; limit?: number } = {}): Promise<readonly Problem[]> {
    return this.#rpc.call("syncProblems", query);
  }

  /** Why a field has its value, or why each has that was ever written. */
  why(id: ExecutionId, field?: string): Promise<readonly Why[]> {
    return this.#rpc.call("why", field === undefined ? { id } : { id, field });
  }

  /** The devices that the relays have let into the vault; the relays are asked. */
  devices(): Promise<readonly Device[]> {
    return this.#rpc.call("sync.devices", {});
  }

  /** Compares all that is held here and there, and repairs what differs. */
  verify({ signal }: { signal?: AbortSignal } = {}): Promise<SyncReport> {
    return this.run(signal ? { verify: true, signal } : { verify: true });
  }
}

function cancelled(): RunlogError {
  return new RunlogError("cancelled", "the sync was stopped");
}
