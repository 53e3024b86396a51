import type { JobStep } from "../../generated/runlog_wasm.js";
import { RunlogError, plain } from "../errors.js";
import type { SyncReport } from "../sync-types.js";
import type { Engine } from "./engine.js";
import { RelayError } from "./relay-error.js";
import { ATTEMPTS, REPEAT_AFTER_MS, WAIT_MS_MAX } from "./relay.js";
import type { Session, Sessions } from "./session.js";
import { Backoff, breathe, sleep } from "./waiting.js";

/** What one sync is to do; see `Begin` in `wasm/src/api`. */
export interface Begin {
  readonly full?: boolean;
  readonly only?: readonly string[];
  readonly direction?: "both" | "up" | "down";
  readonly backends?: readonly string[];
  readonly verify?: boolean;
  readonly cause: string;
  readonly triggeredBy: string;
}

/** What one sync did. */
export interface Outcome {
  readonly report: SyncReport;
  /** Whether every backend was reached and dealt with, even if it refused something. */
  readonly isReached: boolean;
  /** Backends that could not be reached. */
  readonly unreachable: ReadonlySet<string>;
  /** The longest that a relay asks to be left alone, in milliseconds. */
  readonly retryAfterMs: number;
}

type Errand = Extract<JobStep, { kind: "send" }>;

/** The loop around the state machine of `runlog_core::sync::engine`: one sync at a time. */
export class Driver {
  /** Called after each step, and after those that changed what executions show. */
  onprogress: (topic: "history" | "sync") => void = () => undefined;
  readonly #engine: Engine;
  readonly #sessions: Sessions;
  /** The sync under way and those that wait for it. */
  #last: Promise<unknown> = Promise.resolve();
  readonly #closing = new AbortController();

  constructor(engine: Engine, sessions: Sessions) {
    this.#engine = engine;
    this.#sessions = sessions;
  }

  /**
   * Syncs once, after those that wait already.
   *
   * @throws RunlogError where no run was begun.
   */
  run(begin: Begin, signal: AbortSignal): Promise<Outcome> {
    const stop = AbortSignal.any([signal, this.#closing.signal]);
    const run = this.#last.then(() => this.#run(begin, stop));
    this.#last = run.catch(() => undefined);
    return run;
  }

  /** Ends the sync under way, in the history too. Nothing of this driver calls the database afterwards. */
  close(): void {
    this.#closing.abort();
    const { database } = this.#engine;
    database.cancelJob();
    // What is cancelled is over after one step for each backend.
    for (let steps = 0; steps < 1_000; steps += 1) {
      if (database.pollJob().kind !== "continue") return;
    }
  }

  async #run(begin: Begin, signal: AbortSignal): Promise<Outcome> {
    if (signal.aborted) throw new RunlogError("cancelled", "the sync was stopped");
    this.#engine.call("beginJob", begin);
    const failures = new Map<string, RelayError>();
    try {
      await this.#drive(failures, signal);
      const { isReached, ...report } = this.#engine.call<SyncReport & { isReached: boolean }>("jobReport");
      const unreachable = [...failures].filter(([, error]) => error.code === "unreachable").map(([id]) => id);
      const retryAfterMs = Math.max(0, ...[...failures.values()].map((error) => error.retryAfterMs));
      return { report, isReached, unreachable: new Set(unreachable), retryAfterMs };
    } finally {
      if (!this.#closing.signal.aborted) {
        this.#engine.call("endJob");
        this.onprogress("history");
      }
    }
  }

  async #drive(failures: Map<string, RelayError>, signal: AbortSignal): Promise<void> {
    const { database } = this.#engine;
    let changes = 0;
    for (;;) {
      if (this.#closing.signal.aborted) throw new RunlogError("cancelled", "the worker closes");
      if (signal.aborted) database.cancelJob();
      const step = this.#poll();
      if (step.kind === "done") return;
      const now = database.jobChanges();
      this.onprogress(now > changes ? "history" : "sync");
      changes = now;
      if (step.kind === "continue") await breathe();
      else await this.#carry(step, failures, signal);
    }
  }

  #poll(): JobStep {
    try {
      return this.#engine.database.pollJob();
    } catch (error) {
      const { code, message } = plain(error);
      throw new RunlogError(code, message);
    }
  }

  async #carry(errand: Errand, failures: Map<string, RelayError>, signal: AbortSignal): Promise<void> {
    try {
      await this.#exchange(errand, this.#sessions.of(errand.backend), signal);
    } catch (error) {
      if (signal.aborted) return;
      const { database } = this.#engine;
      const failure = error instanceof RelayError ? error : new RelayError(plain(error).code, plain(error).message);
      failures.set(errand.backend, failure);
      if (failure.code === "needsAccount") database.refuseJob(false);
      else if (failure.code === "unauthorised") database.refuseJob(true);
      else database.failJob(failure.message);
    }
  }

  /**
   * Carries a request until the sync has an answer. Every request may be repeated, so it is, with growing
   * pauses, where it may go better; a token that the relay takes no more is replaced once.
   */
  async #exchange({ device, body }: Errand, session: Session, signal: AbortSignal): Promise<void> {
    const { vault } = this.#engine.call<{ vault: string }>("vaultAccess");
    const backoff = new Backoff(REPEAT_AFTER_MS, WAIT_MS_MAX);
    let token = await session.token(device, undefined, signal);
    let isReplaced = false;
    for (let attempt = 1; ; attempt += 1) {
      const isLast = attempt === ATTEMPTS;
      let wait = 0;
      try {
        const sent = session.relay.exchange(vault, token, new Uint8Array(body), signal);
        this.#workAhead(sent);
        const heard = this.#hand(await sent, isLast);
        if (heard === undefined) return;
        if (heard.code === "unauthorised") {
          if (isReplaced) throw new RelayError("unauthorised", `${session.relay.url} takes no token of this device`);
          token = await session.token(device, token, signal);
          isReplaced = true;
          continue;
        }
        if (heard.afterMs > WAIT_MS_MAX) throw asksToWait(session, heard.afterMs);
        wait = heard.afterMs;
      } catch (error) {
        if (!(error instanceof RelayError) || !error.isTransient || isLast) throw error;
        if (error.retryAfterMs > WAIT_MS_MAX) throw error;
        wait = error.retryAfterMs;
      }
      await sleep(Math.max(backoff.next(), wait), signal);
      if (signal.aborted) throw new RunlogError("cancelled", "stopped");
    }
  }

  /** Does what does not depend on the answer, while the relay works. */
  #workAhead(sent: Promise<unknown>): void {
    // Should that fail, the request is nobody's any more.
    sent.catch(() => undefined);
    this.#engine.database.workAhead();
  }

  /** Gives an answer to the sync; what it gives back is a refusal that another attempt may turn. */
  #hand(bytes: Uint8Array, isLast: boolean): { code: string; afterMs: number } | undefined {
    if (this.#closing.signal.aborted) throw new RunlogError("cancelled", "the worker closes");
    try {
      const heard = this.#engine.database.answerJob(bytes, isLast);
      return heard.kind === "again" ? heard : undefined;
    } catch (error) {
      throw new RelayError(plain(error).code, plain(error).message);
    }
  }
}

function asksToWait({ relay }: Session, retryAfterMs: number): RelayError {
  return new RelayError("busy", `${relay.url} asks to wait`, { retryAfterMs });
}
