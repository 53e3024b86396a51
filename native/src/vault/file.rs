//! The file beside a history that holds its vault's secret, or says where that is.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use runlog_core::crypto::{StretchParams, VaultSecret, WrappedSecret};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::error::VaultError;
use super::{Keeping, KeptIn, key_ring};
use crate::{files, system};

const VERSION: u32 = 1;

/// What stands in the file.
#[derive(Serialize, Deserialize)]
pub(super) struct VaultFile {
    version: u32,
    pub(super) vault: String,
    pub(super) kept_in: KeptIn,
    /// Wrapped, in Base64; as words; or absent where the key ring has it.
    secret: Option<Zeroizing<String>>,
}

impl VaultFile {
    /// Where it is.
    pub(super) fn path(database: &Path) -> PathBuf {
        files::beside(database, ".vault")
    }

    pub(super) fn read(database: &Path) -> Result<Option<Self>, VaultError> {
        let path = Self::path(database);
        let Some(bytes) = files::read_if_there(&path)? else { return Ok(None) };
        let unreadable = |detail: String| VaultError::File { path: path.clone(), detail };
        let file: Self = serde_json::from_slice(&bytes).map_err(|error| {
            unreadable(format!("line {}, column {}", error.line(), error.column()))
        })?;
        match file.version {
            VERSION => Ok(Some(file)),
            newer => Err(unreadable(format!("a newer program wrote it (version {newer})"))),
        }
    }

    /// Keeps a secret as told.
    pub(super) fn keep(
        database: &Path,
        secret: &VaultSecret,
        keeping: Keeping<'_>,
    ) -> Result<(), VaultError> {
        let id = secret.vault_id();
        let text = match keeping {
            Keeping::Passphrase(passphrase) => {
                let params = StretchParams::default();
                let entropy = &mut system::entropy();
                let wrapped = WrappedSecret::wrap(secret, passphrase, params, entropy)?;
                Some(Zeroizing::new(BASE64_STANDARD.encode(wrapped.encode())))
            }
            Keeping::KeyRing => {
                key_ring::put(id, secret)?;
                None
            }
            Keeping::File => Some(secret.phrase()),
        };
        let (vault, kept_in) = (id.to_string(), keeping.kind());
        let file = Self { version: VERSION, vault, kept_in, secret: text };
        let bytes = Zeroizing::new(serde_json::to_vec(&file).unwrap_or_default());
        Ok(files::replace_private_file(&Self::path(database), &bytes)?)
    }

    /// The secret.
    pub(super) fn secret(&self, passphrase: Option<&str>) -> Result<VaultSecret, VaultError> {
        let text = self.secret.as_deref().map_or("", String::as_str);
        match self.kept_in {
            KeptIn::Passphrase => {
                let passphrase = passphrase.ok_or(VaultError::NeedsPassphrase)?;
                // What is no Base64 any more is as damaged as what does not add up.
                let bytes = BASE64_STANDARD.decode(text).unwrap_or_default();
                Ok(WrappedSecret::decode(&bytes)?.unwrap(passphrase)?)
            }
            KeptIn::KeyRing => key_ring::get(&self.vault),
            KeptIn::File => Ok(VaultSecret::from_phrase(text)?),
        }
    }
}
