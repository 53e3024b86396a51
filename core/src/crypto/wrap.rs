//! A vault's secret at rest, wrapped by a passphrase.

use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::NONCE_BYTES;
use super::derive::derive;
use super::seal::{open_padded, seal_padded, sealed_len};
use super::secret::VaultSecret;
use super::stretch::{InvalidStretchParams, OutOfMemory, StretchParams, stretch};
use crate::codec::{DecodeError, Reader};
use crate::entropy::Entropy;

/// Why a secret was not wrapped or unwrapped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WrapError {
    /// The passphrase is empty.
    #[error("the passphrase is empty")]
    EmptyPassphrase,
    /// The passphrase is not the one that the secret was wrapped with.
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// The bytes are no wrapped secret, or of a newer program.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The bytes were altered since they were written.
    #[error("the wrapped secret is damaged: restore its file, or use the recovery phrase")]
    Damaged,
    /// The stored parameters are not acceptable.
    #[error(transparent)]
    Params(#[from] InvalidStretchParams),
    /// There is not enough memory.
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
}

/// A secret that only a passphrase opens: XChaCha20-Poly1305 under a key that Argon2id makes of the
/// passphrase and a random salt. It may lie in a file that others can read, to the degree that the
/// passphrase is hard to guess.
///
/// The passphrase is taken as the bytes it is: a program whose users type accents in different ways
/// brings it into one Unicode form first.
///
/// ```
/// use runlog_core::crypto::{StretchParams, VaultSecret, WrappedSecret};
///
/// # let mut random = |bytes: &mut [u8]| bytes.fill(7);
/// let secret = VaultSecret::generate(&mut random);
/// let params = StretchParams::default();
/// let stored = WrappedSecret::wrap(&secret, "correct horse", params, &mut random)?.encode();
///
/// let wrapped = WrappedSecret::decode(&stored)?;
/// assert_eq!(wrapped.unwrap("correct horse")?, secret);
/// assert_eq!(wrapped.unwrap("wrong horse").unwrap_err().to_string(), "wrong passphrase");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedSecret {
    params: StretchParams,
    salt: [u8; SALT_BYTES],
    nonce: [u8; NONCE_BYTES],
    sealed: [u8; SEALED_BYTES],
}

const VERSION: u8 = 1;
const SALT_BYTES: usize = 16;
const SEALED_BYTES: usize = sealed_len(VaultSecret::LEN);
const CHECKSUM_BYTES: usize = 8;

impl WrappedSecret {
    /// Length of the stored form in bytes.
    pub const LEN: usize =
        1 + StretchParams::WIRE_LEN + SALT_BYTES + NONCE_BYTES + SEALED_BYTES + CHECKSUM_BYTES;

    /// Wraps a secret, with salt and nonce from `entropy`.
    ///
    /// # Errors
    /// [`WrapError::EmptyPassphrase`] and [`WrapError::OutOfMemory`].
    pub fn wrap(
        secret: &VaultSecret,
        passphrase: &str,
        params: StretchParams,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, WrapError> {
        let (salt, nonce) = (entropy.array(), entropy.array());
        let sealed =
            seal_padded(&cipher(passphrase, &salt, params)?, &nonce, BOUND, secret.expose());
        let sealed = sealed.try_into().expect("a secret and its seal have one length");
        Ok(Self { params, salt, nonce, sealed })
    }

    /// From the stored form. It takes no more memory than the bytes, whatever they claim.
    ///
    /// # Errors
    /// [`WrapError::Decode`], [`WrapError::Damaged`], and [`WrapError::Params`] where opening it
    /// would take more memory or time than any program of ours asks for.
    pub fn decode(bytes: &[u8]) -> Result<Self, WrapError> {
        let mut reader = Reader::new(bytes);
        let version = reader.u8()?;
        if version != VERSION {
            return Err(DecodeError::UnknownVersion { what: "wrapped secrets", version }.into());
        }
        let params = reader.array()?;
        let (salt, nonce, sealed) = (reader.array()?, reader.array()?, reader.array()?);
        let stored: [u8; CHECKSUM_BYTES] = reader.array()?;
        reader.finish()?;
        if stored != checksum(&bytes[..Self::LEN - CHECKSUM_BYTES]) {
            return Err(WrapError::Damaged);
        }
        Ok(Self { params: StretchParams::from_wire(params)?, salt, nonce, sealed })
    }

    /// The stored form: version, parameters, salt, nonce, sealed secret, and the first 8 bytes of
    /// the SHA-256 of all that, by which damage is told from a wrong passphrase.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::LEN);
        bytes.push(VERSION);
        bytes.extend_from_slice(&self.params.to_wire());
        bytes.extend_from_slice(&self.salt);
        bytes.extend_from_slice(&self.nonce);
        bytes.extend_from_slice(&self.sealed);
        bytes.extend_from_slice(&checksum(&bytes));
        bytes
    }

    /// Opens it. This takes as long as [`WrappedSecret::params`] ask for.
    ///
    /// # Errors
    /// [`WrapError::WrongPassphrase`], [`WrapError::EmptyPassphrase`], [`WrapError::OutOfMemory`].
    pub fn unwrap(&self, passphrase: &str) -> Result<VaultSecret, WrapError> {
        let cipher = cipher(passphrase, &self.salt, self.params)?;
        let opened = open_padded(&cipher, &self.nonce, BOUND, &self.sealed);
        let opened = Zeroizing::new(opened.map_err(|_| WrapError::WrongPassphrase)?);
        let mut bytes = Zeroizing::new([0; VaultSecret::LEN]);
        if opened.len() != bytes.len() {
            return Err(WrapError::Damaged);
        }
        bytes.copy_from_slice(&opened);
        Ok(VaultSecret::from_bytes(bytes))
    }

    /// What opening it costs: a program whose defaults rose since wraps the secret anew.
    pub const fn params(&self) -> StretchParams {
        self.params
    }
}

/// Salt and parameters need no mention here: with others the key is another.
const BOUND: &[u8] = b"runlog.wrap.01";

fn cipher(
    passphrase: &str,
    salt: &[u8; SALT_BYTES],
    params: StretchParams,
) -> Result<XChaCha20Poly1305, WrapError> {
    if passphrase.is_empty() {
        return Err(WrapError::EmptyPassphrase);
    }
    let stretched = stretch(passphrase.as_bytes(), salt, params)?;
    let key = derive::<32>(&*stretched, "wrapping key", &[]);
    Ok(XChaCha20Poly1305::new((&*key).into()))
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    let mut checksum = [0; CHECKSUM_BYTES];
    checksum.copy_from_slice(&digest[..CHECKSUM_BYTES]);
    checksum
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wrapped() -> (VaultSecret, WrappedSecret) {
        let mut random = |bytes: &mut [u8]| bytes.fill(3);
        let secret = VaultSecret::generate(&mut random);
        let params = StretchParams::new(16, 1, 2).unwrap();
        let wrapped =
            WrappedSecret::wrap(&secret, "Großes Geheimnis", params, &mut random).unwrap();
        (secret, wrapped)
    }

    #[test]
    fn a_wrong_passphrase_and_an_empty_one_are_told() {
        let (secret, wrapped) = wrapped();
        assert_eq!(wrapped.unwrap("Großes Geheimnis"), Ok(secret.clone()));
        assert_eq!(wrapped.unwrap("Grosses Geheimnis"), Err(WrapError::WrongPassphrase));
        assert_eq!(wrapped.unwrap(""), Err(WrapError::EmptyPassphrase));
        let random = &mut |bytes: &mut [u8]| bytes.fill(3);
        let refused = WrappedSecret::wrap(&secret, "", wrapped.params(), random);
        assert_eq!(refused, Err(WrapError::EmptyPassphrase));
    }

    /// A file that asks for 4 TiB, or for years, is refused when it is read.
    #[test]
    fn forged_parameters_are_refused() {
        let (_, wrapped) = wrapped();
        for (memory_kib, passes) in [(u32::MAX, 1u32), (16, u32::MAX)] {
            let mut bytes = wrapped.encode();
            bytes[1..5].copy_from_slice(&memory_kib.to_be_bytes());
            bytes[5..9].copy_from_slice(&passes.to_be_bytes());
            let end = bytes.len() - CHECKSUM_BYTES;
            let forged = checksum(&bytes[..end]);
            bytes[end..].copy_from_slice(&forged);
            let refused = WrappedSecret::decode(&bytes);
            assert!(matches!(refused, Err(WrapError::Params(_))), "{refused:?}");
        }
    }

    proptest! {
        #[test]
        fn damage_is_told_from_a_wrong_passphrase(at in 8..WrappedSecret::LEN * 8) {
            let mut bytes = wrapped().1.encode();
            bytes[at / 8] ^= 1 << (at % 8);
            prop_assert_eq!(WrappedSecret::decode(&bytes), Err(WrapError::Damaged));
        }

        #[test]
        fn any_bytes_are_refused_without_a_panic(
            mut bytes in proptest::collection::vec(any::<u8>(), 0..200), genuine in any::<bool>())
        {
            if let Some(first) = bytes.first_mut().filter(|_| genuine) {
                *first = VERSION;
            }
            prop_assert!(WrappedSecret::decode(&bytes).is_err());
        }
    }

    #[test]
    fn the_stored_form_reads_back() {
        let (_, wrapped) = wrapped();
        let bytes = wrapped.encode();
        assert_eq!(bytes.len(), WrappedSecret::LEN);
        assert_eq!(WrappedSecret::decode(&bytes), Ok(wrapped));
    }
}
