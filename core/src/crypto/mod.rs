//! The keys of a vault, and what is done with them.
//!
//! A vault is one history that several devices share through a relay that must not read it. All of
//! it hangs on one [`VaultSecret`], 32 random bytes that a person keeps as 24 words. From it come,
//! by HKDF-SHA256 (RFC 5869), each with a label of its own:
//!
//! | derived | who sees it | what for |
//! |---|---|---|
//! | [`VaultId`](crate::sealed::VaultId) | relay | which vault is meant |
//! | [`AccessKey`] | relay, once per request | proves that the holder belongs to the vault |
//! | [`IndexKey`] | devices | opaque table tags, row keys, marks and cell tags; never rotated |
//! | data key of generation 1 | devices | [`seal`] and [`open`] of values |
//! | canary key | devices | [`Canary`]: tells a wrong secret before anything is written |
//!
//! Later generations of data keys are random and join the ring of [`VaultKeys`].
//!
//! The secret rests on a device wrapped by a passphrase ([`WrappedSecret`]) and reaches another
//! device by a code of eight words ([`PairingCode`]).
//!
//! Nothing here does I/O or draws randomness; nonces and salts are handed in or come from an
//! [`Entropy`](crate::entropy::Entropy). Ciphers, hashes and the word list are those of well-kept
//! crates; this module only says what goes into them. Secrets are wiped when dropped (as far as a
//! program can: copies that the compiler made by moving them are out of reach), never shown by
//! `Debug`, and compared in constant time.
//!
//! ```
//! use runlog_core::clock::Clock;
//! use runlog_core::crypto::{self, SealedHeader, VaultSecret};
//!
//! # let mut random = |bytes: &mut [u8]| bytes.fill(7);
//! let secret = VaultSecret::generate(&mut random);
//! let keys = secret.keys();
//! let index = keys.index();
//! let header = SealedHeader {
//!     table: index.table_tag("executions"),
//!     row: index.row_key("executions", b"row"),
//!     marks: &[index.mark("executions", "note")],
//!     clock: Clock::ZERO,
//!     key: keys.current(),
//! };
//! let nonce = [9; 24]; // Random, and new for each value.
//! let sealed = crypto::seal(&keys, &header, b"a note", nonce)?;
//! assert_eq!(crypto::open(&keys, &header, nonce, &sealed)?, b"a note");
//!
//! let elsewhere = SealedHeader { row: index.row_key("executions", b"other"), ..header };
//! assert!(crypto::open(&keys, &elsewhere, nonce, &sealed).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod canary;
mod derive;
mod index;
mod keys;
mod opaque;
mod padding;
mod pairing;
mod phrase;
mod seal;
mod secret;
mod stretch;
mod wrap;

pub use canary::{Canary, WrongKey};
pub use index::IndexKey;
pub use keys::{DataKey, KEYS_MAX, KeyRingError, VaultKeys};
pub use padding::PADDED_BYTES_MIN;
pub use pairing::{
    OFFER_BYTES_MAX, PairingCode, PairingError, PairingKey, PairingPayload, RELAY_URL_BYTES_MAX,
    VAULT_NAME_BYTES_MAX,
};
pub use phrase::PhraseError;
pub use seal::{
    OpenError, PLAIN_BYTES_MAX, SEAL_OVERHEAD_BYTES, SealError, SealedHeader, open, seal,
    sealed_len,
};
pub use secret::{AccessKey, AccessVerifier, VaultSecret};
pub use stretch::{InvalidStretchParams, OutOfMemory, StretchParams};
pub use wrap::{WrapError, WrappedSecret};

/// Length of a nonce of XChaCha20-Poly1305 in bytes: long enough that random ones never repeat.
pub const NONCE_BYTES: usize = 24;
/// Length of the tag that XChaCha20-Poly1305 appends, in bytes.
pub const TAG_BYTES: usize = 16;
