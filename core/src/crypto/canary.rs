//! A stored blob that tells whether keys are those of a vault.

use super::keys::VaultKeys;
use super::seal::{OpenError, open_padded, seal_padded};
use super::{NONCE_BYTES, TAG_BYTES};
use crate::codec::{DecodeError, Reader};

/// The keys are not those of the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key is not that of this vault: nothing was written")]
pub struct WrongKey;

/// A sealed fixed text. It is made once per vault and stored beside the data; whoever comes with
/// keys checks it before anything is written, so that a mistaken recovery phrase is told at once
/// and no vault ever holds values of two secrets.
///
/// It is sealed with a key of its own, so that it outlives rotations.
///
/// ```
/// use runlog_core::crypto::{Canary, VaultSecret};
///
/// let secret = |byte| VaultSecret::generate(&mut |bytes: &mut [u8]| bytes.fill(byte));
/// let stored = Canary::make(&secret(1).keys(), [9; 24]).encode();
///
/// let canary = Canary::decode(&stored)?;
/// assert!(canary.check(&secret(1).keys()).is_ok());
/// assert!(canary.check(&secret(2).keys()).is_err());
/// # Ok::<(), runlog_core::codec::DecodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canary {
    nonce: [u8; NONCE_BYTES],
    sealed: [u8; SEALED_BYTES],
}

const VERSION: u8 = 1;
const TEXT: &[u8] = b"runlog canary";
const SEALED_BYTES: usize = super::PADDED_BYTES_MIN + TAG_BYTES;

impl Canary {
    /// Length of the stored form in bytes.
    pub const LEN: usize = 1 + NONCE_BYTES + SEALED_BYTES;

    /// For the vault of the keys. The nonce must be random.
    pub fn make(keys: &VaultKeys, nonce: [u8; NONCE_BYTES]) -> Self {
        let cipher = keys.canary_key().cipher();
        let sealed = seal_padded(&cipher, &nonce, &bound(keys), TEXT);
        let sealed = sealed.try_into().expect("the text fits the shortest padding");
        Self { nonce, sealed }
    }

    /// From the stored form.
    ///
    /// # Errors
    /// [`DecodeError`] for bytes that [`Canary::encode`] does not write.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let version = reader.u8()?;
        if version != VERSION {
            return Err(DecodeError::UnknownVersion { what: "canaries", version });
        }
        let canary = Self { nonce: reader.array()?, sealed: reader.array()? };
        reader.finish()?;
        Ok(canary)
    }

    /// The stored form: version, nonce, sealed text.
    pub fn encode(&self) -> [u8; Self::LEN] {
        let mut bytes = [VERSION; Self::LEN];
        bytes[1..=NONCE_BYTES].copy_from_slice(&self.nonce);
        bytes[1 + NONCE_BYTES..].copy_from_slice(&self.sealed);
        bytes
    }

    /// Whether the keys are those that it was made with.
    ///
    /// # Errors
    /// [`WrongKey`], also where the stored canary itself is damaged: both mean not to write.
    pub fn check(&self, keys: &VaultKeys) -> Result<(), WrongKey> {
        let opened: Result<_, OpenError> =
            open_padded(&keys.canary_key().cipher(), &self.nonce, &bound(keys), &self.sealed);
        if opened.is_ok_and(|text| text == TEXT) { Ok(()) } else { Err(WrongKey) }
    }
}

fn bound(keys: &VaultKeys) -> Vec<u8> {
    [&b"runlog.canary.01"[..], keys.vault_id().as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::crypto::{DataKey, VaultSecret};

    fn keys(byte: u8) -> VaultKeys {
        VaultSecret::generate(&mut |bytes: &mut [u8]| bytes.fill(byte)).keys()
    }

    #[test]
    fn it_outlives_a_rotation_and_refuses_another_secret() {
        let canary = Canary::decode(&Canary::make(&keys(1), [7; 24]).encode()).unwrap();
        let mut rotated = keys(1);
        rotated.add(2, DataKey::from_bytes([4; 32])).unwrap();
        assert_eq!(canary.check(&rotated), Ok(()));
        assert_eq!(canary.check(&keys(2)), Err(WrongKey));
    }

    proptest! {
        #[test]
        fn a_changed_bit_is_noticed(at in 8..Canary::LEN * 8) {
            let mut bytes = Canary::make(&keys(1), [7; 24]).encode();
            bytes[at / 8] ^= 1 << (at % 8);
            prop_assert_eq!(Canary::decode(&bytes).unwrap().check(&keys(1)), Err(WrongKey));
        }

        #[test]
        fn any_bytes_decode_or_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..99)) {
            if let Ok(canary) = Canary::decode(&bytes) {
                prop_assert_eq!(&canary.encode()[..], &bytes[..]);
            }
        }
    }
}
