//! What a relay is asked beside records: accounts, vaults, devices, pairing.

use runlog_core::crypto::{AccessKey, OFFER_BYTES_MAX};
use runlog_core::id::DeviceId;
use runlog_core::sealed::{MailboxId, VaultId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::client::RelayClient;
use super::credentials::Token;
use super::error::RelayError;
use crate::sync::Cancel;

const JSON: &str = "application/json";
const BYTES: &str = "application/octet-stream";

/// What a device may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AccessLevel {
    /// Read.
    Reader,
    /// Read and write.
    Writer,
    /// Decide who else may.
    Owner,
}

/// A device as a relay knows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RelayDevice {
    /// The device.
    #[serde(deserialize_with = "device_id")]
    pub device: DeviceId,
    /// What it may do; nothing where its account is shut out.
    pub role: Option<AccessLevel>,
    /// When it was let in, RFC 3339.
    pub created_at: String,
    /// When it last asked for something, RFC 3339.
    pub seen_at: Option<String>,
    /// Whether it was shut out.
    pub revoked: bool,
}

fn device_id<'de, D: serde::Deserializer<'de>>(from: D) -> Result<DeviceId, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

#[derive(Deserialize)]
struct Handed {
    token: String,
}

impl RelayClient {
    /// Makes an account, with the set-up code of a new relay or the token of an account that may
    /// invite. Gives the account's token, which is told once.
    ///
    /// # Errors
    /// [`RelayError`].
    pub fn add_account(
        &self,
        name: &str,
        code: &Token,
        cancel: &Cancel,
    ) -> Result<Token, RelayError> {
        let asked = json!({ "name": name });
        let handed: Handed = self.post("/v1/accounts", code, &asked, cancel)?;
        Ok(Token::new(&handed.token))
    }

    /// Makes room for a vault, owned by an account. Making it again changes nothing.
    ///
    /// # Errors
    /// [`RelayError`].
    pub fn add_vault(
        &self,
        vault: VaultId,
        access: &AccessKey,
        account: &Token,
        cancel: &Cancel,
    ) -> Result<(), RelayError> {
        let verifier = hex(access.verifier().as_bytes());
        let asked = json!({ "vault": vault.to_string(), "verifier": verifier });
        let body = asked.to_string();
        let body = Some((JSON, body.as_bytes()));
        self.call(cancel, "POST", "/v1/vaults", Some(account), body).map(|_| ())
    }

    /// Obtains a token for a device, by the vault's access key.
    ///
    /// # Errors
    /// [`RelayError`]; of the kind of no authority also where the relay does not know the vault.
    pub fn add_device(
        &self,
        vault: VaultId,
        access: &AccessKey,
        device: DeviceId,
        cancel: &Cancel,
    ) -> Result<Token, RelayError> {
        let asked = json!({ "device": device });
        let path = format!("/v1/vaults/{vault}/devices");
        let handed: Handed = self.post(&path, &shown(access), &asked, cancel)?;
        Ok(Token::new(&handed.token))
    }

    /// The devices that the relay has let into a vault.
    ///
    /// # Errors
    /// [`RelayError`].
    pub fn devices(
        &self,
        vault: VaultId,
        access: &AccessKey,
        cancel: &Cancel,
    ) -> Result<Vec<RelayDevice>, RelayError> {
        let path = format!("/v1/vaults/{vault}/devices");
        let body = self.call(cancel, "GET", &path, Some(&shown(access)), None)?;
        self.parsed(&body)
    }

    /// Leaves a sealed message for a device that is not in yet.
    ///
    /// # Errors
    /// [`RelayError`].
    pub fn put_mailbox(
        &self,
        id: MailboxId,
        offer: &[u8],
        token: &Token,
        cancel: &Cancel,
    ) -> Result<(), RelayError> {
        let path = format!("/v1/mailboxes/{id}");
        self.call(cancel, "PUT", &path, Some(token), Some((BYTES, offer))).map(|_| ())
    }

    /// Takes a message out of a mailbox: `None` where there is none, or no longer.
    ///
    /// # Errors
    /// [`RelayError`].
    pub fn take_mailbox(
        &self,
        id: MailboxId,
        cancel: &Cancel,
    ) -> Result<Option<Vec<u8>>, RelayError> {
        match self.call(cancel, "GET", &format!("/v1/mailboxes/{id}"), None, None) {
            Ok(offer) if offer.len() > OFFER_BYTES_MAX => {
                Err(self.not_a_relay("an offer that is too large".to_owned()))
            }
            Ok(offer) => Ok(Some(offer)),
            Err(RelayError::Denied { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        bearer: &Token,
        asked: &serde_json::Value,
        cancel: &Cancel,
    ) -> Result<T, RelayError> {
        let asked = asked.to_string();
        let body = Some((JSON, asked.as_bytes()));
        let answer = self.call(cancel, "POST", path, Some(bearer), body)?;
        self.parsed(&answer)
    }

    fn parsed<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, RelayError> {
        // The error names the place and never the content, which may be a token.
        serde_json::from_slice(body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            self.not_a_relay(format!("JSON of another form at line {line}, column {column}"))
        })
    }
}

/// An access key as a relay wants to be shown it.
fn shown(access: &AccessKey) -> Token {
    Token::new(&hex(access.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
