//! What a history says about whether it may be synced.

use runlog_core::sync::readiness::Readiness;
use runlog_core::sync::schedule::Gates;

use crate::Runlog;
use crate::sync::SyncError;
use crate::vault::{OpenVault, VaultError, VaultState};

/// What was read of a history.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) readiness: Readiness,
    /// The vault, where its key is at hand.
    pub(super) open: Option<OpenVault>,
}

impl Standing {
    /// Reads it. `given` is a key that was handed over, in place of the one that is kept.
    pub(super) fn read(runlog: &Runlog, given: Option<&OpenVault>) -> Result<Self, SyncError> {
        let readiness = runlog.read(|history| history.sync_readiness())?;
        let open = match given {
            Some(given) => readiness
                .vault
                .as_ref()
                .is_some_and(|note| note.check(given.vault().keys()).is_ok())
                .then(|| given.clone()),
            None => match runlog.vault_state() {
                Ok(VaultState::Unlocked(_, open)) => Some(open),
                Ok(_) | Err(VaultError::OtherVault) => None,
                Err(error) => return Err(error.into()),
            },
        };
        Ok(Self { readiness, open })
    }

    /// What has to be so before anything can be synced.
    pub(super) fn gates(&self) -> Gates {
        self.readiness.gates(self.open.is_some())
    }
}
