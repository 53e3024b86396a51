import { RunlogError } from "../errors.js";
import type { KeptIn } from "../vault-types.js";
import type { Kept } from "./kept.js";

/** A text, sealed by a key that cannot be read out. */
interface Sealed {
  readonly nonce: Uint8Array;
  readonly bytes: ArrayBuffer;
}

/** A vault's secret as it rests. */
export interface KeptSecret {
  readonly vault: string;
  readonly keptIn: Exclude<KeptIn, "memory">;
  /** The phrase, sealed. */
  readonly sealed?: Sealed;
  /** The phrase, wrapped by a passphrase, in hexadecimal digits. */
  readonly wrapped?: string;
}

/** A backend's token, and whose it is. */
interface KeptToken {
  readonly device: string;
  readonly token: Sealed;
}

/** The token of an account, and since when it is kept. */
interface KeptAccount {
  readonly at: number;
  readonly token: Sealed;
}

/** How long the token of an account is kept for a page that was not answered yet: an hour. */
const ACCOUNT_KEPT_MS = 60 * 60 * 1_000;

/**
 * The secret of a history's vault and the tokens of its devices. They lie beside the database, never in it:
 * an export of it that is given away lets nobody in.
 *
 * What is sealed here is sealed by AES-GCM under a key of WebCrypto that is not extractable. Scripts of this
 * origin can use the key, and a copy of the browser's whole profile has it: see `docs/security.md`.
 */
export class Keychain {
  readonly #kept: Kept;
  readonly #name: string;
  #key: Promise<CryptoKey> | undefined;

  constructor(kept: Kept, name: string) {
    this.#kept = kept;
    this.#name = name;
  }

  /** The secret that is kept. */
  secret(): Promise<KeptSecret | undefined> {
    return this.#kept.get(this.#secretKey);
  }

  /**
   * Keeps a secret. One of another vault is put aside, not overwritten: perhaps nobody wrote its phrase down.
   *
   * @throws RunlogError `keep`.
   */
  async keep(secret: Omit<KeptSecret, "sealed">, phrase: string): Promise<void> {
    try {
      const before = await this.secret();
      if (before && before.vault !== secret.vault) await this.#kept.put(`${this.#secretKey} ${before.vault}`, before);
      const sealed = secret.keptIn === "browser" ? { sealed: await this.#seal(phrase) } : {};
      await this.#kept.put(this.#secretKey, { ...secret, ...sealed } satisfies KeptSecret);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      throw new RunlogError("keep", `this browser does not keep the vault's secret: ${detail}`);
    }
  }

  /** Forgets the secret. */
  forgetSecret(): Promise<void> {
    return this.#kept.delete(this.#secretKey);
  }

  /** The phrase of a secret that is kept in the browser; `undefined` where it cannot be read any more. */
  async phrase(secret: KeptSecret): Promise<string | undefined> {
    try {
      return secret.sealed && (await this.#open(secret.sealed));
    } catch {
      return undefined;
    }
  }

  /** The token of a device for a backend. Others are obtained where it cannot be read. */
  async token(backend: string, device: string): Promise<string | undefined> {
    try {
      const held = await this.#kept.get<KeptToken>(this.#tokenKey(backend));
      return held?.device === device ? await this.#open(held.token) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Keeps the token of a device, in place of that of an earlier one. */
  async keepToken(backend: string, device: string, token: string): Promise<void> {
    const held = { device, token: await this.#seal(token) };
    await this.#kept.put(this.#tokenKey(backend), held satisfies KeptToken);
  }

  /** Forgets the token for a backend. */
  async forgetToken(backend: string): Promise<void> {
    await this.#kept.delete(this.#tokenKey(backend));
    await this.#kept.delete(this.#accountKey(backend));
  }

  /** The token of the account that was made to add a backend, for a while. */
  async accountToken(backend: string): Promise<string | undefined> {
    const held = await this.#kept.get<KeptAccount>(this.#accountKey(backend));
    if (!held) return undefined;
    if (Date.now() - held.at < ACCOUNT_KEPT_MS) return this.#open(held.token);
    await this.#kept.delete(this.#accountKey(backend));
    return undefined;
  }

  /** Keeps the token of an account: the code that made it makes no other one. */
  async keepAccountToken(backend: string, token: string): Promise<void> {
    const held = { at: Date.now(), token: await this.#seal(token) };
    await this.#kept.put(this.#accountKey(backend), held satisfies KeptAccount);
  }

  get #secretKey(): string {
    return `vault ${this.#name}`;
  }

  #tokenKey(backend: string): string {
    return `token ${this.#name} ${backend}`;
  }

  #accountKey(backend: string): string {
    return `account ${this.#name} ${backend}`;
  }

  async #seal(text: string): Promise<Sealed> {
    const nonce = crypto.getRandomValues(new Uint8Array(12));
    const bytes = new TextEncoder().encode(text);
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, await this.#sealingKey(), bytes);
    return { nonce, bytes: sealed };
  }

  async #open({ nonce, bytes }: Sealed): Promise<string> {
    const iv = new Uint8Array(nonce);
    const opened = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await this.#sealingKey(), bytes);
    return new TextDecoder().decode(opened);
  }

  #sealingKey(): Promise<CryptoKey> {
    const made = async () => {
      const held = await this.#kept.get<CryptoKey>("key");
      if (held) return held;
      const algorithm = { name: "AES-GCM", length: 256 };
      const key = await crypto.subtle.generateKey(algorithm, false, ["encrypt", "decrypt"]);
      return this.#kept.putIfAbsent("key", key);
    };
    this.#key ??= made();
    this.#key.catch(() => (this.#key = undefined));
    return this.#key;
  }
}
