import { RunlogError } from "../errors.js";
import { fromHex, toHex } from "../hex.js";
import type { JoinedVault, Joining, Keep, MadeVault, NewVault, Offer, VaultState } from "../vault-types.js";
import type { Backends } from "./backends.js";
import type { Engine } from "./engine.js";
import type { KeptSecret, Keychain } from "./keychain.js";
import { Relay } from "./relay.js";
import { relayUrl } from "./relay-url.js";
import type { Sessions } from "./session.js";

/** How long a relay keeps an offer, in milliseconds. */
const OFFER_MS = 10 * 60 * 1_000;

interface Note {
  readonly vault: { readonly id: string; readonly name: string } | null;
  readonly isOpen: boolean;
}

interface Phrase {
  readonly phrase: string;
}

/** The vault of the history, and where its secret is kept. */
export class VaultKeeper {
  readonly #engine: Engine;
  readonly #keychain: Keychain;
  readonly #sessions: Sessions;
  readonly #backends: Backends;

  constructor(engine: Engine, keychain: Keychain, sessions: Sessions, backends: Backends) {
    this.#engine = engine;
    this.#keychain = keychain;
    this.#sessions = sessions;
    this.#backends = backends;
  }

  /** Opens the vault where its secret is kept in the browser; otherwise it stays locked. */
  async open(): Promise<void> {
    void this.#backends.forgetOldAccounts();
    const secret = await this.#secret().catch(() => undefined);
    const phrase = secret && (await this.#keychain.phrase(secret));
    if (phrase !== undefined) this.#engine.call("vaultEnter", { phrase, name: "" });
  }

  async state(): Promise<VaultState> {
    const { vault, isOpen } = this.#note();
    if (!vault) return { state: "none" };
    const kept = (await this.#secret().catch(() => undefined))?.keptIn ?? null;
    if (isOpen) return { state: "unlocked", ...vault, keptIn: kept ?? "memory" };
    return { state: "locked", ...vault, keptIn: kept };
  }

  async create({ name, keep, seed }: NewVault & { readonly seed: string }): Promise<MadeVault> {
    const { id, phrase } = this.#engine.call<MadeVault>("vaultGenerate", { seed });
    await this.#enter({ phrase, name, keep }, true);
    return { id, phrase };
  }

  async join(joining: Joining): Promise<JoinedVault> {
    if ("phrase" in joining) {
      const { phrase, name = "vault", keep } = joining;
      return this.#enter({ phrase, name, keep }, false);
    }
    const url = relayUrl(joining.relay);
    const offer = await this.#take(joining.code, url);
    const joined = await this.#enter({ ...offer, keep: joining.keep }, false);
    await this.#backends.addUnlessThere(url);
    return joined;
  }

  async unlock(passphrase: string): Promise<void> {
    const { vault, isOpen } = this.#note();
    if (!vault) throw new RunlogError("noVault", "this history belongs to no vault");
    const secret = await this.#secret();
    if (!secret?.wrapped) {
      if (isOpen) return;
      throw new RunlogError("secretGone", "this browser has no secret that a passphrase opens: the phrase is needed");
    }
    const { phrase } = this.#engine.call<Phrase>("vaultUnwrap", { wrapped: secret.wrapped, passphrase });
    this.#engine.call("vaultEnter", { phrase, name: vault.name });
  }

  phrase(): string {
    return this.#engine.call<Phrase>("vaultPhrase").phrase;
  }

  async offer(backend: string): Promise<Offer> {
    const { signal } = new AbortController();
    const session = this.#sessions.of(backend);
    const { device } = this.#engine.call<{ device: string }>("vaultAccess");
    const token = await session.token(device, undefined, signal);
    const relay = session.relay.url;
    const sealed = this.#engine.call<{ code: string; mailbox: string; offer: string }>("pairingOffer", { relay });
    await session.relay.putMailbox(sealed.mailbox, fromHex(sealed.offer), token, signal);
    return { code: sealed.code, expiresAt: Date.now() + OFFER_MS };
  }

  async #take(code: string, url: string): Promise<{ phrase: string; name: string }> {
    const { mailbox } = this.#engine.call<{ mailbox: string }>("pairingMailbox", { code });
    const sealed = await new Relay(url).takeMailbox(mailbox, new AbortController().signal);
    if (!sealed) {
      const why = "the words are others, the code was used before, or its ten minutes are over";
      throw new RunlogError("noOffer", `no offer waits under this code: ${why}`);
    }
    const { phrase, name } = this.#engine.call<{ phrase: string; name: string }>("pairingOpen", { offer: toHex(sealed) });
    return { phrase, name };
  }

  /** The secret first: a history of a vault whose secret nobody ever saw would be stuck. */
  async #enter({ phrase, name, keep }: Entered, isNew: boolean): Promise<JoinedVault> {
    const { id } = this.#engine.call<{ id: string }>("vaultCheck", { phrase, name, isNew });
    await this.#keep(id, phrase, keep ?? { in: "browser" });
    return this.#engine.call("vaultEnter", { phrase, name });
  }

  async #keep(vault: string, phrase: string, keep: Keep): Promise<void> {
    switch (keep.in) {
      case "browser":
        return this.#keychain.keep({ vault, keptIn: "browser" }, phrase);
      case "passphrase": {
        const { passphrase } = keep;
        const { wrapped } = this.#engine.call<{ wrapped: string }>("vaultWrap", { phrase, passphrase });
        return this.#keychain.keep({ vault, keptIn: "passphrase", wrapped }, phrase);
      }
      case "memory":
        if (await this.#secret()) await this.#keychain.forgetSecret();
    }
  }

  #note(): Note {
    return this.#engine.call("vaultNote");
  }

  /** The secret that is kept, where it is that of this history's vault. */
  async #secret(): Promise<KeptSecret | undefined> {
    const { vault } = this.#note();
    const secret = vault ? await this.#keychain.secret() : undefined;
    return secret?.vault === vault?.id ? secret : undefined;
  }
}

interface Entered {
  readonly phrase: string;
  readonly name: string;
  readonly keep: Keep | undefined;
}
