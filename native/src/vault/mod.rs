//! The vault of a history: its secret, where that is kept, and how other devices get it.
//!
//! A vault hangs on one secret of 32 bytes, which a person keeps as 24 words
//! ([`runlog_core::crypto`]). This device keeps it in one of three ways ([`Keeping`]). Which vault a
//! history belongs to stands in the history itself, with a canary: keys of another vault are refused
//! before anything is written.
//!
//! ```
//! use runlog::Runlog;
//! use runlog::vault::{Keeping, VaultState};
//!
//! # let directory = tempfile::tempdir().unwrap();
//! let runlog = Runlog::open(directory.path().join("history.db"))?;
//! let vault = runlog.init_vault("home", Keeping::Passphrase("correct horse"))?;
//! let words = vault.phrase(); // To be shown once, and written down.
//! assert_eq!(words.split(' ').count(), 24);
//!
//! assert!(matches!(runlog.vault_state()?, VaultState::Locked(_)));
//! assert!(runlog.unlock_vault(Some("wrong horse")).is_err());
//! assert_eq!(runlog.unlock_vault(Some("correct horse"))?.id(), vault.id());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod file;
mod key_ring;
mod pairing;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use runlog_core::crypto::{AccessKey, VaultSecret};
use runlog_core::entropy::random;
use runlog_core::sealed::VaultId;
use runlog_core::sync::local::VaultNote;
use runlog_core::sync::vault::Vault;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use error::VaultError;
pub use pairing::Offer;
pub use runlog_core::crypto::{PairingCode, PhraseError};

use crate::{Runlog, system};
use file::VaultFile;

/// How this device is to keep a vault's secret.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Keeping<'a> {
    /// In a file, wrapped by a passphrase, which is asked for at each use.
    Passphrase(&'a str),
    /// In the system's key ring, which opens with the user's session. On Linux that is the kernel's:
    /// it is empty after a restart of the machine, and the recovery phrase is needed again.
    KeyRing,
    /// In a file as it is: whoever reads the file reads the history of every device. For machines
    /// that nobody attends.
    File,
}

impl fmt::Debug for Keeping<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.kind(), f)
    }
}

impl Keeping<'_> {
    /// Which of the ways it is.
    pub fn kind(&self) -> KeptIn {
        match self {
            Self::Passphrase(_) => KeptIn::Passphrase,
            Self::KeyRing => KeptIn::KeyRing,
            Self::File => KeptIn::File,
        }
    }
}

/// How this device keeps a vault's secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KeptIn {
    /// Wrapped by a passphrase.
    Passphrase,
    /// In the system's key ring.
    KeyRing,
    /// In a file as it is.
    File,
}

/// What is known of a vault without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultInfo {
    /// Which vault.
    pub id: VaultId,
    /// What people call it.
    pub name: String,
    /// How the secret is kept; `None` where it is gone, and the recovery phrase is needed.
    pub kept_in: Option<KeptIn>,
    /// The file that holds or names it.
    pub path: PathBuf,
}

/// How a history stands toward its vault.
#[derive(Debug)]
pub enum VaultState {
    /// It belongs to none.
    None,
    /// Its secret cannot be read without a passphrase, or at all.
    Locked(VaultInfo),
    /// Its secret is at hand.
    Unlocked(VaultInfo, OpenVault),
}

/// A vault whose secret is at hand.
#[derive(Clone)]
pub struct OpenVault {
    secret: VaultSecret,
    vault: Arc<Vault>,
    name: String,
}

impl OpenVault {
    fn new(secret: VaultSecret, name: String) -> Self {
        let vault = Arc::new(Vault::new(secret.keys()));
        Self { secret, vault, name }
    }

    /// Which vault.
    pub fn id(&self) -> VaultId {
        self.vault.id()
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The recovery phrase: who has these 24 words has everything. They are wiped when dropped.
    pub fn phrase(&self) -> Zeroizing<String> {
        self.secret.phrase()
    }

    pub(crate) fn vault(&self) -> Arc<Vault> {
        self.vault.clone()
    }

    pub(crate) fn access_key(&self) -> AccessKey {
        self.secret.access_key()
    }
}

impl fmt::Debug for OpenVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenVault").field("id", &self.id()).finish_non_exhaustive()
    }
}

impl Runlog {
    /// How this history stands toward its vault. Asks the key ring, where the secret is there.
    ///
    /// # Errors
    /// Where the history or the file of the secret cannot be read.
    pub fn vault_state(&self) -> Result<VaultState, VaultError> {
        let Some(info) = self.vault_info()? else { return Ok(VaultState::None) };
        if matches!(info.kept_in, None | Some(KeptIn::Passphrase)) {
            return Ok(VaultState::Locked(info));
        }
        match self.unlock_vault(None) {
            Ok(open) => Ok(VaultState::Unlocked(info, open)),
            Err(VaultError::KeyRing { .. } | VaultError::SecretGone) => {
                Ok(VaultState::Locked(info))
            }
            Err(error) => Err(error),
        }
    }

    /// What is known of this history's vault without its secret; `None` where it has none.
    ///
    /// # Errors
    /// Where the history or the file of the secret cannot be read.
    pub fn vault_info(&self) -> Result<Option<VaultInfo>, VaultError> {
        let Some(note) = self.read(|history| history.vault())? else { return Ok(None) };
        let file = VaultFile::read(self.path())?.filter(|file| file.vault == note.id.to_string());
        Ok(Some(VaultInfo {
            id: note.id,
            name: note.name,
            kept_in: file.map(|file| file.kept_in),
            path: VaultFile::path(self.path()),
        }))
    }

    /// Makes a new vault for this history. The caller shows [`OpenVault::phrase`], once.
    ///
    /// # Errors
    /// [`VaultError::Exists`] where the history has one, and where the secret cannot be kept.
    pub fn init_vault(&self, name: &str, keeping: Keeping<'_>) -> Result<OpenVault, VaultError> {
        let secret = VaultSecret::generate(&mut system::entropy());
        self.enter_vault(OpenVault::new(secret, name.to_owned()), keeping, true)
    }

    /// Makes this history one of the vault with this recovery phrase. Where it is already, the
    /// secret is only kept anew: after it got lost, or in another way.
    ///
    /// # Errors
    /// [`VaultError::Phrase`] tells a mistaken word, [`VaultError::OtherVault`] a history that belongs
    /// to another vault; nothing is written then.
    pub fn join_vault(
        &self,
        phrase: &str,
        name: &str,
        keeping: Keeping<'_>,
    ) -> Result<OpenVault, VaultError> {
        let secret = VaultSecret::from_phrase(phrase)?;
        self.enter_vault(OpenVault::new(secret, name.to_owned()), keeping, false)
    }

    /// Opens this history's vault. Its keys are checked before anything is done with them.
    ///
    /// # Errors
    /// [`VaultError::None`] without a vault, [`VaultError::NeedsPassphrase`] where one is needed,
    /// and what else stands in the way.
    pub fn unlock_vault(&self, passphrase: Option<&str>) -> Result<OpenVault, VaultError> {
        let note = self.read(|history| history.vault())?.ok_or(VaultError::None)?;
        let file = VaultFile::read(self.path())?.filter(|file| file.vault == note.id.to_string());
        let file = file.ok_or(VaultError::SecretGone)?;
        let secret = file.secret(passphrase)?;
        let open = OpenVault::new(secret, note.name.clone());
        note.check(open.vault.keys()).map_err(|_| VaultError::OtherVault)?;
        Ok(open)
    }

    fn enter_vault(
        &self,
        open: OpenVault,
        keeping: Keeping<'_>,
        is_new: bool,
    ) -> Result<OpenVault, VaultError> {
        let keys = open.vault.keys();
        let held = self.read(|history| history.vault())?;
        match &held {
            Some(_) if is_new => return Err(VaultError::Exists),
            Some(note) => note.check(keys).map_err(|_| VaultError::OtherVault)?,
            None => {}
        }
        let there = VaultFile::read(self.path())?;
        if let Some(other) = there.filter(|other| other.vault != open.id().to_string()) {
            let path = VaultFile::path(self.path());
            return Err(VaultError::OtherSecret { vault: other.vault, path });
        }
        // The secret first: a history of a vault whose secret nobody ever saw would be stuck.
        VaultFile::keep(self.path(), &open.secret, keeping)?;
        if let Some(note) = held {
            return Ok(OpenVault { name: note.name, ..open });
        }
        let mut entropy = system::entropy();
        let note = VaultNote::new(keys, &open.name, random(&mut entropy));
        self.write(|history| history.set_vault(&note))?;
        Ok(open)
    }
}
