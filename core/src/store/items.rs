//! What goes into a store and comes out of it.

use super::ItemKey;
use crate::change::ChangeNumber;
use crate::clock::{Clock, ClockTime, ColumnId, RowClocks};
use crate::id::ExecutionId;
use crate::log::{GapReason, LogKey};
use crate::model::Visibility;
use crate::query::Cursor;
use crate::schema::RowKey;
use crate::time::Timestamp;
use crate::value::Value;

/// What was given out last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Counters {
    /// The newest clock time issued or seen.
    pub clock: ClockTime,
    /// The newest change number.
    pub change: ChangeNumber,
}

/// A row as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Values by column number; `Null` for columns that were not asked for.
    pub cells: Vec<Value>,
    /// The clocks of all columns.
    pub clocks: RowClocks,
    /// The number of the newest change.
    pub change: ChangeNumber,
    /// Whether it is shown.
    pub visibility: Visibility,
}

/// A write to one row.
#[derive(Clone, Copy, Debug)]
pub struct RowWrite<'a> {
    /// The cells to write.
    pub cells: &'a [(ColumnId, Value)],
    /// The clocks of the whole row afterwards.
    pub clocks: &'a RowClocks,
    /// The number of this change.
    pub change: ChangeNumber,
    /// Whether the row is shown afterwards.
    pub visibility: Visibility,
}

/// A cell that this program does not know the place of: its table or column is of a newer version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptCell {
    /// The column's name.
    pub column: String,
    /// When and where it was written.
    pub clock: Clock,
    /// Its value.
    pub value: Value,
}

/// One row of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRow {
    /// The execution.
    pub id: ExecutionId,
    /// Values by column number; details are `Null`.
    pub cells: Vec<Value>,
    /// The time of the newest clock.
    pub updated_at: Timestamp,
}

/// A page of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedPage {
    /// The rows in order.
    pub rows: Vec<ListedRow>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// A change of something that syncs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its number.
    pub number: ChangeNumber,
    /// What changed.
    pub item: ChangedItem,
}

/// What can change and sync.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ChangedItem {
    /// A row of a table that this program knows.
    Row(RowKey),
    /// Kept cells of one row.
    Kept {
        /// The table's name.
        table: String,
        /// The row's key.
        key: Vec<u8>,
    },
    /// A sealed piece of a log.
    Piece {
        /// Whose log.
        log: LogKey,
        /// Its first sequence.
        first: u64,
    },
    /// A range of a log that is gone.
    Gap {
        /// Whose log.
        log: LogKey,
        /// Its first sequence.
        first: u64,
        /// Why it is gone: a part of its key.
        reason: GapReason,
    },
    /// An execution that was purged.
    Purge {
        /// The execution.
        execution: ExecutionId,
    },
}

/// Identity of one process that records: it holds a lock under this name while it lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnerId(pub u128);

/// That a process of this device runs an execution. Local: it never syncs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The execution.
    pub execution: ExecutionId,
    /// The process.
    pub owner: OwnerId,
    /// When the process last said that it lives.
    pub heartbeat_at: Timestamp,
}

/// Identity of a connection to a backend; never used again once the backend was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackendId(pub u128);

/// As a UUID.
impl std::fmt::Display for BackendId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        uuid::Uuid::from_u128(self.0).as_hyphenated().fmt(f)
    }
}

impl serde::Serialize for BackendId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Longest name of a backend, in bytes.
pub const BACKEND_NAME_BYTES_MAX: usize = 64;

/// A place that this device syncs with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// Identity.
    pub id: BackendId,
    /// What it is called, 1 to [`BACKEND_NAME_BYTES_MAX`] bytes; shown to people.
    pub name: String,
    /// Where it is and how to reach it: bytes that only its transport understands.
    pub settings: Vec<u8>,
    /// When it was added.
    pub added_at: Timestamp,
    /// Whether it takes part.
    pub enabled: bool,
    /// Everything up to this number was acknowledged by it.
    pub sent: ChangeNumber,
    /// How far this device has read there: bytes that only the backend understands.
    pub position: Vec<u8>,
}

/// That a backend refused the newest change of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Who refused.
    pub backend: BackendId,
    /// What was refused.
    pub item: ItemKey,
    /// The change that was refused; a newer change of the item outdates the refusal.
    pub change: ChangeNumber,
    /// Why, as a stable code: `clock_ahead`, `quota`.
    pub code: String,
    /// Why, in the backend's words.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}
