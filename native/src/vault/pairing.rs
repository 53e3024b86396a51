//! Bringing the secret to another device by a code of eight words, through a relay.

use std::fmt;

use runlog_core::crypto::{PairingCode, PairingPayload};
use runlog_core::store::BackendId;

use super::error::VaultError;
use super::{Keeping, OpenVault};
use crate::Runlog;
use crate::relay::{RelayClient, RelayUrl};
use crate::sync::Cancel;
use crate::system;

/// What another device offered under a pairing code.
pub struct Offer(PairingPayload);

impl fmt::Debug for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offer").field("relay", &self.0.relay_url).finish_non_exhaustive()
    }
}

impl Offer {
    /// Takes the offer that waits at a relay under a code. It can be taken once.
    ///
    /// # Errors
    /// [`VaultError::NoOffer`] where none waits, and what else stands in the way.
    pub fn take(url: &RelayUrl, code: &PairingCode, cancel: &Cancel) -> Result<Self, VaultError> {
        let key = code.stretch()?;
        let sealed = RelayClient::new(url.clone()).take_mailbox(key.mailbox(), cancel)?;
        Ok(Self(key.open(&sealed.ok_or(VaultError::NoOffer)?)?))
    }

    /// What people call the vault.
    pub fn vault_name(&self) -> &str {
        &self.0.vault_name
    }

    /// Where the relay is, as the other device reaches it.
    pub fn relay_url(&self) -> &str {
        &self.0.relay_url
    }
}

impl Runlog {
    /// Joins the vault of an offer.
    ///
    /// # Errors
    /// As [`Runlog::join_vault`].
    pub fn join_offered(
        &self,
        offer: &Offer,
        keeping: Keeping<'_>,
    ) -> Result<OpenVault, VaultError> {
        let open = OpenVault::new(offer.0.secret.clone(), offer.0.vault_name.clone());
        self.enter_vault(open, keeping, false)
    }

    /// Leaves an offer of the vault's secret at a backend, under a new code, for ten minutes. Who
    /// types the code on another device joins.
    ///
    /// # Errors
    /// Where the relay does not take it.
    pub fn offer_vault(
        &self,
        open: &OpenVault,
        backend: BackendId,
        cancel: &Cancel,
    ) -> Result<PairingCode, VaultError> {
        let (client, token) = self.client_of(open, backend, cancel)?;
        let mut entropy = system::entropy();
        let code = PairingCode::generate(&mut entropy);
        let payload = PairingPayload {
            secret: open.secret.clone(),
            relay_url: client.url().to_string(),
            vault_name: open.name.clone(),
        };
        let (mailbox, offer) = code.stretch()?.seal(&payload, &mut entropy)?;
        client.put_mailbox(mailbox, &offer, &token, cancel)?;
        Ok(code)
    }
}
