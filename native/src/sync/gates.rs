//! What a history says about whether it may be synced.

use runlog_core::change::ChangeNumber;
use runlog_core::store::Backend;
use runlog_core::sync::schedule::Gates;

use crate::Runlog;
use crate::sync::SyncError;
use crate::vault::{OpenVault, VaultError, VaultState};

/// What was read of a history.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) gates: Gates,
    /// The vault, where its key is at hand.
    pub(super) open: Option<OpenVault>,
    /// Backends that take part.
    pub(super) backends: Vec<Backend>,
    /// The newest change.
    pub(super) newest: ChangeNumber,
}

impl Standing {
    /// Reads it. `given` is a key that was handed over, in place of the one that is kept.
    pub(super) fn read(runlog: &Runlog, given: Option<&OpenVault>) -> Result<Self, SyncError> {
        let (note, is_on, backends, newest) = runlog.read(|history| {
            let tx = history.tx();
            Ok((history.vault()?, history.is_sync_on()?, tx.backends()?, tx.counters()?.change))
        })?;
        let open = match given {
            Some(given) => note
                .as_ref()
                .is_some_and(|note| note.check(given.vault().keys()).is_ok())
                .then(|| given.clone()),
            None => match runlog.vault_state() {
                Ok(VaultState::Unlocked(_, open)) => Some(open),
                Ok(_) | Err(VaultError::OtherVault) => None,
                Err(error) => return Err(error.into()),
            },
        };
        let backends: Vec<Backend> = backends.into_iter().filter(|held| held.enabled).collect();
        let gates = Gates {
            has_vault: note.is_some(),
            is_unlocked: open.is_some(),
            is_on,
            backends: backends.len(),
        };
        Ok(Self { gates, open, backends, newest })
    }

    /// Whether something was written that a backend does not have.
    pub(super) fn waits(&self) -> bool {
        self.backends.iter().any(|backend| backend.sent < self.newest)
    }
}
