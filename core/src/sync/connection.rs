//! What a device remembers of one relay: the opaque position of the storage trait, opened.

use super::message::{Place, Standing};
use crate::change::ChangeNumber;
use crate::clock::ClockTime;
use crate::codec::{DecodeError, Reader, put_varint};
use crate::sealed::{AckToken, PushId};
use crate::time::Timestamp;

const VERSION: u8 = 1;

/// A device's side of its connection to one relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Connection {
    /// What is presented with each request.
    pub standing: Standing,
    /// A push that was handed over and whose answer has not come.
    pub pending: Option<PushId>,
    /// Whether a pull is to bring what this device pushed itself as well: after it or the relay was
    /// set back.
    pub with_own: bool,
    /// Changes up to this one are sent wherever they came from: at a first upload and after either
    /// side was set back, it is not known what the relay still has.
    pub origins_after: ChangeNumber,
    /// When the relay last answered.
    pub heard_at: Option<Timestamp>,
    /// How far the relay's clock is ahead of this device's, in milliseconds.
    pub clock_offset_ms: i64,
    /// The newest clock that the vault's relay accepted from anyone.
    pub newest: ClockTime,
    /// The vault's newest sequence when it was last heard of.
    pub head: u64,
    /// Bytes that the vault takes there.
    pub bytes: u64,
    /// Bytes that it may take there; zero where it is not known.
    pub quota: u64,
    /// Changes up to this one are held by all devices that the relay heard from of late.
    pub everywhere: ChangeNumber,
    /// Changes up to this one are on the relay, up to this sequence: once all devices have caught up
    /// with the sequence, the changes are [everywhere](Self::everywhere).
    pub handed_over: Option<(ChangeNumber, u64)>,
}

impl Connection {
    /// Reads what [`Self::encode`] wrote; nothing is a connection that never spoke.
    ///
    /// # Errors
    /// A [`DecodeError`] for anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let mut reader = Reader::new(bytes);
        let version = reader.u8()?;
        if version != VERSION {
            return Err(DecodeError::UnknownVersion { what: "positions", version });
        }
        let connection = Self {
            standing: Standing {
                got: place(&mut reader)?,
                sent: place(&mut reader)?,
                token: id(&mut reader)?.map(AckToken),
            },
            pending: id(&mut reader)?.map(PushId),
            with_own: reader.u8()? == 1,
            origins_after: ChangeNumber::new(reader.varint()?),
            heard_at: match reader.u8()? {
                0 => None,
                _ => Some(Timestamp::from_millis(reader.u64()? as i64)),
            },
            clock_offset_ms: reader.u64()? as i64,
            newest: ClockTime::from_packed(reader.u64()?),
            head: reader.varint()?,
            bytes: reader.varint()?,
            quota: reader.varint()?,
            everywhere: ChangeNumber::new(reader.varint()?),
            handed_over: handed_over(&mut reader)?,
        };
        reader.finish()?;
        Ok(connection)
    }

    /// As bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        for place in [self.standing.got, self.standing.sent] {
            put_id(&mut bytes, place.map(|place| place.push.0));
            if let Some(place) = place {
                put_varint(&mut bytes, place.sequence);
            }
        }
        put_id(&mut bytes, self.standing.token.map(|token| token.0));
        put_id(&mut bytes, self.pending.map(|push| push.0));
        bytes.push(self.with_own.into());
        put_varint(&mut bytes, self.origins_after.get());
        bytes.push(self.heard_at.is_some().into());
        if let Some(at) = self.heard_at {
            bytes.extend_from_slice(&at.as_millis().to_be_bytes());
        }
        bytes.extend_from_slice(&self.clock_offset_ms.to_be_bytes());
        bytes.extend_from_slice(&self.newest.packed().to_be_bytes());
        put_varint(&mut bytes, self.head);
        put_varint(&mut bytes, self.bytes);
        put_varint(&mut bytes, self.quota);
        put_varint(&mut bytes, self.everywhere.get());
        bytes.push(self.handed_over.is_some().into());
        if let Some((change, sequence)) = self.handed_over {
            put_varint(&mut bytes, change.get());
            put_varint(&mut bytes, sequence);
        }
        bytes
    }

    /// Takes down up to where all devices have caught up.
    pub fn acknowledged(&mut self, sequence: u64) {
        if let Some((change, _)) = self.handed_over.take_if(|(_, upto)| sequence >= *upto) {
            self.everywhere = self.everywhere.max(change);
        }
    }

    /// Takes down that the relay has all changes up to this one. What is waited for already is waited
    /// for first, so that a busy vault gets there as well.
    pub fn has_handed_over(&mut self, change: ChangeNumber) {
        if change > self.everywhere {
            self.handed_over.get_or_insert((change, self.head));
        }
    }

    /// The connection of a device that begins anew with this relay: nothing is taken for known.
    #[must_use]
    pub fn begun_anew(&self, newest_change: ChangeNumber) -> Self {
        Self {
            with_own: true,
            origins_after: newest_change,
            heard_at: self.heard_at,
            ..Self::default()
        }
    }
}

fn handed_over(reader: &mut Reader<'_>) -> Result<Option<(ChangeNumber, u64)>, DecodeError> {
    Ok(match reader.u8()? {
        0 => None,
        _ => Some((ChangeNumber::new(reader.varint()?), reader.varint()?)),
    })
}

fn place(reader: &mut Reader<'_>) -> Result<Option<Place>, DecodeError> {
    let Some(push) = id(reader)? else { return Ok(None) };
    Ok(Some(Place { push: PushId(push), sequence: reader.varint()? }))
}

fn id(reader: &mut Reader<'_>) -> Result<Option<[u8; 16]>, DecodeError> {
    Ok(match reader.u8()? {
        0 => None,
        _ => Some(reader.array()?),
    })
}

fn put_id(bytes: &mut Vec<u8>, id: Option<[u8; 16]>) {
    bytes.push(id.is_some().into());
    bytes.extend_from_slice(id.as_ref().map_or(&[], <[u8; 16]>::as_slice));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_round_trip() {
        let place = Place { sequence: 300, push: PushId([7; 16]) };
        let full = Connection {
            standing: Standing { got: Some(place), sent: None, token: Some(AckToken([1; 16])) },
            pending: Some(PushId([3; 16])),
            with_own: true,
            origins_after: ChangeNumber::new(1_000),
            heard_at: Some(Timestamp::from_millis(-5)),
            clock_offset_ms: -90_000,
            newest: ClockTime::new(9, 1),
            head: 301,
            bytes: 1 << 40,
            quota: 1 << 41,
            everywhere: ChangeNumber::new(70),
            handed_over: Some((ChangeNumber::new(80), 300)),
        };
        for connection in [full, Connection::default()] {
            let bytes = connection.encode();
            assert_eq!(Connection::decode(&bytes), Ok(connection));
            for cut in 1..bytes.len() {
                assert!(Connection::decode(&bytes[..cut]).is_err());
            }
        }
        assert_eq!(Connection::decode(&[]), Ok(Connection::default()));
    }
}
