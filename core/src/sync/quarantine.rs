//! Records that cannot be applied yet: each is set aside alone, with its reason, and tried again.
//!
//! A record that is set aside was not accepted: it does not move the clock, gets no change number, is
//! not forwarded and counts in no digest.
//!
//! One that did not open may have been altered on its way: its row is fetched again, at the next
//! sync and then ever more rarely. What the backend no longer holds by then is forgotten.

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
    /// How often it was fetched again and did not open either.
    pub fetches: u32,
    /// When it was last got from the backend.
    pub got_at: Timestamp,
    /// The record.
    pub record: SealedRecord,
}

impl SetAside {
    /// Whether it is time to fetch it again: it did not open, which it may if it was altered on its
    /// way here. The wait doubles from a minute to a day; none precedes the first time, nor where
    /// this device's clock was set back.
    pub fn is_to_be_fetched(&self, now: Timestamp) -> bool {
        let waited = now.as_millis() - self.got_at.as_millis();
        self.did_not_open() && (waited < 0 || waited >= wait_ms(self.fetches))
    }

    /// Whether the record itself is at fault, or the key, and not what it says.
    pub(crate) fn did_not_open(&self) -> bool {
        matches!(self.reason, SetAsideReason::NoKey | SetAsideReason::Damaged)
    }

    /// Sets the record aside, replacing the same one.
    pub(crate) fn put(&self, tx: &mut dyn WriteTx) -> StoreResult<()> {
        let mut bytes = vec![self.reason as u8];
        bytes.extend_from_slice(&self.at.as_millis().to_be_bytes());
        put_varint(&mut bytes, self.fetches.into());
        bytes.extend_from_slice(&self.got_at.as_millis().to_be_bytes());
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
        notes.iter().map(|(_, value)| read(backend, value)).collect()
    }

    /// Records of one row of a backend that are set aside.
    pub(crate) fn of_row(
        tx: &dyn ReadTx,
        backend: BackendId,
        row: &OpaqueKey,
    ) -> StoreResult<Vec<Self>> {
        let notes = tx.notes(Room::Quarantine, &prefix_of(backend, row), None, usize::MAX)?;
        notes.iter().map(|(_, value)| read(backend, value)).collect()
    }

    /// The one that is set aside in a record's place.
    pub(crate) fn find(
        tx: &dyn ReadTx,
        backend: BackendId,
        record: &SealedRecord,
    ) -> StoreResult<Option<Self>> {
        let note = tx.note(Room::Quarantine, &key_of(backend, record))?;
        note.map(|value| read(backend, &value)).transpose()
    }

    /// The key of its note.
    pub(crate) fn key(&self) -> Vec<u8> {
        key_of(self.backend, &self.record)
    }
}

/// How long a record that did not open after so many fetches waits for the next, in milliseconds.
fn wait_ms(fetches: u32) -> i64 {
    const LEAST_MS: i64 = 60_000;
    const MOST_MS: i64 = 24 * 3_600_000;
    match fetches {
        0 => 0,
        // Eleven doublings are more than a day.
        _ => (LEAST_MS << (fetches - 1).min(11)).min(MOST_MS),
    }
}

fn prefix_of(backend: BackendId, row: &OpaqueKey) -> Vec<u8> {
    let mut prefix = backend.0.to_be_bytes().to_vec();
    prefix.extend_from_slice(&row.0);
    prefix
}

/// The key of a record's note: the same record comes to the same place.
pub(crate) fn key_of(backend: BackendId, record: &SealedRecord) -> Vec<u8> {
    let mut marks = Vec::with_capacity(record.cells.len() * Mark::LEN);
    record.cells.iter().for_each(|cell| marks.extend_from_slice(&cell.mark.0));
    let mut key = prefix_of(backend, &record.row);
    key.extend_from_slice(&record.clock.to_wire());
    key.extend_from_slice(&SipHasher24::new().hash(&marks).to_be_bytes());
    key
}

fn read(backend: BackendId, value: &[u8]) -> StoreResult<SetAside> {
    decode(backend, value).map_err(|error| StoreError::Corrupt {
        detail: format!("a record that was set aside: {error}"),
    })
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
    let fetches = u32::try_from(reader.varint()?)
        .map_err(|_| DecodeError::Malformed { what: "records set aside" })?;
    let got_at = Timestamp::from_millis(reader.u64()? as i64);
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
    Ok(SetAside { backend, reason, detail, at, fetches, got_at, record })
}
