//! A backend's client and the token of this device for it.

use runlog_core::id::DeviceId;
use runlog_core::store::{Backend, BackendId};
use runlog_core::sync::message::{Answer, Refusal, Request};

use super::Cancel;
use crate::relay::{Credentials, Exchange, RelayClient, RelayError, RelaySettings, Token};
use crate::vault::{OpenVault, VaultError};
use crate::{Error, Runlog};

/// What it takes to speak to one backend as some device of a vault.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) client: RelayClient,
    open: OpenVault,
    backend: BackendId,
    database: std::path::PathBuf,
}

impl Session {
    pub(super) fn new(
        runlog: &Runlog,
        open: &OpenVault,
        backend: &Backend,
    ) -> Result<Self, RelayError> {
        let client = RelayClient::new(RelaySettings::of(backend)?.url);
        let (open, database) = (open.clone(), runlog.path().to_owned());
        Ok(Self { client, open, backend: backend.id, database })
    }

    /// Carries a request as a device. A token that the relay takes no more, as after it was set up
    /// anew, is replaced once.
    pub(super) fn exchange(
        &self,
        device: DeviceId,
        request: &Request,
        cancel: &Cancel,
    ) -> Result<Exchange, RelayError> {
        let vault = self.open.id();
        let token = self.token(device, None, cancel)?;
        let exchange = self.client.exchange(vault, &token, request, cancel)?;
        if exchange.answer != Answer::Refused(Refusal::Unauthorised) {
            return Ok(exchange);
        }
        let token = self.token(device, Some(&token), cancel)?;
        self.client.exchange(vault, &token, request, cancel)
    }

    /// The token of a device: the one that is kept, unless it is the `refused` one, else a new one.
    pub(super) fn token(
        &self,
        device: DeviceId,
        refused: Option<&Token>,
        cancel: &Cancel,
    ) -> Result<Token, RelayError> {
        let held = Credentials::read(&self.database).map_err(|error| self.unkept(&error))?;
        if let Some(token) = held.token(self.backend, device).filter(|it| Some(it) != refused) {
            return Ok(token);
        }
        let access = self.open.access_key();
        let obtained = self.client.add_device(self.open.id(), &access, device, cancel);
        let token = obtained.map_err(|error| self.not_let_in(error))?;
        // Read again: another process may have kept one meanwhile.
        let kept = Credentials::read(&self.database)
            .and_then(|mut held| held.keep(self.backend, device, &token));
        kept.map_err(|error| self.unkept(&error))?;
        Ok(token)
    }

    /// To a relay that does not know the vault, its access key is any text.
    fn not_let_in(&self, error: RelayError) -> RelayError {
        let refusal = match &error {
            error if error.is_unauthorised() || error.is_no_vault() => Refusal::NoVault,
            RelayError::Denied { status: 403, .. } => Refusal::Unauthorised,
            _ => return error,
        };
        RelayError::Refused { relay: self.client.url().to_string(), refusal }
    }

    fn unkept(&self, error: &Error) -> RelayError {
        RelayError::Settings { detail: error.to_string() }
    }
}

impl Runlog {
    /// The client of a backend, and this device's token for it.
    pub(crate) fn client_of(
        &self,
        open: &OpenVault,
        backend: BackendId,
        cancel: &Cancel,
    ) -> Result<(RelayClient, Token), VaultError> {
        let backends = self.backends()?;
        let backend = backends.iter().find(|held| held.id == backend);
        let backend = backend.ok_or(RelayError::Settings { detail: "it is gone".to_owned() })?;
        let session = Session::new(self, open, backend)?;
        let token = session.token(self.device(), None, cancel)?;
        Ok((session.client, token))
    }
}
