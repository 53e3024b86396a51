//! The secret of a vault, and what is derived from it for the relay.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::derive::derive;
use super::keys::VaultKeys;
use super::opaque::opaque_debug;
use super::phrase::{PhraseError, joined_words, packed_numbers, unpacked_numbers, word_numbers};
use crate::entropy::Entropy;
use crate::sealed::VaultId;

/// The 32 random bytes that everything in a vault hangs on. Who has them reads everything.
///
/// ```
/// use runlog_core::crypto::VaultSecret;
///
/// # let mut random = |bytes: &mut [u8]| bytes.fill(1);
/// let secret = VaultSecret::generate(&mut random);
/// let words = secret.phrase(); // To be written down, and kept.
/// assert_eq!(words.split(' ').count(), 24);
/// assert_eq!(VaultSecret::from_phrase(&words.to_uppercase())?, secret);
/// # Ok::<(), runlog_core::crypto::PhraseError>(())
/// ```
#[derive(Clone)]
pub struct VaultSecret(Zeroizing<[u8; Self::LEN]>);

impl VaultSecret {
    /// Length in bytes.
    pub const LEN: usize = 32;
    /// Words in its phrase.
    pub const WORDS: usize = 24;

    /// A new one: a new vault.
    pub fn generate(entropy: &mut dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new([0; Self::LEN]);
        entropy.fill(&mut *bytes);
        Self(bytes)
    }

    /// From its 24 words of the English BIP-39 list. Case, line ends and spaces do not matter.
    ///
    /// # Errors
    /// [`PhraseError`] says what is wrong and at which word, without repeating the word.
    pub fn from_phrase(text: &str) -> Result<Self, PhraseError> {
        let numbers = word_numbers::<{ Self::WORDS }>(text, char::is_whitespace)?;
        let packed = packed_numbers(&numbers);
        let (secret, checksum) = packed.split_at(Self::LEN);
        if checksum != [checksum_of(secret)] {
            return Err(PhraseError::Checksum);
        }
        let mut bytes = Zeroizing::new([0; Self::LEN]);
        bytes.copy_from_slice(secret);
        Ok(Self(bytes))
    }

    /// Its 24 words, lower case, one space between: the recovery phrase of BIP-39, without its
    /// optional passphrase and without the seed that wallets derive.
    pub fn phrase(&self) -> Zeroizing<String> {
        let mut packed = Zeroizing::new([0; Self::LEN + 1]);
        packed[..Self::LEN].copy_from_slice(&*self.0);
        packed[Self::LEN] = checksum_of(&*self.0);
        joined_words(unpacked_numbers(&packed), ' ')
    }

    /// What relays know the vault by. Nothing links the ids of two vaults.
    pub fn vault_id(&self) -> VaultId {
        VaultId::from_bytes(*derive(&*self.0, "vault id", &[]))
    }

    /// What proves to a relay that its holder belongs to the vault.
    pub fn access_key(&self) -> AccessKey {
        AccessKey(derive(&*self.0, "access key", &[]))
    }

    /// The keys for values and tags, with the data key of generation 1.
    pub fn keys(&self) -> VaultKeys {
        VaultKeys::of_secret(self)
    }

    pub(super) fn from_bytes(bytes: Zeroizing<[u8; Self::LEN]>) -> Self {
        Self(bytes)
    }

    pub(super) fn expose(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

/// What a phrase of 24 words ends with: the first byte of the SHA-256 of its 32 bytes.
fn checksum_of(secret: &[u8]) -> u8 {
    Sha256::digest(secret)[0]
}

impl PartialEq for VaultSecret {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&*other.0).into()
    }
}

impl Eq for VaultSecret {}

opaque_debug!(VaultSecret);

/// Proves to a relay that its holder belongs to the vault. It opens no value.
///
/// It is shown to the relay itself, so a relay could use it at another relay of the same vault, to
/// fetch sealed records or to store bytes that no device can open: use relays that you trust not to.
#[derive(Clone)]
pub struct AccessKey(Zeroizing<[u8; Self::LEN]>);

impl AccessKey {
    /// Length in bytes.
    pub const LEN: usize = 32;

    /// From the bytes that a request carries.
    pub fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, for a request to the relay and for nothing else.
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// What the relay stores instead of the key: its SHA-256. As the key has full entropy, a slow
    /// hash would add nothing.
    pub fn verifier(&self) -> AccessVerifier {
        AccessVerifier(Sha256::digest(self.0.as_slice()).into())
    }
}

impl PartialEq for AccessKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&*other.0).into()
    }
}

impl Eq for AccessKey {}

opaque_debug!(AccessKey);

/// What a relay stores of an [`AccessKey`]: who steals it gains no access.
///
/// ```
/// use runlog_core::crypto::{AccessKey, AccessVerifier};
///
/// let key = AccessKey::from_bytes([1; 32]);
/// let stored = AccessVerifier::from_bytes(*key.verifier().as_bytes());
/// assert!(stored.accepts(&key));
/// assert!(!stored.accepts(&AccessKey::from_bytes([2; 32])));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AccessVerifier([u8; Self::LEN]);

impl AccessVerifier {
    /// Length in bytes.
    pub const LEN: usize = 32;

    /// From the stored bytes.
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// Whether this is the verifier of the key, in constant time.
    pub fn accepts(&self, key: &AccessKey) -> bool {
        self.0.ct_eq(&key.verifier().0).into()
    }
}

impl PartialEq for AccessVerifier {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for AccessVerifier {}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> VaultSecret {
        VaultSecret::generate(&mut |bytes: &mut [u8]| bytes.fill(0x5a))
    }

    #[test]
    fn a_phrase_is_forgiving_about_case_and_space() {
        let words = secret().phrase().replace(' ', " \n\t ");
        let typed = format!("  {}\r\n", words.to_uppercase());
        assert_eq!(VaultSecret::from_phrase(&typed), Ok(secret()));
    }

    #[test]
    fn a_phrase_is_that_of_bip_39() {
        for filling in 0..=u8::MAX {
            let mut next = filling;
            let mut random = |bytes: &mut [u8]| {
                bytes.fill_with(|| {
                    next = next.wrapping_mul(5).wrapping_add(filling);
                    next
                });
            };
            let secret = VaultSecret::generate(&mut random);
            let reference = bip39::Mnemonic::from_entropy(secret.expose()).unwrap();
            assert_eq!(*secret.phrase(), reference.words().collect::<Vec<_>>().join(" "));
            assert_eq!(VaultSecret::from_phrase(&secret.phrase()), Ok(secret));
        }
    }

    #[test]
    fn what_is_wrong_with_a_phrase_is_named_without_its_words() {
        let phrase = secret().phrase();
        let words: Vec<&str> = phrase.split(' ').collect();
        let short = VaultSecret::from_phrase(&words[..23].join(" "));
        assert_eq!(short, Err(PhraseError::WordCount { expected: 24, found: 23 }));

        let mut typed = words.clone();
        typed[6] = "zebrra";
        let error = VaultSecret::from_phrase(&typed.join(" ")).unwrap_err();
        assert_eq!(error, PhraseError::UnknownWord { position: 7 });
        assert!(!format!("{error} {error:?}").contains("zebrra"));

        let mut typed = words.clone();
        typed[0] = if words[0] == "zoo" { "able" } else { "zoo" };
        assert_eq!(VaultSecret::from_phrase(&typed.join(" ")), Err(PhraseError::Checksum));
        assert!(matches!(VaultSecret::from_phrase(""), Err(PhraseError::WordCount { .. })));
    }

    #[test]
    fn what_is_derived_differs_by_purpose_and_by_secret() {
        let other = VaultSecret::generate(&mut |bytes: &mut [u8]| bytes.fill(0x5b));
        assert_ne!(secret(), other);
        assert_ne!(secret().vault_id(), other.vault_id());
        assert_ne!(secret().access_key(), other.access_key());
        assert_ne!(secret().access_key().as_bytes()[..16], secret().vault_id().as_bytes()[..]);
    }
}
