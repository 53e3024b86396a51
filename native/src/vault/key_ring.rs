//! The system's key ring: the kernel's on Linux, the keychain on macOS, the credential manager on
//! Windows.
//!
//! The kernel's key ring needs no service, no bus and no window, so it serves a server as well as a
//! desktop. It forgets when the machine restarts, and what nobody used for three days; the recovery
//! phrase brings the secret back.

use runlog_core::crypto::VaultSecret;
use runlog_core::sealed::VaultId;
use zeroize::Zeroizing;

use super::error::VaultError;

const SERVICE: &str = "runlog";

pub(super) fn put(vault: VaultId, secret: &VaultSecret) -> Result<(), VaultError> {
    let entry = entry(&vault.to_string())?;
    entry.set_password(&secret.phrase()).map_err(failed)
}

pub(super) fn get(vault: &str) -> Result<VaultSecret, VaultError> {
    let words = match entry(vault)?.get_password() {
        Ok(words) => Zeroizing::new(words),
        Err(keyring_core::Error::NoEntry) => return Err(VaultError::SecretGone),
        Err(error) => return Err(failed(error)),
    };
    Ok(VaultSecret::from_phrase(&words)?)
}

#[cfg(any(target_os = "linux", target_os = "macos", windows))]
fn entry(vault: &str) -> Result<keyring_core::Entry, VaultError> {
    use keyring_core::api::CredentialStoreApi;
    #[cfg(target_os = "linux")]
    let store = linux_keyutils_keyring_store::Store::new();
    #[cfg(target_os = "macos")]
    let store = apple_native_keyring_store::keychain::Store::new();
    #[cfg(windows)]
    let store = windows_native_keyring_store::Store::new();
    store.map_err(failed)?.build(SERVICE, vault, None).map_err(failed)
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
fn entry(_vault: &str) -> Result<keyring_core::Entry, VaultError> {
    Err(VaultError::KeyRing { detail: "this system has none that is known".to_owned() })
}

/// The words of an error; some carry what was read, which is not to be shown.
fn failed(error: keyring_core::Error) -> VaultError {
    let detail = match error {
        keyring_core::Error::BadEncoding(_) | keyring_core::Error::BadDataFormat(..) => {
            "what it holds cannot be read".to_owned()
        }
        error => error.to_string(),
    };
    VaultError::KeyRing { detail }
}
