//! The trash: how long it keeps what was deleted, and what is taken from it for good.
//!
//! What was deleted longer ago than the trash keeps it is purged once every device knows of the
//! delete: purged earlier, an edit that a device made without knowing of it would be lost. A device
//! that was away longer than the relays wait for hears of the purge instead, which a relay keeps for
//! good, and so brings nothing back.

use super::{HistoryError, HistoryReader, HistoryWriter};
use crate::clock::ColumnSet;
use crate::query::{Cursor, Filter, ListQuery, Order};
use crate::schema::{RowKey, executions as column};
use crate::store::{ChangeNumber, ReadTx, Room, StoreError, StoreResult};
use crate::sync::connection::Connection;
use crate::sync::limits::HEARD_WITHIN_MS;
use crate::time::Timestamp;

const KEEPS: &[u8] = b"trash keeps";
const LOOKED_AT: &[u8] = b"trash looked at";
/// Executions that one step of emptying the trash looks at.
const LOOKED_AT_ONCE: u32 = 256;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// How long the trash of this device keeps what was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrashKeeps {
    /// So many days after the delete: 30 unless told.
    Days(u32),
    /// Until somebody purges it by hand, here or on another device.
    ForEver,
}

impl Default for TrashKeeps {
    fn default() -> Self {
        Self::Days(30)
    }
}

impl TrashKeeps {
    /// What was deleted before this time has been kept for long enough.
    fn horizon(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Days(days) => Some(now.plus_millis(-(i64::from(days) * DAY_MS))),
            Self::ForEver => None,
        }
    }
}

/// What one step of emptying the trash did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Emptied {
    /// Executions purged.
    pub purged: u64,
    /// Where to go on; `None` at the end.
    pub next: Option<Cursor>,
}

impl HistoryReader<'_> {
    /// How long the trash keeps what was deleted.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn trash_keeps(&self) -> Result<TrashKeeps, HistoryError> {
        let Some(note) = self.tx().note(Room::Local, KEEPS)? else {
            return Ok(TrashKeeps::default());
        };
        Ok(match note.try_into().map(u32::from_be_bytes) {
            Ok(days) => TrashKeeps::Days(days),
            Err(_) => TrashKeeps::ForEver,
        })
    }

    /// Whether the trash is to be looked through: something in it may have been there for long enough,
    /// and it was not looked through within the last day.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn is_trash_due(&self, now: Timestamp) -> Result<bool, HistoryError> {
        let Some(horizon) = self.trash_keeps()?.horizon(now) else { return Ok(false) };
        let note = self.tx().note(Room::Local, LOOKED_AT)?;
        if let Some(bytes) = note.and_then(|note| note.try_into().ok()) {
            let last = Timestamp::from_millis(i64::from_be_bytes(bytes));
            // A clock that was set back must not put it off.
            if last <= now && now < last.plus_millis(DAY_MS) {
                return Ok(false);
            }
        }
        Ok(!self.tx().list(&begun_before(horizon, None, 1))?.rows.is_empty())
    }
}

impl HistoryWriter<'_> {
    /// Sets how long the trash of this device keeps what was deleted.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn set_trash_keeps(&mut self, keeps: TrashKeeps) -> Result<(), HistoryError> {
        let bytes = match keeps {
            TrashKeeps::Days(days) => days.to_be_bytes().to_vec(),
            TrashKeeps::ForEver => Vec::new(),
        };
        self.tx.remove_note(Room::Local, LOOKED_AT)?;
        Ok(self.tx.put_note(Room::Local, KEEPS, &bytes)?)
    }

    /// Purges what was deleted longer ago than the trash keeps it and what every device knows to be
    /// deleted; one step looks at some of them. A run with a pin, a note or a tag that is newer
    /// than its delete stays.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn empty_trash(&mut self, after: Option<Cursor>) -> Result<Emptied, HistoryError> {
        let (everywhere, now) = known_everywhere(&*self.tx, self.now())?;
        let Some(horizon) = self.reader().trash_keeps()?.horizon(now) else {
            return Ok(Emptied::default());
        };
        let page = self.tx.list(&begun_before(horizon, after, LOOKED_AT_ONCE))?;
        let mut purged = 0;
        for listed in page.rows {
            let Some(row) = self.tx.row(&RowKey::Execution(listed.id), ColumnSet::EMPTY)? else {
                continue;
            };
            let deleted_at = row.clocks.of(column::DELETED).time.timestamp();
            if row.change > everywhere || deleted_at > horizon {
                continue;
            }
            match self.purge(listed.id) {
                Ok(()) => purged += 1,
                Err(HistoryError::KeptByEdit { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        if page.next.is_none() {
            let now = self.now().as_millis().to_be_bytes();
            self.tx.put_note(Room::Local, LOOKED_AT, &now)?;
        }
        Ok(Emptied { purged, next: page.next })
    }
}

/// What is in the trash and was begun before the horizon, oldest first: what was begun behind it was
/// deleted behind it.
fn begun_before(horizon: Timestamp, after: Option<Cursor>, limit: u32) -> ListQuery {
    let filter = Filter { deleted: true, until: Some(horizon), ..Filter::default() };
    ListQuery { filter, order: Order::OldestFirst, limit, offset: 0, after }
}

/// Up to which change every device knows what is here, as far as the relays tell, and the time by the
/// clock that is furthest behind: a wrong clock must not cut short what the trash keeps.
///
/// Backends that take part count, and those that did until lately.
fn known_everywhere(tx: &dyn ReadTx, now: Timestamp) -> StoreResult<(ChangeNumber, Timestamp)> {
    let (mut everywhere, mut earliest) = (tx.counters()?.change, now);
    for backend in tx.backends()? {
        let connection = Connection::decode(&backend.position).map_err(StoreError::from)?;
        let heard = |at: Timestamp| now.millis_since(at) <= HEARD_WITHIN_MS;
        if backend.enabled || connection.heard_at.is_some_and(heard) {
            everywhere = everywhere.min(connection.everywhere);
            earliest = earliest.min(now.plus_millis(connection.clock_offset_ms));
        }
    }
    Ok((everywhere, earliest))
}
