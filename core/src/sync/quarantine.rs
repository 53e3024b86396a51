//! Records that cannot be applied yet: each is set aside alone, with its reason, and tried again.
//!
//! A record that is set aside was not accepted: it does not move the clock, gets no change number, is
//! not forwarded and counts in no digest.

use siphasher::sip::SipHasher24;

use crate::clock::Clock;
use crate::codec::{DecodeError, Reader, put_bytes, put_varint};
use crate::model::text_enum;
use crate::sealed::{CellTag, Drops, KeyId, Mark, OpaqueKey, SealedCell, SealedRecord, TableTag};
use crate::store::{BackendId, ReadTx, Room, StoreError, StoreResult, WriteTx};
use crate::sync::limits;
use crate::time::Timestamp;

text_enum! {
    /// Why a record was set aside.
    SetAsideReason in "reason" {
        /// The key that sealed it is not here.
        NoKey = "no_key",
        /// It was altered, or sealed for another place.
        Damaged = "damaged",
        /// It holds what no program of ours writes, or what only a newer one does.
        Unreadable = "unreadable",
        /// It cannot be placed: a key that is none, or pieces that overlap.
        Unplaceable = "unplaceable",
        /// Its clock is far ahead of this device's.
        ClockAhead = "clock_ahead",
    }
}

/// A record that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// Where it came from.
    pub backend: BackendId,
    /// Why.
    pub reason: SetAsideReason,
    /// Why, for people.
    pub detail: String,
    /// Since when.
    pub at: Timestamp,
    /// The record.
    pub record: SealedRecord,
}

impl SetAside {
    /// Sets the record aside, replacing the same one.
    pub(crate) fn put(&self, tx: &mut dyn WriteTx) -> StoreResult<()> {
        let mut bytes = vec![self.reason as u8];
        bytes.extend_from_slice(&self.at.as_millis().to_be_bytes());
        put_bytes(&mut bytes, self.detail.as_bytes());
        encode(&self.record, &mut bytes);
        tx.put_note(Room::Quarantine, &self.key(), &bytes)
    }

    /// Forgets it: it was applied, or is known by now.
    pub(crate) fn remove(&self, tx: &mut dyn WriteTx) -> StoreResult<()> {
        tx.remove_note(Room::Quarantine, &self.key())
    }

    /// Records of a backend that are set aside, at most `limit`, after the one whose note has the
    /// key `after`.
    pub(crate) fn list(
        tx: &dyn ReadTx,
        backend: BackendId,
        after: Option<&[u8]>,
        limit: usize,
    ) -> StoreResult<Vec<Self>> {
        let notes = tx.notes(Room::Quarantine, &backend.0.to_be_bytes(), after, limit)?;
        let read = |(_, value): &(Vec<u8>, Vec<u8>)| {
            decode(backend, value).map_err(|error| StoreError::Corrupt {
                detail: format!("a record that was set aside: {error}"),
            })
        };
        notes.iter().map(read).collect()
    }

    /// The key of its note: the same record comes to the same place.
    pub(crate) fn key(&self) -> Vec<u8> {
        let mut marks = Vec::with_capacity(self.record.cells.len() * Mark::LEN);
        self.record.cells.iter().for_each(|cell| marks.extend_from_slice(&cell.mark.0));
        let mut key = self.backend.0.to_be_bytes().to_vec();
        key.extend_from_slice(&self.record.row.0);
        key.extend_from_slice(&self.record.clock.to_wire());
        key.extend_from_slice(&SipHasher24::new().hash(&marks).to_be_bytes());
        key
    }
}

fn encode(record: &SealedRecord, into: &mut Vec<u8>) {
    into.extend_from_slice(&record.table.0);
    into.extend_from_slice(&record.row.0);
    into.extend_from_slice(&record.clock.to_wire());
    put_varint(into, record.cells.len() as u64);
    for cell in &record.cells {
        into.extend_from_slice(&cell.mark.0);
        into.extend_from_slice(&cell.tag.0);
    }
    into.extend_from_slice(&record.key.generation.to_be_bytes());
    into.extend_from_slice(&record.key.id);
    into.extend_from_slice(&record.nonce);
    put_bytes(into, &record.sealed);
    let Some(drops) = &record.drops else { return };
    into.extend_from_slice(&drops.floor.to_wire());
    put_varint(into, drops.keys.len() as u64);
    drops.keys.iter().for_each(|key| into.extend_from_slice(&key.0));
}

fn decode(backend: BackendId, bytes: &[u8]) -> Result<SetAside, DecodeError> {
    let mut reader = Reader::new(bytes);
    let reason = usize::from(reader.u8()?);
    let malformed = DecodeError::Malformed { what: "records set aside" };
    let reason = *SetAsideReason::ALL.get(reason).ok_or(malformed)?;
    let at = Timestamp::from_millis(reader.u64()? as i64);
    let detail = reader.text("reasons", usize::MAX)?.to_owned();
    let (table, row) = (TableTag(reader.array()?), OpaqueKey(reader.array()?));
    let clock = Clock::from_wire(reader.array()?);
    let count = reader.length("columns", limits::CELLS_MAX)?;
    let cells = (0..count)
        .map(|_| Ok(SealedCell { mark: Mark(reader.array()?), tag: CellTag(reader.array()?) }))
        .collect::<Result<_, DecodeError>>()?;
    let key = KeyId { generation: u32::from_be_bytes(reader.array()?), id: reader.array()? };
    let nonce = reader.array()?;
    let sealed = reader.bytes("sealed values", limits::SEALED_BYTES_MAX)?.to_vec();
    let drops = match reader.is_empty() {
        true => None,
        false => {
            let floor = Clock::from_wire(reader.array()?);
            let count = reader.length("drops", limits::DROPS_MAX)?;
            let keys =
                (0..count).map(|_| reader.array().map(OpaqueKey)).collect::<Result<_, _>>()?;
            Some(Drops { floor, keys })
        }
    };
    reader.finish()?;
    let record = SealedRecord { table, row, clock, cells, key, nonce, sealed, drops };
    Ok(SetAside { backend, reason, detail, at, record })
}
