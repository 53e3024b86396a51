//! What keeps a sync from beginning. What happens to one under way is in its run.

use std::path::PathBuf;

use runlog_core::sync::readiness::CannotSync;

use crate::Error;
use crate::relay::RelayError;
use crate::vault::VaultError;

/// Why no sync was run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// Syncing is switched off.
    #[error("syncing is switched off")]
    Off,
    /// There is no backend to sync with.
    #[error("there is no backend to sync with")]
    NoBackend,
    /// A backend that was named is not there.
    #[error("there is no backend '{name}'")]
    UnknownBackend {
        /// How it was named.
        name: String,
    },
    /// The key is that of another vault.
    #[error("the key is that of another vault: nothing was written")]
    OtherVault,
    /// Another process syncs this history.
    #[error("another process is syncing this history ({} is locked)", path.display())]
    Busy {
        /// The lock.
        path: PathBuf,
    },
    /// It was told to stop before it began.
    #[error("stopped")]
    Cancelled,
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The relay.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// The history.
    #[error(transparent)]
    Runlog(#[from] Error),
}

impl From<CannotSync> for SyncError {
    fn from(cannot: CannotSync) -> Self {
        match cannot {
            CannotSync::NoVault => VaultError::None.into(),
            CannotSync::Off => Self::Off,
            CannotSync::NoBackend => Self::NoBackend,
            CannotSync::UnknownBackend(id) => Self::UnknownBackend { name: id.to_string() },
            _ => Self::OtherVault,
        }
    }
}

impl From<runlog_core::history::HistoryError> for SyncError {
    fn from(error: runlog_core::history::HistoryError) -> Self {
        Self::Runlog(error.into())
    }
}
