import type { Millis } from "./types.js";

/**
 * How this browser keeps a vault's secret.
 *
 * - `browser`: in IndexedDB, wrapped by a key of WebCrypto that no script can read out. Every tab of the
 *   origin opens it without asking.
 * - `passphrase`: in IndexedDB, wrapped by a passphrase (Argon2id), asked for when a worker takes over.
 * - `memory`: nowhere. It ends with the worker that owns the database, and the phrase is needed again.
 */
export type KeptIn = "browser" | "passphrase" | "memory";

/** How a vault's secret is to be kept. */
export type Keep =
  | { readonly in: "browser" }
  | { readonly in: "passphrase"; readonly passphrase: string }
  | { readonly in: "memory" };

/**
 * How a history stands toward its vault: of none; of one whose secret is not at hand (`keptIn` is `null`
 * where it is gone, and the recovery phrase is needed); or of one that is open.
 */
export type VaultState =
  | { readonly state: "none" }
  | { readonly state: "locked"; readonly id: string; readonly name: string; readonly keptIn: KeptIn | null }
  | { readonly state: "unlocked"; readonly id: string; readonly name: string; readonly keptIn: KeptIn };

/** How a vault is made. */
export interface NewVault {
  /** What people call it: 1 to 255 bytes. */
  readonly name: string;
  /** `browser` unless given. */
  readonly keep?: Keep;
}

/** A vault that was made. */
export interface MadeVault {
  readonly id: string;
  /** The recovery phrase: 24 words. Who has them reads the history of every device. */
  readonly phrase: string;
}

/** How a vault that other devices have is joined: by its recovery phrase, or by a pairing code. */
export type Joining =
  | { readonly phrase: string; readonly name?: string; readonly keep?: Keep }
  | {
      /** The eight words that another device shows. */
      readonly code: string;
      /** The address of the relay where that device left its offer. It becomes a backend. */
      readonly relay: string;
      readonly keep?: Keep;
    };

/** A vault that was joined. */
export interface JoinedVault {
  readonly id: string;
  readonly name: string;
}

/** An offer of the vault to another device. */
export interface Offer {
  /** Eight words, joined by `-`, to be typed on the other device. */
  readonly code: string;
  /** When the relay forgets it. */
  readonly expiresAt: Millis;
}
