//! The backends of a history: added, switched, removed; and the switch for all of them.

use runlog_core::change::ChangeNumber;
use runlog_core::store::{BACKEND_NAME_BYTES_MAX, Backend, BackendId};

use crate::relay::{Credentials, RelayClient, RelayError, RelaySettings, RelayUrl, Token};
use crate::sync::{Cancel, SyncError};
use crate::vault::OpenVault;
use crate::{Error, Runlog, system};

/// Why a backend was not added.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// There is one of that name.
    #[error("there is a backend '{name}' already")]
    Taken {
        /// The name.
        name: String,
    },
    /// A name that is none.
    #[error("the name of a backend has 1 to {BACKEND_NAME_BYTES_MAX} bytes")]
    Name,
    /// The relay does not know the vault, and only an account can make it known.
    #[error("{url} does not know this vault yet: an account there has to make room for it")]
    NeedsAccount {
        /// The relay.
        url: RelayUrl,
    },
    /// The relay.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// The history.
    #[error(transparent)]
    Runlog(#[from] Error),
}

impl Runlog {
    /// The backends that this history syncs with, in the order in which they were added.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn backends(&self) -> Result<Vec<Backend>, Error> {
        let mut backends = self.read(|history| Ok(history.tx().backends()?))?;
        backends.sort_by_key(|backend| (backend.added_at, backend.id));
        Ok(backends)
    }

    /// The backend of a name.
    ///
    /// # Errors
    /// [`SyncError::UnknownBackend`].
    pub fn backend_named(&self, name: &str) -> Result<Backend, SyncError> {
        let backends = self.backends()?;
        let found = backends.into_iter().find(|backend| backend.name == name);
        found.ok_or_else(|| SyncError::UnknownBackend { name: name.to_owned() })
    }

    /// Adds a relay, and obtains this device's token there by the vault's access key. A relay that
    /// does not know the vault makes room for it where `account` may ask for that.
    ///
    /// # Errors
    /// [`BackendError`]; nothing was added then.
    pub fn add_relay(
        &self,
        open: &OpenVault,
        name: &str,
        url: &RelayUrl,
        account: Option<&Token>,
        cancel: &Cancel,
    ) -> Result<Backend, BackendError> {
        if name.is_empty() || name.len() > BACKEND_NAME_BYTES_MAX {
            return Err(BackendError::Name);
        }
        if self.backends()?.iter().any(|backend| backend.name == name) {
            return Err(BackendError::Taken { name: name.to_owned() });
        }
        let client = RelayClient::new(url.clone());
        let (access, device) = (open.access_key(), self.device());
        if let Some(account) = account {
            client.add_vault(open.id(), &access, account, cancel)?;
        }
        let token = client.add_device(open.id(), &access, device, cancel);
        let token = token.map_err(|error| match error {
            error if error.is_unauthorised() || error.is_no_vault() => {
                BackendError::NeedsAccount { url: url.clone() }
            }
            error => error.into(),
        })?;
        let backend = Backend {
            id: system::new_backend_id(),
            name: name.to_owned(),
            settings: RelaySettings { url: url.clone() }.encode(),
            added_at: system::now(),
            enabled: true,
            sent: ChangeNumber::ZERO,
            position: Vec::new(),
        };
        Credentials::read(self.path())?.keep(backend.id, device, &token)?;
        self.write(|history| history.put_backend(&backend))?;
        Ok(backend)
    }

    /// Removes a backend with its position and this device's token. What waits for others stays.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn remove_backend(&self, id: BackendId) -> Result<(), Error> {
        self.write(|history| history.remove_backend(id))?;
        Credentials::read(self.path())?.forget(id)
    }

    /// Switches a backend on or off. What changes while it is off waits for it to be on.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn set_backend_enabled(&self, id: BackendId, enabled: bool) -> Result<(), Error> {
        self.write(|history| {
            let backends = history.reader().tx().backends()?;
            let Some(mut backend) = backends.into_iter().find(|backend| backend.id == id) else {
                return Ok(());
            };
            backend.enabled = enabled;
            history.put_backend(&backend)
        })
    }

    /// Whether syncing is switched on as a whole.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn is_sync_on(&self) -> Result<bool, Error> {
        self.read(|history| history.is_sync_on())
    }

    /// Switches all syncing on or off; each backend keeps its own switch.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn set_sync_on(&self, on: bool) -> Result<(), Error> {
        self.write(|history| history.set_sync_on(on))
    }

    /// The devices that a relay has let into the vault.
    ///
    /// # Errors
    /// [`RelayError`].
    pub fn relay_devices(
        &self,
        open: &OpenVault,
        backend: &Backend,
        cancel: &Cancel,
    ) -> Result<Vec<crate::relay::RelayDevice>, RelayError> {
        let client = RelayClient::new(RelaySettings::of(backend)?.url);
        client.devices(open.id(), &open.access_key(), cancel)
    }
}
