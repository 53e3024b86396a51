//! Bringing the vault's secret to another device, by a code of eight words.

use std::fmt;

use runlog_core::crypto::{PairingCode, PairingError, PairingPayload};
use runlog_core::entropy::Entropy;
use runlog_core::store::Store;
use serde_json::{Value, json};

use super::super::arguments::arguments;
use super::super::shape::{from_hex, hex};
use super::super::{Api, ApiError};

arguments! {
    /// Seals the secret for another device.
    #[derive(Debug)]
    pub(super) struct Offer {
        /// The address of the relay, as other devices reach it.
        relay: String,
    }

    /// Asks where an offer waits.
    pub(super) struct Mailbox {
        code: String,
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mailbox(…)")
    }
}

arguments! {
    /// Opens an offer by the code that was given last.
    #[derive(Debug)]
    pub(super) struct Open {
        /// What waited in the mailbox.
        offer: String,
    }
}

impl<S: Store> Api<S> {
    pub(super) fn offer(
        &mut self,
        offer: &Offer,
        entropy: &mut dyn Entropy,
    ) -> Result<Value, ApiError> {
        let open = self.open_vault()?;
        let payload = PairingPayload {
            secret: open.secret.clone(),
            relay_url: offer.relay.clone(),
            vault_name: open.name.clone(),
        };
        let code = PairingCode::generate(entropy);
        let sealed = code.stretch().and_then(|key| key.seal(&payload, entropy));
        let (mailbox, offer) = sealed.map_err(|error| pairing_error(&error))?;
        let mailbox = mailbox.to_string();
        Ok(json!({ "code": *code.words(), "mailbox": mailbox, "offer": hex(&offer) }))
    }

    pub(super) fn mailbox(&mut self, mailbox: &Mailbox) -> Result<Value, ApiError> {
        let code = PairingCode::parse(&mailbox.code)
            .map_err(|error| ApiError::refused("phrase", error.to_string()))?;
        let key = code.stretch().map_err(|error| pairing_error(&error))?;
        let name = key.mailbox().to_string();
        self.held.pairing = Some(key);
        Ok(json!({ "mailbox": name }))
    }

    pub(super) fn open_offer(&mut self, open: &Open) -> Result<Value, ApiError> {
        let missing = || ApiError::invalid("code", "none was given");
        let key = self.held.pairing.take().ok_or_else(missing)?;
        let offer = from_hex(&open.offer).unwrap_or_default();
        let payload = key.open(&offer).map_err(|error| pairing_error(&error))?;
        let phrase = payload.secret.phrase();
        let (name, relay) = (payload.vault_name, payload.relay_url);
        Ok(json!({ "phrase": *phrase, "name": name, "relay": relay }))
    }
}

fn pairing_error(error: &PairingError) -> ApiError {
    let code = match error {
        PairingError::WrongCode | PairingError::Decode(_) => "wrongCode",
        _ => "failed",
    };
    ApiError::refused(code, error.to_string())
}
