//! What a merge displaced last, by column: half of the answer to "why is this value here?".

use crate::clock::Clock;
use crate::codec::{DecodeError, Reader, decode_value, encode_value, put_bytes};
use crate::store::{ItemKey, ReadTx, Room, StoreError, StoreResult, WriteTx};
use crate::sync::run::SyncId;
use crate::time::Timestamp;
use crate::value::Value;

/// How long a displaced value is remembered, in milliseconds: 90 days.
pub const REMEMBERED_MS: u64 = 90 * 24 * 60 * 60 * 1000;

/// The value that a merge took the place of.
#[derive(Clone, Debug, PartialEq)]
pub struct Displaced {
    /// When and where it had been written.
    pub clock: Clock,
    /// What it was.
    pub value: Value,
    /// The clock of the value that took its place.
    pub by: Clock,
    /// When it was displaced here.
    pub at: Timestamp,
    /// The sync run that brought the newer value.
    pub run: Option<SyncId>,
}

impl Displaced {
    /// Remembers it in place of the one before.
    pub(crate) fn note(
        &self,
        tx: &mut dyn WriteTx,
        item: &ItemKey,
        column: &str,
    ) -> StoreResult<()> {
        let mut bytes = Vec::with_capacity(104);
        bytes.extend_from_slice(&self.at.as_millis().to_be_bytes());
        bytes.extend_from_slice(&self.by.to_wire());
        bytes.extend_from_slice(&self.clock.to_wire());
        bytes.push(self.run.is_some().into());
        bytes.extend_from_slice(self.run.as_ref().map_or(&[], |run| run.0.as_bytes()));
        encode_value(&self.value, &mut bytes);
        tx.put_note(Room::Displaced, &key_of(item, column), &bytes)
    }

    /// What was displaced last in a column.
    ///
    /// # Errors
    /// The store's own errors.
    pub(crate) fn of(tx: &dyn ReadTx, item: &ItemKey, column: &str) -> StoreResult<Option<Self>> {
        let Some(bytes) = tx.note(Room::Displaced, &key_of(item, column))? else {
            return Ok(None);
        };
        let corrupt = |error| StoreError::Corrupt { detail: format!("a displaced value: {error}") };
        decode(&bytes).map(Some).map_err(corrupt)
    }
}

/// What one step of forgetting did.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Forgotten {
    /// How many were forgotten.
    pub removed: u64,
    /// Where to go on; `None` at the end.
    pub next: Option<Vec<u8>>,
}

/// Forgets what was displaced before `before`. Looks at no more than `limit` of them, in the order
/// of their rows from `after` on, and says where to go on.
///
/// # Errors
/// The store's own errors.
pub fn forget_before(
    tx: &mut dyn WriteTx,
    before: Timestamp,
    after: Option<&[u8]>,
    limit: usize,
) -> StoreResult<Forgotten> {
    let notes = tx.notes(Room::Displaced, &[], after, limit)?;
    let mut forgotten = Forgotten::default();
    for (key, value) in &notes {
        let at = Reader::new(value).u64().map_or(i64::MIN, |millis| millis as i64);
        if at < before.as_millis() {
            tx.remove_note(Room::Displaced, key)?;
            forgotten.removed += 1;
        }
    }
    if notes.len() == limit {
        forgotten.next = notes.into_iter().next_back().map(|(key, _)| key);
    }
    Ok(forgotten)
}

fn decode(bytes: &[u8]) -> Result<Displaced, DecodeError> {
    let mut reader = Reader::new(bytes);
    let at = Timestamp::from_millis(reader.u64()? as i64);
    let by = Clock::from_wire(reader.array()?);
    let clock = Clock::from_wire(reader.array()?);
    let run = match reader.u8()? {
        0 => None,
        _ => Some(SyncId(uuid::Uuid::from_bytes(reader.array()?))),
    };
    let value = decode_value(&mut reader)?;
    reader.finish()?;
    Ok(Displaced { clock, value, by, at, run })
}

fn key_of(item: &ItemKey, column: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(item.table.len() + item.key.len() + column.len() + 3);
    put_bytes(&mut key, item.table.as_bytes());
    put_bytes(&mut key, &item.key);
    key.extend_from_slice(column.as_bytes());
    key
}
