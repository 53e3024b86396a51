import { RunlogError } from "../errors.js";
import type { SyncCause } from "../sync-types.js";
import { ClockWatch } from "./clock-watch.js";
import type { Driver } from "./driver.js";
import type { Engine } from "./engine.js";
import { Listeners } from "./listeners.js";
import type { Sessions } from "./session.js";

/** What to do next; see `wasm/src/api/sync/background.rs`. */
interface Next {
  readonly run?: SyncCause;
  readonly at?: number;
}

/** Longest that a timer can wait, in milliseconds. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/**
 * Syncs whenever there is a reason to, as long as some client wants it. What a reason is, and when its moment
 * has come, `runlog_core::sync::schedule` decides.
 */
export class Background {
  /** Called when it stands otherwise than before. */
  onchange: () => void = () => undefined;
  readonly #engine: Engine;
  readonly #driver: Driver;
  readonly #listeners: Listeners;
  /** What is due is due by the wall clock: once that is set back, it would be due hours later. */
  readonly #clock = new ClockWatch(() => this.#begin("timer"));
  /** Clients that want it, and how often they want to sync when nothing happens, in milliseconds. */
  readonly #wanted = new Map<string, number | undefined>();
  #stopping = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Backends that the last sync did not reach. */
  #unreachable: ReadonlySet<string> = new Set();
  #isSyncing = false;

  constructor(engine: Engine, driver: Driver, sessions: Sessions) {
    this.#engine = engine;
    this.#driver = driver;
    this.#listeners = new Listeners(engine, sessions, {
      notice: (backend, head) => {
        if (this.#engine.call<{ isNews: boolean }>("notice", { backend, head }).isNews) this.look();
      },
      // Whoever listens to a relay tries again and again: that is the probe for the network.
      answers: (backend) => {
        if (this.#unreachable.has(backend)) this.cause("network");
      },
    });
  }

  /** A client wants it. */
  start(client: string, everyMs: number | undefined): void {
    const before = this.#everyMs();
    const wasOn = this.#wanted.size > 0;
    this.#wanted.set(client, everyMs);
    if (!wasOn) this.#clock.start();
    if (!wasOn || this.#everyMs() !== before) this.#begin("start");
    else this.cause("start");
  }

  /** A client wants it no longer. */
  stop(client: string): void {
    if (!this.#wanted.delete(client) || this.#wanted.size > 0) return;
    this.#engine.call("stopBackground");
    this.#rest();
    this.onchange();
  }

  /** Something asks for a sync. */
  cause(cause: SyncCause): void {
    if (this.#wanted.size === 0) return;
    if (cause === "network") this.#listeners.wake();
    this.#engine.call("cause", { cause });
    this.look();
  }

  /** Looks at what was written and at the gates, and syncs if it is time. */
  look(): void {
    if (this.#wanted.size === 0) return;
    clearTimeout(this.#timer);
    const { listenTo } = this.#engine.call<{ listenTo: string[] }>("look");
    this.#listeners.listenTo(listenTo);
    if (this.#isSyncing) return;
    const { run, at } = this.#engine.call<Next>("next");
    if (run !== undefined) void this.#sync(run);
    else if (at !== undefined) {
      this.#timer = setTimeout(() => this.look(), Math.min(Math.max(at - Date.now(), 0), TIMER_MS_MAX));
    }
    this.onchange();
  }

  /** Stops the sync under way; the next one comes as it would. */
  cancel(): void {
    this.#stopping.abort();
    this.#stopping = new AbortController();
  }

  /** Ends it for good. */
  close(): void {
    this.#wanted.clear();
    this.#rest();
  }

  /** Forgets what was due. */
  #begin(cause: SyncCause): void {
    const everyMs = this.#everyMs();
    this.#engine.call("startBackground", everyMs === undefined ? {} : { everyMs });
    this.cause(cause);
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#clock.stop();
    this.#listeners.listenTo([]);
    this.cancel();
  }

  async #sync(cause: SyncCause): Promise<void> {
    this.#isSyncing = true;
    this.#engine.call("begun");
    let isReached = false;
    let retryAfterMs = 0;
    let error: string | null = null;
    try {
      const outcome = await this.#driver.run({ cause, triggeredBy: "background" }, this.#stopping.signal);
      ({ isReached, retryAfterMs } = outcome);
      this.#unreachable = outcome.unreachable;
      error = outcome.report.runs.find((run) => run.error)?.error?.message ?? null;
    } catch (thrown) {
      error = thrown instanceof RunlogError ? thrown.message : String(thrown);
    }
    this.#isSyncing = false;
    if (this.#wanted.size === 0) return;
    const [jitter] = crypto.getRandomValues(new Uint32Array(1));
    this.#engine.call("ended", { isReached, retryAfterMs, jitter, error });
    this.look();
  }

  #everyMs(): number | undefined {
    const told = [...this.#wanted.values()].filter((ms) => ms !== undefined);
    return told.length > 0 ? Math.min(...told) : undefined;
  }
}
