import type { AddedBackend, Device, NewBackend } from "../sync-types.js";
import type { Access, Engine } from "./engine.js";
import type { Keychain } from "./keychain.js";
import { RelayError } from "./relay-error.js";
import { hostOf, relayUrl } from "./relay-url.js";
import { Relay } from "./relay.js";
import { letIn, type BackendEntry, type Sessions } from "./session.js";

/** How the code that makes the first account begins. */
const SETUP_CODE = "rlsetup";
/** What the account is called that a set-up code makes. */
const ACCOUNT = "browser";

/** The backends of the history. */
export class Backends {
  readonly #engine: Engine;
  readonly #keychain: Keychain;
  readonly #sessions: Sessions;

  constructor(engine: Engine, keychain: Keychain, sessions: Sessions) {
    this.#engine = engine;
    this.#keychain = keychain;
    this.#sessions = sessions;
  }

  async add({ id, name, url, code }: NewBackend & { readonly id: string }): Promise<AddedBackend> {
    const at = relayUrl(url);
    const entry = { id, name: name ?? hostOf(at), url: at };
    const known = this.#sessions.backends().find((held) => held.id === id);
    if (known) return { ...known, accountToken: await this.#accountToken(id) };
    this.#engine.call("addBackend", { ...entry, dry: true });
    const access = this.#engine.call<Access>("vaultAccess");
    const { token, accountToken } = await this.#obtain(id, new Relay(at), access, code);
    await this.#keychain.keepToken(id, access.device, token).catch(() => undefined);
    return { ...this.#engine.call<BackendEntry>("addBackend", entry), accountToken };
  }

  /** Adds a relay under the name of its host, unless one with its address is there. */
  async addUnlessThere(url: string): Promise<void> {
    if (this.#sessions.backends().some((held) => held.url === url)) return;
    await this.add({ id: crypto.randomUUID(), url });
  }

  async remove(id: string): Promise<void> {
    this.#engine.call("removeBackend", { id });
    await this.#keychain.forgetToken(id);
  }

  enable(id: string, enabled: boolean): void {
    this.#engine.call("enableBackend", { id, enabled });
  }

  /** Switches all of them. */
  enableAll(on: boolean): void {
    this.#engine.call("enable", { on });
  }

  /** The devices that the relays which take part have let in. */
  async devices(): Promise<readonly Device[]> {
    const access = this.#engine.call<Access>("vaultAccess");
    const { signal } = new AbortController();
    const taking = this.#sessions.backends().filter(({ enabled }) => enabled);
    const asked = taking.map(async ({ id: backendId, url }) => {
      const devices = await new Relay(url).devices(access, signal);
      return devices.map(({ device, role, created_at, seen_at, revoked }) => ({
        backendId,
        id: device,
        isThis: device === access.device,
        role,
        createdAt: Date.parse(created_at),
        seenAt: seen_at === null ? null : Date.parse(seen_at),
        revoked,
      }));
    });
    return (await Promise.all(asked)).flat();
  }

  /** Forgets the tokens of accounts whose time is over. */
  async forgetOldAccounts(): Promise<void> {
    for (const { id } of this.#sessions.backends()) await this.#accountToken(id);
  }

  /** This device's token. A relay that does not know the vault makes room for it by `code`. */
  async #obtain(
    id: string,
    relay: Relay,
    access: Access,
    code: string | undefined,
  ): Promise<{ token: string; accountToken: string | null }> {
    const { signal } = new AbortController();
    const held = await this.#accountToken(id);
    try {
      return { token: await letIn(relay, access, signal), accountToken: held };
    } catch (error) {
      if (!(error instanceof RelayError) || error.code !== "needsAccount" || !code) throw error;
    }
    const told = code.trim();
    const made = told.startsWith(SETUP_CODE);
    const accountToken = made ? (held ?? (await this.#account(id, relay, told, signal))) : null;
    await relay.addVault(access, accountToken ?? told, signal);
    return { token: await letIn(relay, access, signal), accountToken };
  }

  /** The token of the account that a set-up code makes, once: kept, so that whoever goes on with the call has it. */
  async #account(id: string, relay: Relay, code: string, signal: AbortSignal): Promise<string> {
    const token = await relay.addAccount(ACCOUNT, code, signal);
    await this.#keychain.keepAccountToken(id, token).catch(() => undefined);
    return token;
  }

  /** The token of the account that was made to add a backend, where one was. */
  async #accountToken(id: string): Promise<string | null> {
    return (await this.#keychain.accountToken(id).catch(() => undefined)) ?? null;
  }
}
