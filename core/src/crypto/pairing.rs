//! Bringing a vault's secret to another device, by a code of eight words.

use std::fmt;

use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use zeroize::Zeroizing;

use super::NONCE_BYTES;
use super::derive::derive;
use super::opaque::opaque_debug;
use super::phrase::{PhraseError, joined_words, word_numbers};
use super::seal::{open_padded, seal_padded};
use super::secret::VaultSecret;
use super::stretch::{OutOfMemory, StretchParams, stretch};
use crate::codec::{DecodeError, Reader, put_bytes};
use crate::entropy::Entropy;
use crate::sealed::MailboxId;

/// Longest URL of a relay in an offer, in bytes.
pub const RELAY_URL_BYTES_MAX: usize = 2048;
/// Longest name of a vault in an offer, in bytes.
pub const VAULT_NAME_BYTES_MAX: usize = 255;
/// Largest offer in bytes: what a relay need accept for a mailbox.
pub const OFFER_BYTES_MAX: usize = 4096;

/// Eight random words of the English BIP-39 list: 88 bits, without a checksum.
///
/// The device that has the vault shows the code, stretches it to a [`PairingKey`], and puts
/// an offer sealed with that key into a mailbox at the relay. On the new device the words are typed;
/// the same stretching gives the same mailbox and key, and the offer opens.
///
/// **Why a code suffices.** Whoever holds the offer, the relay above all, can try codes without
/// asking anybody. A code has 88 random bits, and each try costs an Argon2id of 64 MiB and three
/// passes. At a million tries a second, far beyond any farm for such memory, half of the codes take
/// five million million years. There is no salt: before the offer is opened the two devices share
/// nothing but the code, so the salt is one fixed text. A table made in advance would serve against
/// everyone, but with 2^88 codes it cannot be made; and who holds a million offers at once gains 20
/// bits, which leaves 68 bits of Argon2id. A code from fewer words, or chosen by a person, would
/// not do.
///
/// **A code is for one use, and for minutes.** The relay hands out a mailbox once and forgets it
/// then, or after a short time: so the code on a screen is worthless once the device has joined, and
/// if a thief was faster the new device finds the mailbox empty, which must be shown as what it
/// is. The relay can refuse or lose an offer; it cannot read one or make one that opens.
///
/// ```
/// use runlog_core::crypto::PairingCode;
///
/// # let mut random = |bytes: &mut [u8]| bytes.fill(7);
/// let code = PairingCode::generate(&mut random);
/// let shown = code.words(); // "among-unlock-..."
/// assert_eq!(shown.split('-').count(), 8);
/// assert_eq!(PairingCode::parse(&shown.replace('-', "  ").to_uppercase())?.words(), shown);
/// # Ok::<(), runlog_core::crypto::PhraseError>(())
/// ```
#[derive(Clone)]
pub struct PairingCode(Zeroizing<[u16; Self::WORDS]>);

impl PairingCode {
    /// Words in a code.
    pub const WORDS: usize = 8;

    /// A new one, for one pairing.
    pub fn generate(entropy: &mut dyn Entropy) -> Self {
        let mut random = Zeroizing::new([0; 2 * Self::WORDS]);
        entropy.fill(&mut *random);
        let mut numbers = Zeroizing::new([0; Self::WORDS]);
        for (number, pair) in numbers.iter_mut().zip(random.chunks_exact(2)) {
            // 2048 words divide 2^16, so the upper bits can be left out without bias.
            *number = u16::from_be_bytes([pair[0], pair[1]]) & 0x7ff;
        }
        Self(numbers)
    }

    /// From what a person typed: any case, with hyphens or spaces between the words.
    ///
    /// # Errors
    /// [`PhraseError`] says what is wrong and at which word. As there is no checksum, a word taken
    /// for another gives another code, whose mailbox is empty.
    pub fn parse(text: &str) -> Result<Self, PhraseError> {
        word_numbers(text, |c| c.is_whitespace() || c == '-').map(Self)
    }

    /// The words to show, with hyphens between.
    pub fn words(&self) -> Zeroizing<String> {
        joined_words(self.0.iter().copied(), '-')
    }

    /// The key of the code. It takes 64 MiB and a fraction of a second, in a browser about a second.
    ///
    /// # Errors
    /// [`PairingError::OutOfMemory`].
    pub fn stretch(&self) -> Result<PairingKey, PairingError> {
        self.stretch_with(StretchParams::PAIRING)
    }

    fn stretch_with(&self, params: StretchParams) -> Result<PairingKey, PairingError> {
        let mut bytes = Zeroizing::new([0; 2 * Self::WORDS]);
        for (pair, number) in bytes.chunks_exact_mut(2).zip(self.0.iter()) {
            pair.copy_from_slice(&number.to_be_bytes());
        }
        let stretched = stretch(&*bytes, b"runlog.pairing.1", params)?;
        let mailbox = MailboxId::from_bytes(*derive(&*stretched, "pairing mailbox", &[]));
        Ok(PairingKey { mailbox, key: derive(&*stretched, "pairing key", &[]) })
    }
}

opaque_debug!(PairingCode);

/// What the new device needs to know.
#[derive(Clone, PartialEq, Eq)]
pub struct PairingPayload {
    /// The vault's secret.
    pub secret: VaultSecret,
    /// Where the relay is; at most [`RELAY_URL_BYTES_MAX`] bytes.
    pub relay_url: String,
    /// What people call the vault; at most [`VAULT_NAME_BYTES_MAX`] bytes.
    pub vault_name: String,
}

impl fmt::Debug for PairingPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A URL can carry a password.
        f.debug_struct("PairingPayload").finish_non_exhaustive()
    }
}

/// Why an offer was not made or did not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PairingError {
    /// The code is another, or somebody altered the offer.
    #[error("the code does not open this offer: check the words, or start with a new code")]
    WrongCode,
    /// The offer has a form that this program does not read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// There is not enough memory.
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
}

/// What a [`PairingCode`] gives once stretched: a mailbox, and the key of the offer in it.
///
/// ```
/// use runlog_core::crypto::{PairingCode, PairingPayload, VaultSecret};
///
/// # let mut random = |bytes: &mut [u8]| bytes.fill(7);
/// # let secret = VaultSecret::generate(&mut random);
/// // On the device that has the vault:
/// let code = PairingCode::generate(&mut random);
/// let payload = PairingPayload {
///     secret,
///     relay_url: "https://relay.example".to_owned(),
///     vault_name: "home".to_owned(),
/// };
/// let (mailbox, offer) = code.stretch()?.seal(&payload, &mut random)?;
///
/// // On the new one, where `code.words()` were typed:
/// let key = PairingCode::parse(&code.words())?.stretch()?;
/// assert_eq!(key.mailbox(), mailbox); // What to ask the relay for.
/// assert_eq!(key.open(&offer)?, payload);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct PairingKey {
    mailbox: MailboxId,
    key: Zeroizing<[u8; 32]>,
}

const VERSION: u8 = 1;

impl PairingKey {
    /// The mailbox that both devices use.
    pub const fn mailbox(&self) -> MailboxId {
        self.mailbox
    }

    /// Seals an offer, with a nonce from `entropy`: version, nonce, sealed payload. Once per code.
    ///
    /// # Errors
    /// [`PairingError::Decode`] where URL or name are too long.
    pub fn seal(
        &self,
        payload: &PairingPayload,
        entropy: &mut dyn Entropy,
    ) -> Result<(MailboxId, Vec<u8>), PairingError> {
        let plain = encode_payload(payload)?;
        let nonce = entropy.array();
        let sealed = seal_padded(&self.cipher(), &nonce, &self.bound(), &plain);
        let offer = [&[VERSION], &nonce[..], &sealed].concat();
        Ok((self.mailbox, offer))
    }

    /// Opens an offer.
    ///
    /// # Errors
    /// [`PairingError`].
    pub fn open(&self, offer: &[u8]) -> Result<PairingPayload, PairingError> {
        if offer.len() > OFFER_BYTES_MAX {
            return Err(DecodeError::TooLong { what: "offers", limit: OFFER_BYTES_MAX }.into());
        }
        let mut reader = Reader::new(offer);
        expect_version(&mut reader, "offers")?;
        let nonce: [u8; NONCE_BYTES] = reader.array()?;
        let sealed = reader.take(reader.remaining())?;
        let plain = open_padded(&self.cipher(), &nonce, &self.bound(), sealed)
            .map_err(|_| PairingError::WrongCode)?;
        Ok(decode_payload(&Zeroizing::new(plain))?)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.key).into())
    }

    fn bound(&self) -> Vec<u8> {
        [&b"runlog.pairing.1"[..], self.mailbox.as_bytes()].concat()
    }
}

opaque_debug!(PairingKey);

/// Version, secret, URL, name.
fn encode_payload(payload: &PairingPayload) -> Result<Zeroizing<Vec<u8>>, DecodeError> {
    let (url, name) = (payload.relay_url.as_bytes(), payload.vault_name.as_bytes());
    if url.len() > RELAY_URL_BYTES_MAX {
        return Err(DecodeError::TooLong { what: "relay URLs", limit: RELAY_URL_BYTES_MAX });
    }
    if name.len() > VAULT_NAME_BYTES_MAX {
        return Err(DecodeError::TooLong { what: "vault names", limit: VAULT_NAME_BYTES_MAX });
    }
    // Room for all, so that no copy of the secret is left behind by growing.
    let room = 1 + VaultSecret::LEN + 2 + url.len() + 2 + name.len();
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    bytes.push(VERSION);
    bytes.extend_from_slice(payload.secret.expose());
    put_bytes(&mut bytes, url);
    put_bytes(&mut bytes, name);
    Ok(bytes)
}

fn decode_payload(bytes: &[u8]) -> Result<PairingPayload, DecodeError> {
    let mut reader = Reader::new(bytes);
    expect_version(&mut reader, "pairing payloads")?;
    let secret = VaultSecret::from_bytes(Zeroizing::new(reader.array()?));
    let relay_url = reader.text("relay URLs", RELAY_URL_BYTES_MAX)?.to_owned();
    let vault_name = reader.text("vault names", VAULT_NAME_BYTES_MAX)?.to_owned();
    reader.finish()?;
    Ok(PairingPayload { secret, relay_url, vault_name })
}

fn expect_version(reader: &mut Reader<'_>, what: &'static str) -> Result<(), DecodeError> {
    match reader.u8()? {
        VERSION => Ok(()),
        version => Err(DecodeError::UnknownVersion { what, version }),
    }
}

#[cfg(test)]
mod tests;
