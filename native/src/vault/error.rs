//! What dealing with a vault can fail with. No message holds a secret.

use std::path::PathBuf;

use runlog_core::crypto::{PairingError, PhraseError, WrapError};

use crate::Error;
use crate::relay::RelayError;

/// Why a vault was not made, joined or opened. Nothing was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The history belongs to no vault.
    #[error("this history belongs to no vault")]
    None,
    /// The history belongs to a vault already.
    #[error("this history belongs to a vault already")]
    Exists,
    /// The key is that of another vault.
    #[error("this history belongs to another vault: nothing was written")]
    OtherVault,
    /// The file beside the history holds the secret of another vault.
    #[error("{} holds the secret of another vault ({vault})", path.display())]
    OtherSecret {
        /// Which vault.
        vault: String,
        /// The file.
        path: PathBuf,
    },
    /// The secret is wrapped by a passphrase.
    #[error("the vault is locked: its passphrase is needed")]
    NeedsPassphrase,
    /// The secret is no longer where it was kept.
    #[error("this device no longer has the vault's secret: its recovery phrase is needed")]
    SecretGone,
    /// The passphrase, or what it wraps.
    #[error(transparent)]
    Wrap(#[from] WrapError),
    /// The recovery phrase or the pairing code.
    #[error(transparent)]
    Phrase(#[from] PhraseError),
    /// The pairing offer.
    #[error(transparent)]
    Pairing(#[from] PairingError),
    /// The mailbox of a pairing code is empty.
    #[error(
        "no offer waits under this code: the words are others, the code was used before, or its ten \
         minutes are over"
    )]
    NoOffer,
    /// The system's key ring.
    #[error("the system's key ring cannot be used: {detail}")]
    KeyRing {
        /// What it says.
        detail: String,
    },
    /// The file of the secret is damaged.
    #[error("{} cannot be read: {detail}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The relay.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// The history.
    #[error(transparent)]
    Runlog(#[from] Error),
}

impl VaultError {
    /// The passphrase is not the one that the secret was wrapped with.
    pub fn is_wrong_passphrase(&self) -> bool {
        matches!(self, Self::Wrap(WrapError::WrongPassphrase))
    }
}
