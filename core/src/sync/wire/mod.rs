//! Bytes of the messages: what [`super::message`] says, as it travels.
//!
//! The first byte of a message is the version of the protocol, the second its kind. Numbers are
//! unsigned LEB128 varints in their shortest form unless a width is stated; what has a width is
//! big-endian. Lists stand behind their count, byte strings behind their length.
//! A checksum of all before it ends each message, so that what was altered by accident on its way is
//! not taken for what was said; against intent there are seals, and TLS. `docs/protocol.md` has the
//! tables.
//!
//! Every decoder takes bytes that anybody may have made: counts and lengths are checked against
//! [`limits`] and against what is left of the input before anything is allocated. Every encoder
//! refuses what its decoder would.
//!
//! ```
//! use runlog_core::sealed::TableTag;
//! use runlog_core::sync::message::{Compare, Request, Standing};
//! use runlog_core::sync::wire::{decode_request, encode_request};
//!
//! let compare = Compare { standing: Standing::default(), table: TableTag([7; 8]) };
//! let request = Request::Compare(compare);
//! let bytes = encode_request(&request)?;
//! assert_eq!(decode_request(&bytes)?, request);
//! assert!(decode_request(&bytes[..bytes.len() - 1]).is_err());
//! # Ok::<(), runlog_core::codec::DecodeError>(())
//! ```

mod answer;
mod batch;
mod request;
#[cfg(test)]
mod tests;

pub use answer::{decode_answer, encode_answer};
pub use request::{decode_request, encode_request};

use super::limits;
use super::message::{Place, Standing};
use crate::codec::{DecodeError, Reader, put_varint, unzigzag, zigzag};
use crate::sealed::{AckToken, OpaqueKey, PushId};
use crate::time::Timestamp;

/// Begins a message.
fn head(kind: u8) -> Vec<u8> {
    vec![limits::PROTOCOL, kind]
}

/// Reads the beginning of a message.
fn open(bytes: &[u8]) -> Result<(u8, Reader<'_>), DecodeError> {
    within("messages", bytes.len(), limits::MESSAGE_BYTES_MAX)?;
    let mut reader = Reader::new(bytes);
    let version = reader.u8()?;
    if version != limits::PROTOCOL {
        return Err(DecodeError::UnknownVersion { what: "messages", version });
    }
    let (said, sum) = bytes.split_last_chunk::<SUM_LEN>().ok_or(DecodeError::Truncated)?;
    if *sum != checksum(said) {
        return Err(DecodeError::Malformed { what: "messages, by their checksum," });
    }
    let mut reader = Reader::new(said.get(1..).ok_or(DecodeError::Truncated)?);
    Ok((reader.u8()?, reader))
}

/// Bytes of a [`checksum`].
const SUM_LEN: usize = 8;

/// The checksum at the end of a message: SipHash-2-4 with an empty key.
fn checksum(bytes: &[u8]) -> [u8; SUM_LEN] {
    siphasher::sip::SipHasher24::new().hash(bytes).to_be_bytes()
}

/// Bytes with their checksum behind them, for tests of what a decoder makes of bytes that no encoder
/// wrote.
#[must_use]
pub fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
    let sum = checksum(&bytes);
    bytes.extend_from_slice(&sum);
    bytes
}

/// Ends the writing of a message.
fn close(bytes: Vec<u8>) -> Result<Vec<u8>, DecodeError> {
    let bytes = with_checksum(bytes);
    within("messages", bytes.len(), limits::MESSAGE_BYTES_MAX)?;
    Ok(bytes)
}

fn within(what: &'static str, length: usize, limit: usize) -> Result<(), DecodeError> {
    if length > limit { Err(DecodeError::TooLong { what, limit }) } else { Ok(()) }
}

/// A byte that is 0 or 1.
fn flag(reader: &mut Reader<'_>) -> Result<bool, DecodeError> {
    match reader.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(DecodeError::Malformed { what: "flags" }),
    }
}

fn put_option<T>(into: &mut Vec<u8>, value: Option<T>, put: impl FnOnce(&mut Vec<u8>, T)) {
    into.push(value.is_some().into());
    if let Some(value) = value {
        put(into, value);
    }
}

fn option<T>(
    reader: &mut Reader<'_>,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, DecodeError>,
) -> Result<Option<T>, DecodeError> {
    flag(reader)?.then(|| read(reader)).transpose()
}

fn put_place(into: &mut Vec<u8>, place: Place) {
    put_varint(into, place.sequence);
    into.extend_from_slice(&place.push.0);
}

fn place(reader: &mut Reader<'_>) -> Result<Place, DecodeError> {
    Ok(Place { sequence: reader.varint()?, push: PushId(reader.array()?) })
}

fn put_token(into: &mut Vec<u8>, token: AckToken) {
    into.extend_from_slice(&token.0);
}

fn token(reader: &mut Reader<'_>) -> Result<AckToken, DecodeError> {
    Ok(AckToken(reader.array()?))
}

fn put_standing(into: &mut Vec<u8>, standing: &Standing) {
    put_option(into, standing.got, put_place);
    put_option(into, standing.sent, put_place);
    put_option(into, standing.token, put_token);
}

fn standing(reader: &mut Reader<'_>) -> Result<Standing, DecodeError> {
    Ok(Standing {
        got: option(reader, place)?,
        sent: option(reader, place)?,
        token: option(reader, token)?,
    })
}

fn put_time(into: &mut Vec<u8>, time: Timestamp) {
    put_varint(into, zigzag(time.as_millis()));
}

fn time(reader: &mut Reader<'_>) -> Result<Timestamp, DecodeError> {
    let millis = unzigzag(reader.varint()?);
    let time = Timestamp::from_millis(millis);
    // Outside of its range a time would be clamped, and no longer be what was sent.
    if time.as_millis() == millis {
        Ok(time)
    } else {
        Err(DecodeError::Malformed { what: "times" })
    }
}

fn put_keys(into: &mut Vec<u8>, keys: &[OpaqueKey], limit: usize) -> Result<(), DecodeError> {
    within("row keys", keys.len(), limit)?;
    put_varint(into, keys.len() as u64);
    keys.iter().for_each(|key| into.extend_from_slice(&key.0));
    Ok(())
}

fn keys(reader: &mut Reader<'_>, limit: usize) -> Result<Vec<OpaqueKey>, DecodeError> {
    let count = reader.length("row keys", limit)?;
    let bytes = reader.take(count * OpaqueKey::LEN)?;
    Ok(bytes.as_chunks().0.iter().copied().map(OpaqueKey).collect())
}
