//! Tokens of devices: beside the database, for this user alone.
//!
//! They do not lie in the database: a backup or a copy of it that is given away would let its reader
//! in. Who loses them loses nothing, as the vault's access key obtains others.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use runlog_core::id::DeviceId;
use runlog_core::store::BackendId;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{Error, files};

/// What a relay takes for proof of who asks. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// From its text, without the white space around it.
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.trim().to_owned()))
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The token itself, to be kept in a safe place and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(super) fn bearer(&self) -> String {
        format!("Bearer {}", *self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Every token of this history's devices, by backend.
#[derive(Debug)]
pub(crate) struct Credentials {
    path: PathBuf,
    held: BTreeMap<String, Held>,
}

/// A backend's token, and whose it is.
#[derive(Clone, Serialize, Deserialize)]
struct Held {
    device: String,
    token: String,
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("device", &self.device).finish_non_exhaustive()
    }
}

impl Credentials {
    /// Reads those beside a database. A file that cannot be read as such counts as none: others are
    /// obtained.
    pub(crate) fn read(database: &Path) -> Result<Self, Error> {
        let path = files::beside(database, ".tokens");
        let held = files::read_if_there(&path)?;
        let held = held.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Ok(Self { path, held })
    }

    /// The token of a device for a backend.
    pub(crate) fn token(&self, backend: BackendId, device: DeviceId) -> Option<Token> {
        let held = self.held.get(&key(backend))?;
        (held.device == device.to_string()).then(|| Token::new(&held.token))
    }

    /// Keeps the token of a device, in place of that of an earlier one.
    pub(crate) fn keep(
        &mut self,
        backend: BackendId,
        device: DeviceId,
        token: &Token,
    ) -> Result<(), Error> {
        let held = Held { device: device.to_string(), token: token.expose().to_owned() };
        self.held.insert(key(backend), held);
        self.write()
    }

    /// Forgets the token for a backend.
    pub(crate) fn forget(&mut self, backend: BackendId) -> Result<(), Error> {
        if self.held.remove(&key(backend)).is_some() { self.write() } else { Ok(()) }
    }

    fn write(&self) -> Result<(), Error> {
        let bytes = Zeroizing::new(serde_json::to_vec(&self.held).unwrap_or_default());
        files::replace_private_file(&self.path, &bytes)
    }
}

fn key(backend: BackendId) -> String {
    format!("{:032x}", backend.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_kept_for_one_user_and_never_shown() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("history.db");
        let (backend, device) = (BackendId(7), DeviceId::from_u128(9));
        let mut credentials = Credentials::read(&database).unwrap();
        let token = Token::new(" sesame\n");
        credentials.keep(backend, device, &token).unwrap();

        let again = Credentials::read(&database).unwrap();
        assert_eq!(again.token(backend, device), Some(token));
        assert_eq!(again.token(backend, DeviceId::from_u128(8)), None);
        assert_eq!(again.token(BackendId(8), device), None);
        assert!(!format!("{again:?} {:?}", again.token(backend, device)).contains("sesame"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&again.path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        credentials.forget(backend).unwrap();
        assert_eq!(Credentials::read(&database).unwrap().token(backend, device), None);
    }
}
