//! The vault of a history. Where its secret is kept is the worker's to say.

use std::fmt;
use std::sync::Arc;

use runlog_core::crypto::{
    StretchParams, VAULT_NAME_BYTES_MAX, VaultSecret, WrapError, WrappedSecret,
};
use runlog_core::entropy::{Entropy, random};
use runlog_core::store::Store;
use runlog_core::sync::local::VaultNote;
use runlog_core::sync::vault::Vault;
use runlog_core::time::Timestamp;
use serde_json::{Value, json};

use super::super::arguments::arguments;
use super::super::shape::{from_hex, hex};
use super::super::{Api, ApiError};

/// A vault whose secret is at hand.
pub(in super::super) struct OpenVault {
    pub(super) secret: VaultSecret,
    pub(super) vault: Arc<Vault>,
    pub(super) name: String,
}

impl fmt::Debug for OpenVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenVault").field("id", &self.vault.id()).finish_non_exhaustive()
    }
}

impl OpenVault {
    fn new(secret: VaultSecret, name: String) -> Self {
        let vault = Arc::new(Vault::new(secret.keys()));
        Self { secret, vault, name }
    }

    pub(super) fn phrase(&self) -> Value {
        json!({ "phrase": *self.secret.phrase() })
    }
}

arguments! {
    /// Makes a secret. The seed comes from the page, so that a call that is sent again to another worker
    /// makes the same one, and nobody is left with a vault whose phrase was never shown.
    pub(super) struct Generate {
        /// 32 random bytes in hexadecimal digits.
        seed: String,
    }

    /// Whether a history can be of the vault of a phrase.
    pub(super) struct Check {
        phrase: String,
        /// What people call it; ignored where the history is of it already.
        name: String,
        /// Whether the history is to be of none, or of this one where the call is sent again.
        is_new ("isNew"): bool,
    }

    /// Makes a history one of a vault.
    pub(super) struct Enter {
        phrase: String,
        /// What people call it; ignored where the history is of it already.
        name: String,
    }

    /// Wraps a phrase.
    pub(super) struct Wrap {
        phrase: String,
        passphrase: String,
    }

    /// Unwraps one.
    pub(super) struct Unwrap {
        wrapped: String,
        passphrase: String,
    }
}

/// None of these is shown: they hold secrets.
macro_rules! opaque {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}

opaque!(Generate, Check, Enter, Wrap, Unwrap);

impl Generate {
    pub(super) fn phrase(&self) -> Result<Value, ApiError> {
        let seed = from_hex(&self.seed).filter(|seed| seed.len() == VaultSecret::LEN);
        let seed = seed.ok_or_else(|| ApiError::invalid("seed", "it is 32 random bytes"))?;
        let secret = VaultSecret::generate(&mut |bytes: &mut [u8]| bytes.copy_from_slice(&seed));
        Ok(json!({ "id": secret.vault_id().to_string(), "phrase": *secret.phrase() }))
    }
}

impl Wrap {
    pub(super) fn wrapped(&self, entropy: &mut dyn Entropy) -> Result<Value, ApiError> {
        let (secret, params) = (secret_of(&self.phrase)?, StretchParams::default());
        let wrapped = WrappedSecret::wrap(&secret, &self.passphrase, params, entropy);
        Ok(json!({ "wrapped": hex(&wrapped.map_err(|error| wrap_error(&error))?.encode()) }))
    }
}

impl Unwrap {
    pub(super) fn unwrapped(&self) -> Result<Value, ApiError> {
        // What is no hexadecimal text any more is as damaged as what does not add up.
        let wrapped = WrappedSecret::decode(&from_hex(&self.wrapped).unwrap_or_default());
        let secret = wrapped.and_then(|wrapped| wrapped.unwrap(&self.passphrase));
        let secret = secret.map_err(|error| wrap_error(&error))?;
        Ok(json!({ "phrase": *secret.phrase() }))
    }
}

fn wrap_error(error: &WrapError) -> ApiError {
    let code = match error {
        WrapError::WrongPassphrase => "wrongPassphrase",
        WrapError::EmptyPassphrase => "invalid",
        WrapError::Decode(_) | WrapError::Damaged | WrapError::Params(_) => "secretGone",
        _ => "failed",
    };
    ApiError::refused(code, error.to_string())
}

pub(super) fn secret_of(phrase: &str) -> Result<VaultSecret, ApiError> {
    VaultSecret::from_phrase(phrase).map_err(|error| ApiError::refused("phrase", error.to_string()))
}

impl<S: Store> Api<S> {
    pub(super) fn vault_note(&mut self) -> Result<Value, ApiError> {
        let note = self.history.read(|reader| reader.vault())?;
        let note = note.map(|note| json!({ "id": note.id.to_string(), "name": note.name }));
        Ok(json!({ "vault": note, "isOpen": self.held.vault.is_some() }))
    }

    /// Refuses what would mix two people's histories, before the secret is kept anywhere.
    pub(super) fn check_vault(&mut self, check: &Check) -> Result<Value, ApiError> {
        let secret = secret_of(&check.phrase)?;
        match self.history.read(|reader| reader.vault())? {
            Some(note) if check.is_new && fits(&note, &secret).is_err() => {
                let text = "this history belongs to a vault already";
                return Err(ApiError::refused("vaultExists", text));
            }
            Some(note) => fits(&note, &secret)?,
            None => check_name(&check.name)?,
        }
        Ok(json!({ "id": secret.vault_id().to_string() }))
    }

    pub(super) fn enter_vault(
        &mut self,
        enter: &Enter,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<Value, ApiError> {
        let secret = secret_of(&enter.phrase)?;
        let note = match self.history.read(|reader| reader.vault())? {
            Some(note) => {
                fits(&note, &secret)?;
                note
            }
            None => {
                check_name(&enter.name)?;
                let note = VaultNote::new(&secret.keys(), &enter.name, random(entropy));
                self.history.write(now, |writer| writer.set_vault(&note))?;
                note
            }
        };
        self.held.vault = Some(OpenVault::new(secret, note.name.clone()));
        Ok(json!({ "id": note.id.to_string(), "name": note.name }))
    }

    pub(super) fn access(&mut self) -> Result<Value, ApiError> {
        let device = self.history.device();
        let open = self.open_vault()?;
        let access = open.secret.access_key();
        Ok(json!({
            "vault": open.vault.id().to_string(),
            "device": device,
            "access": hex(access.as_bytes()),
            "verifier": hex(access.verifier().as_bytes()),
        }))
    }

    /// The open vault, or why there is none.
    pub(super) fn open_vault(&mut self) -> Result<&OpenVault, ApiError> {
        if self.held.vault.is_none() {
            let has_vault = self.history.read(|reader| reader.vault())?.is_some();
            return Err(if has_vault {
                ApiError::refused("locked", "the vault is locked: its secret is not at hand")
            } else {
                ApiError::refused("noVault", "this history belongs to no vault")
            });
        }
        self.held.vault.as_ref().ok_or_else(|| ApiError::invalid("vault", "there is none"))
    }
}

fn check_name(name: &str) -> Result<(), ApiError> {
    if name.is_empty() || name.len() > VAULT_NAME_BYTES_MAX {
        let expected = format!("it has 1 to {VAULT_NAME_BYTES_MAX} bytes");
        return Err(ApiError::invalid("name", expected));
    }
    Ok(())
}

fn fits(note: &VaultNote, secret: &VaultSecret) -> Result<(), ApiError> {
    note.check(&secret.keys()).map_err(|_| {
        let text = "this history belongs to another vault: nothing was written";
        ApiError::refused("otherVault", text)
    })
}
