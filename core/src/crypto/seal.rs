//! Sealing of values with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha), bound to where they belong.

use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::AeadInOut;

use super::keys::VaultKeys;
use super::padding::{padded, padded_len, unpadded_len};
use super::{NONCE_BYTES, TAG_BYTES};
use crate::clock::Clock;
use crate::codec::RECORD_BYTES_MAX;
use crate::sealed::VaultId;
use crate::sealed::{KeyId, Mark, OpaqueKey, TableTag};

/// Longest value that is sealed, in bytes.
pub const PLAIN_BYTES_MAX: usize = RECORD_BYTES_MAX;

/// What sealing adds at least, in bytes: the authenticator and one byte of padding. On top of that
/// the padding takes up to 12 % and fills short values up to
/// [`PADDED_BYTES_MIN`](super::PADDED_BYTES_MIN).
pub const SEAL_OVERHEAD_BYTES: usize = TAG_BYTES + 1;

/// What a value is bound to. It travels in the clear beside the sealed value; a relay that alters
/// any of it makes a value that does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedHeader<'a> {
    /// The table.
    pub table: TableTag,
    /// The row.
    pub row: OpaqueKey,
    /// The columns, in the order of the values.
    pub marks: &'a [Mark],
    /// When and where the columns were written.
    pub clock: Clock,
    /// The key that seals.
    pub key: KeyId,
}

/// Why a value was not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The header names a key that is not in the ring.
    #[error("this device does not have the key {key}")]
    UnknownKey {
        /// The key named.
        key: KeyId,
    },
    /// The value is above [`PLAIN_BYTES_MAX`].
    #[error("the value has {length} bytes, more than the limit of {PLAIN_BYTES_MAX}")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
}

/// Why a sealed value did not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The header names a key that this device does not have, perhaps not yet. It is the header that
    /// says so, and without the key nothing proves it right.
    #[error("it was sealed with key {key}, which this device does not have")]
    UnknownKey {
        /// The key named.
        key: KeyId,
        /// Whether its generation is above that of every key here: another device rotated the key.
        newer: bool,
    },
    /// The value, its nonce or its header is not what was sealed.
    #[error("it is damaged, was tampered with, or belongs elsewhere")]
    Damaged,
    /// Sealed with the right key, but not padded as [`seal`] does: a faulty program made it.
    #[error("it was sealed by a faulty program: its padding is malformed")]
    Malformed,
}

/// The length of `length` bytes once sealed: padded as [`PADDED_BYTES_MIN`](super::PADDED_BYTES_MIN)
/// tells, and the authenticator.
pub const fn sealed_len(length: usize) -> usize {
    padded_len(length) + TAG_BYTES
}

/// Pads and seals a value: ciphertext, then the 16 bytes of the authenticator.
///
/// The nonce must be random and new for each call, and must be kept beside the result: with 24
/// bytes, random ones do not repeat. What it is bound to besides the header is the vault.
///
/// # Errors
/// [`SealError`] where the header's key is not in the ring, or the value is too long.
pub fn seal(
    keys: &VaultKeys,
    header: &SealedHeader<'_>,
    plain: &[u8],
    nonce: [u8; NONCE_BYTES],
) -> Result<Vec<u8>, SealError> {
    let key = keys.data_key(header.key).ok_or(SealError::UnknownKey { key: header.key })?;
    if plain.len() > PLAIN_BYTES_MAX {
        return Err(SealError::TooLong { length: plain.len() });
    }
    let bound = associated_data(&keys.vault_id(), header);
    Ok(seal_padded(&key.cipher(), &nonce, &bound, plain))
}

/// Opens what [`seal`] made with the same header, nonce and vault.
///
/// # Errors
/// [`OpenError`]; nothing of a value that is not genuine is returned.
pub fn open(
    keys: &VaultKeys,
    header: &SealedHeader<'_>,
    nonce: [u8; NONCE_BYTES],
    sealed: &[u8],
) -> Result<Vec<u8>, OpenError> {
    let newer = header.key.generation > keys.current().generation;
    let unknown = OpenError::UnknownKey { key: header.key, newer };
    let key = keys.data_key(header.key).ok_or(unknown)?;
    if sealed.len() > sealed_len(PLAIN_BYTES_MAX) {
        return Err(OpenError::Damaged);
    }
    let bound = associated_data(&keys.vault_id(), header);
    open_padded(&key.cipher(), &nonce, &bound, sealed)
}

/// Pads and seals under any cipher and associated data.
pub(super) fn seal_padded(
    cipher: &XChaCha20Poly1305,
    nonce: &[u8; NONCE_BYTES],
    bound: &[u8],
    plain: &[u8],
) -> Vec<u8> {
    let mut buffer = padded(plain, TAG_BYTES);
    let tag = cipher
        .encrypt_inout_detached(nonce.into(), bound, buffer.as_mut_slice().into())
        .expect("the cipher takes 256 GiB, and callers limit values far below");
    buffer.extend_from_slice(&tag);
    buffer
}

/// Opens what [`seal_padded`] made.
pub(super) fn open_padded(
    cipher: &XChaCha20Poly1305,
    nonce: &[u8; NONCE_BYTES],
    bound: &[u8],
    sealed: &[u8],
) -> Result<Vec<u8>, OpenError> {
    let (body, tag) = sealed.split_last_chunk::<TAG_BYTES>().ok_or(OpenError::Damaged)?;
    let mut buffer = body.to_vec();
    cipher
        .decrypt_inout_detached(nonce.into(), bound, buffer.as_mut_slice().into(), tag.into())
        .map_err(|_| OpenError::Damaged)?;
    let length = unpadded_len(&buffer).ok_or(OpenError::Malformed)?;
    buffer.truncate(length);
    Ok(buffer)
}

/// What is authenticated beside the value: the version of this form, vault, key, table, row, clock,
/// then the count of marks (4 bytes, big-endian) and the marks in the given order. Everything else
/// has a fixed length, so two headers never give the same bytes.
fn associated_data(vault: &VaultId, header: &SealedHeader<'_>) -> Vec<u8> {
    const VERSION: &[u8; 16] = b"runlog.record.01";
    let fixed = VERSION.len() + VaultId::LEN + KeyId::WIRE_LEN + TableTag::LEN + OpaqueKey::LEN;
    let marks = header.marks.len() * Mark::LEN;
    let mut bytes = Vec::with_capacity(fixed + Clock::WIRE_LEN + 4 + marks);
    bytes.extend_from_slice(VERSION);
    bytes.extend_from_slice(vault.as_bytes());
    bytes.extend_from_slice(&header.key.to_wire());
    bytes.extend_from_slice(header.table.as_bytes());
    bytes.extend_from_slice(header.row.as_bytes());
    bytes.extend_from_slice(&header.clock.to_wire());
    bytes.extend_from_slice(&(header.marks.len() as u32).to_be_bytes());
    header.marks.iter().for_each(|mark| bytes.extend_from_slice(mark.as_bytes()));
    bytes
}

#[cfg(test)]
mod tests;
