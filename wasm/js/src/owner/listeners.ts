import type { Engine } from "./engine.js";
import type { Sessions } from "./session.js";
import { Backoff, sleep } from "./waiting.js";

/** How long until a broken stream is opened again, in milliseconds, doubled with each failure. */
const AGAIN_AFTER_MS = 500;
/** Longest wait until it is opened again, in milliseconds. */
const AGAIN_AFTER_MS_MAX = 60_000;

/** Who is told. */
interface Told {
  /** A relay says that its vault is at a sequence. */
  readonly notice: (backend: string, head: number) => void;
  /** A relay is listened to, after it was not. */
  readonly answers: (backend: string) => void;
}

/**
 * Listens to the notices of relays, one stream a backend. `EventSource` cannot show a token, so the streams
 * are read by fetch. They are safe to lose: who connects again is told where the vault is.
 */
export class Listeners {
  readonly #engine: Engine;
  readonly #sessions: Sessions;
  readonly #told: Told;
  readonly #listening = new Map<string, AbortController>();
  #waking = new AbortController();

  constructor(engine: Engine, sessions: Sessions, told: Told) {
    this.#engine = engine;
    this.#sessions = sessions;
    this.#told = told;
  }

  /** Listens to these backends and to no others. */
  listenTo(backends: readonly string[]): void {
    for (const [backend, controller] of this.#listening) {
      if (backends.includes(backend)) continue;
      controller.abort();
      this.#listening.delete(backend);
    }
    for (const backend of backends) {
      if (this.#listening.has(backend)) continue;
      const controller = new AbortController();
      this.#listening.set(backend, controller);
      void this.#listen(backend, controller.signal);
    }
  }

  /** Opens again at once what waits to be opened. */
  wake(): void {
    this.#waking.abort();
    this.#waking = new AbortController();
  }

  async #listen(backend: string, signal: AbortSignal): Promise<void> {
    const backoff = new Backoff(AGAIN_AFTER_MS, AGAIN_AFTER_MS_MAX);
    while (!signal.aborted) {
      // What it ends with does not matter: it is opened again, and a sync tells what is wrong.
      await this.#listenOnce(backend, backoff, signal).catch(() => undefined);
      await sleep(backoff.next(), AbortSignal.any([signal, this.#waking.signal]));
    }
  }

  async #listenOnce(backend: string, backoff: Backoff, signal: AbortSignal): Promise<void> {
    const session = this.#sessions.of(backend);
    const { vault, device } = this.#engine.call<{ vault: string; device: string }>("vaultAccess");
    const token = await session.token(device, undefined, signal);
    let isFirst = true;
    for await (const head of session.relay.events(vault, token, signal)) {
      if (signal.aborted) return;
      if (isFirst) this.#told.answers(backend);
      isFirst = false;
      backoff.reset();
      if (head !== undefined) this.#told.notice(backend, head);
    }
  }
}
