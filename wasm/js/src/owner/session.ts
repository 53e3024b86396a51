import { RunlogError } from "../errors.js";
import type { Access, Engine } from "./engine.js";
import type { Keychain } from "./keychain.js";
import { RelayError } from "./relay-error.js";
import { Relay } from "./relay.js";

/** What it takes to speak to one backend as some device of the vault. */
export class Session {
  readonly relay: Relay;
  readonly #backend: string;
  readonly #engine: Engine;
  readonly #keychain: Keychain;

  constructor(engine: Engine, keychain: Keychain, backend: string, url: string) {
    this.#engine = engine;
    this.#keychain = keychain;
    this.#backend = backend;
    this.relay = new Relay(url);
  }

  /**
   * The token of a device: the one that is kept, unless it is the `refused` one, else a new one.
   *
   * @throws RelayError `unauthorised` where the device is shut out, `needsAccount` where the relay does not know
   * the vault.
   */
  async token(device: string, refused: string | undefined, signal: AbortSignal): Promise<string> {
    const held = await this.#keychain.token(this.#backend, device);
    if (held !== undefined && held !== refused) return held;
    const access = { ...this.#engine.call<Access>("vaultAccess"), device };
    const token = await letIn(this.relay, access, signal);
    // Without a place to keep it, another one is obtained the next time.
    await this.#keychain.keepToken(this.#backend, device, token).catch(() => undefined);
    return token;
  }
}

/** Obtains a token for a device by the vault's access key. */
export async function letIn(relay: Relay, access: Access, signal: AbortSignal): Promise<string> {
  try {
    return await relay.addDevice(access, signal);
  } catch (error) {
    if (!(error instanceof RelayError)) throw error;
    const { status } = error;
    if (error.code !== "unauthorised" && error.code !== "refused") throw error;
    // To a relay that does not know the vault, its access key is any text.
    if (status === 401 || status === 404) {
      const message = `${relay.url} does not know this vault: an account there has to make room for it`;
      throw new RelayError("needsAccount", message, { status });
    }
    if (status === 403) {
      throw new RelayError("unauthorised", `${relay.url} has shut this device out`, { status });
    }
    throw error;
  }
}

/** A backend as the engine names it. */
export interface BackendEntry {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly enabled: boolean;
}

/** The sessions of all backends, made as they are needed. */
export class Sessions {
  readonly #engine: Engine;
  readonly #keychain: Keychain;

  constructor(engine: Engine, keychain: Keychain) {
    this.#engine = engine;
    this.#keychain = keychain;
  }

  /** All backends. */
  backends(): readonly BackendEntry[] {
    return this.#engine.call("backends");
  }

  /** @throws RunlogError `unknownBackend`. */
  of(backend: string): Session {
    const entry = this.backends().find(({ id }) => id === backend);
    if (!entry) throw new RunlogError("unknownBackend", `there is no backend '${backend}'`);
    return new Session(this.#engine, this.#keychain, backend, entry.url);
  }
}
