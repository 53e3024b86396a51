import { toHex } from "./hex.js";
import { Live } from "./live.js";
import type { Rpc } from "./rpc.js";
import type { JoinedVault, Joining, MadeVault, NewVault, Offer, VaultState } from "./vault-types.js";

/**
 * The vault of a history: what its devices share through relays that cannot read it. A history belongs to
 * one vault for good.
 */
export class Vault {
  readonly #rpc: Rpc;

  /** @internal */
  constructor(rpc: Rpc) {
    this.#rpc = rpc;
  }

  /** How the history stands toward its vault. */
  state(): Promise<VaultState> {
    return this.#rpc.call("vault.state", {});
  }

  /** How it stands, kept up to date. */
  live(): Live<VaultState> {
    return new Live(this.#rpc, () => this.state(), "sync");
  }

  /**
   * Makes a new vault.
   *
   * @throws RunlogError `vaultExists` where the history has one; `keep` where the secret cannot be kept.
   */
  create(vault: NewVault): Promise<MadeVault> {
    // A call that is sent again makes the same vault, so that no phrase is lost with a worker.
    const seed = toHex(crypto.getRandomValues(new Uint8Array(32)));
    return this.#rpc.call("vault.create", { ...vault, seed });
  }

  /**
   * Joins a vault. Where the history belongs to it already, the secret is only kept anew: after it got lost,
   * or in another way.
   *
   * @throws RunlogError `phrase` for mistaken words, `otherVault` where the history belongs to another one,
   * `noOffer` and `wrongCode` of a pairing code, and what the relay says.
   */
  join(joining: Joining): Promise<JoinedVault> {
    return this.#rpc.call("vault.join", joining);
  }

  /**
   * Opens a vault whose secret is wrapped by a passphrase.
   *
   * @throws RunlogError `wrongPassphrase`, `secretGone` where the phrase is needed, `noVault`.
   */
  unlock(passphrase: string): Promise<void> {
    return this.#rpc.call("vault.unlock", { passphrase });
  }

  /**
   * The recovery phrase, to be shown again.
   *
   * @throws RunlogError `locked`, `noVault`.
   */
  phrase(): Promise<string> {
    return this.#rpc.call("vault.phrase", {});
  }

  /**
   * Leaves an offer of the vault at a backend, for another device that is given the code.
   *
   * @throws RunlogError `locked`, `unknownBackend`, and what the relay says.
   */
  offer(backend: string): Promise<Offer> {
    return this.#rpc.call("vault.offer", { backend });
  }
}
