//! What a store must do, and the in-memory store that is the reference for it.
//!
//! A store keeps rows with the clocks of their columns, log pieces, and the little state that a
//! device needs, under transactions. It decides nothing: which edit wins, what an ending is, where a
//! log piece is cut are decided above it, in [`history`](crate::history), so that every store gives
//! the same answers. What it derives (listing order, the index of params and tags, visibility's
//! effect) it derives from the rows.
//!
//! The shape: a [`Store`] hands a [`ReadTx`] or [`WriteTx`] to a closure. The transaction traits are
//! object-safe, so that a wrapper (a fault injector, a counter) implements them once over any store.
//! Everything is synchronous: SQLite is, on both targets, and asynchronous callers put a thread or a
//! worker around it.
//!
//! # Promises
//!
//! Every store keeps them; `tests/contract` holds every store to them.
//!
//! 1. **Atomic.** What a [`Store::write`] closure did is there entirely when it returned `Ok`, and
//!    not at all when it or the commit returned an error, or the process died.
//! 2. **Isolated.** A closure sees one state of the store plus its own writes. Two writers, also of
//!    two processes, run one after the other.
//! 3. **Durable.** What was committed survives the death of the process; after [`Store::persist`] it
//!    survives loss of power.
//! 4. **Exact.** A cell keeps its exact [`Value`](crate::value::Value); a clock keeps every bit.
//! 5. **Numbered.** [`ReadTx::changes`] gives every changed item once, under its newest number, in
//!    ascending order; so "everything up to N was sent" describes a backend completely.
//! 6. **Opaque.** The position got from a backend is bytes that only the backend understands.

mod error;
mod item_key;
mod items;
mod memory;
mod notes;

use std::ops::RangeInclusive;

pub use error::StoreError;
pub use item_key::{ITEMS_MAX, ItemKey, decode_items, encode_items};
pub use items::{
    BACKEND_NAME_BYTES_MAX, Backend, BackendId, Change, ChangedItem, Counters, KeptCell, Lease,
    ListedPage, ListedRow, OwnerId, Rejection, Row, RowWrite,
};
pub use memory::MemoryStore;
pub use notes::{Note, Room};

pub use crate::change::ChangeNumber;

use crate::clock::{Clock, ColumnSet};
use crate::id::{DeviceId, ExecutionId, IdPattern};
use crate::log::{Gap, Lines, LogKey, PieceHead};
use crate::model::Tag;
use crate::query::ListQuery;
use crate::schema::RowKey;
use crate::sync::run::{
    EntityResult, LogCursor, LogQuery, RunFilter, SyncId, SyncLogEntry, SyncRun,
};
use crate::time::Timestamp;

/// A result of a store.
pub type StoreResult<T> = Result<T, StoreError>;

/// One device's history. See the [module](self) for what every store promises.
pub trait Store {
    /// Runs `work` on one unchanging state of the store.
    ///
    /// # Errors
    /// What `work` returned, or the store's own error.
    fn read<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&dyn ReadTx) -> Result<T, E>,
    ) -> Result<T, E>;

    /// Runs `work` in a transaction that is committed when it returns `Ok` and rolled back when it
    /// returns an error.
    ///
    /// # Errors
    /// What `work` returned, or the store's own error; in both cases nothing was changed.
    fn write<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut dyn WriteTx) -> Result<T, E>,
    ) -> Result<T, E>;

    /// Makes everything committed so far survive loss of power.
    ///
    /// # Errors
    /// The store's own error; then nothing more is promised than before.
    fn persist(&mut self) -> StoreResult<()>;
}

/// Reading within a transaction.
pub trait ReadTx {
    /// The device whose store this is; `None` in a new store.
    fn device(&self) -> StoreResult<Option<DeviceId>>;

    /// The newest clock time and change number that were given out.
    fn counters(&self) -> StoreResult<Counters>;

    /// A row with the values of the asked columns (the others are `Null`), hidden or not.
    fn row(&self, key: &RowKey, columns: ColumnSet) -> StoreResult<Option<Row>>;

    /// The tag rows of an execution, removed ones too, ordered by tag. They may be there before the
    /// execution is.
    fn tags(&self, execution: ExecutionId) -> StoreResult<Vec<(Tag, Row)>>;

    /// Executions that match, in the asked order, with the values of
    /// [`executions::SUMMARY`](crate::schema::executions::SUMMARY).
    fn list(&self, query: &ListQuery) -> StoreResult<ListedPage>;

    /// How many executions match; order, limit, offset and cursor are ignored.
    fn count(&self, query: &ListQuery) -> StoreResult<u64>;

    /// Shown executions whose id matches, at most `limit`, in the order of their ids.
    fn find(&self, pattern: &IdPattern, limit: usize) -> StoreResult<Vec<ExecutionId>>;

    /// Ids of hidden executions, at most `limit`, in the order of their ids.
    fn hidden(&self, limit: usize) -> StoreResult<Vec<ExecutionId>>;

    /// Items whose newest change has a number above `after`, in ascending order of that number, at
    /// most `limit`.
    fn changes(&self, after: ChangeNumber, limit: usize) -> StoreResult<Vec<Change>>;

    /// Cells kept for a row because this program does not know their table or column, ordered by
    /// column name.
    fn kept(&self, table: &str, key: &[u8]) -> StoreResult<Vec<KeptCell>>;

    /// Tables and keys that have kept cells, at most `limit`.
    fn kept_rows(&self, limit: usize) -> StoreResult<Vec<(String, Vec<u8>)>>;

    /// The clock of the purge, where a row was purged.
    fn purged(&self, key: &RowKey) -> StoreResult<Option<Clock>>;

    /// Pieces of an execution's log that overlap the sequence range, by first sequence, then device.
    /// Their text is not read.
    fn pieces(
        &self,
        execution: ExecutionId,
        sequences: RangeInclusive<u64>,
    ) -> StoreResult<Vec<PieceHead>>;

    /// The lines of the piece that begins at `first`.
    fn piece_lines(&self, log: LogKey, first: u64) -> StoreResult<Option<Lines>>;

    /// The last sequence of an execution's log over all devices, gaps included; zero without any.
    fn last_sequence(&self, execution: ExecutionId) -> StoreResult<u64>;

    /// Gaps of an execution's log, by first sequence, then device.
    fn gaps(&self, execution: ExecutionId) -> StoreResult<Vec<Gap>>;

    /// Leases of executions that a process of this device runs.
    fn leases(&self) -> StoreResult<Vec<Lease>>;

    /// Backends that this device syncs with, ordered by id.
    fn backends(&self) -> StoreResult<Vec<Backend>>;

    /// When a backend had acknowledged everything up to `change`; `None` where it has not.
    fn acknowledged_at(
        &self,
        backend: BackendId,
        change: ChangeNumber,
    ) -> StoreResult<Option<Timestamp>>;

    /// The refusal of an item by a backend. Of a row, only where its newest change was refused.
    fn rejection(&self, backend: BackendId, item: &ItemKey) -> StoreResult<Option<Rejection>>;

    /// Refusals by a backend of items above `after`, by table and key, at most `limit`. They stand
    /// until they are removed: a newer change of their item may have outdated them.
    fn rejections(
        &self,
        backend: BackendId,
        after: Option<&ItemKey>,
        limit: usize,
    ) -> StoreResult<Vec<Rejection>>;

    /// Everything of an execution that can have been sent, each item once and in order: its row,
    /// its tags, its kept rows, its sealed pieces and its gaps.
    fn execution_items(&self, execution: ExecutionId) -> StoreResult<Vec<ItemKey>>;

    /// The note under a key.
    fn note(&self, room: Room, key: &[u8]) -> StoreResult<Option<Vec<u8>>>;

    /// Notes whose keys begin with `prefix` and lie above `after`, by the bytes of their keys, at
    /// most `limit`.
    fn notes(
        &self,
        room: Room,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> StoreResult<Vec<Note>>;

    /// A run of syncing.
    fn sync_run(&self, id: SyncId) -> StoreResult<Option<SyncRun>>;

    /// Runs that match, newest first by when they began, then by id, at most `limit`; with `after`
    /// those that come behind it, none where there is no such run.
    fn sync_runs(
        &self,
        filter: &RunFilter,
        after: Option<SyncId>,
        limit: usize,
    ) -> StoreResult<Vec<SyncRun>>;

    /// Rows of the sync log that match, newest first, at most `limit`; with `after` those that come
    /// behind it.
    fn sync_log(
        &self,
        query: &LogQuery,
        after: Option<LogCursor>,
        limit: usize,
    ) -> StoreResult<Vec<(LogCursor, SyncLogEntry)>>;
}

/// Writing within a transaction.
pub trait WriteTx: ReadTx {
    /// Sets the device whose store this is.
    fn set_device(&mut self, device: DeviceId) -> StoreResult<()>;

    /// Sets the newest clock time and change number that were given out.
    fn set_counters(&mut self, counters: Counters) -> StoreResult<()>;

    /// Adds a row.
    ///
    /// # Errors
    /// [`StoreError::RowExists`] where the key is taken.
    fn insert_row(&mut self, key: &RowKey, write: &RowWrite<'_>) -> StoreResult<()>;

    /// Writes the given cells of a row and replaces its clocks, number and visibility; other cells
    /// keep their values.
    ///
    /// # Errors
    /// [`StoreError::RowMissing`] where there is none.
    fn update_row(&mut self, key: &RowKey, write: &RowWrite<'_>) -> StoreResult<()>;

    /// Removes an execution with its tags, its log, its kept cells, its lease, the refusals of all
    /// these and everything derived from them, and leaves its key with `clock`. The purge itself is
    /// a change under `change`; with zero it does not travel.
    fn purge(
        &mut self,
        execution: ExecutionId,
        clock: Clock,
        change: ChangeNumber,
    ) -> StoreResult<()>;

    /// Keeps a cell of a table or column that this program does not know, replacing the one of the
    /// same name. `change` becomes the number of the kept row.
    fn keep(
        &mut self,
        table: &str,
        key: &[u8],
        cell: &KeptCell,
        change: ChangeNumber,
    ) -> StoreResult<()>;

    /// Removes one kept cell.
    fn unkeep(&mut self, table: &str, key: &[u8], column: &str) -> StoreResult<()>;

    /// Adds a piece. Its sequences overlap no other piece of the same log.
    fn put_piece(&mut self, head: &PieceHead, lines: &Lines) -> StoreResult<()>;

    /// Gives a sealed piece a new change number, so that it is sent again.
    ///
    /// # Errors
    /// [`StoreError::RowMissing`] where there is no such piece.
    fn renumber_piece(&mut self, log: LogKey, first: u64, change: ChangeNumber) -> StoreResult<()>;

    /// Removes the pieces of a log that lie within the range.
    fn remove_pieces(&mut self, log: LogKey, sequences: RangeInclusive<u64>) -> StoreResult<()>;

    /// Adds a gap, replacing the one of the same log, first sequence and reason.
    fn put_gap(&mut self, gap: &Gap) -> StoreResult<()>;

    /// Sets the lease of an execution.
    fn put_lease(&mut self, lease: &Lease) -> StoreResult<()>;

    /// Removes the lease of an execution, where it has one.
    fn remove_lease(&mut self, execution: ExecutionId) -> StoreResult<()>;

    /// Adds or replaces a backend.
    fn put_backend(&mut self, backend: &Backend) -> StoreResult<()>;

    /// Notes how far a backend has what is here and how far this device has read there; its other
    /// fields stay.
    ///
    /// # Errors
    /// [`StoreError::RowMissing`] where there is no such backend.
    fn set_sent(
        &mut self,
        backend: BackendId,
        sent: ChangeNumber,
        position: &[u8],
    ) -> StoreResult<()>;

    /// Removes a backend with its marks and refusals; other backends are not touched.
    fn remove_backend(&mut self, backend: BackendId) -> StoreResult<()>;

    /// Notes that a backend had acknowledged everything up to `change` at a time.
    fn put_mark(
        &mut self,
        backend: BackendId,
        change: ChangeNumber,
        at: Timestamp,
    ) -> StoreResult<()>;

    /// Notes that a backend refused an item, replacing an earlier refusal of that item.
    fn put_rejection(&mut self, rejection: &Rejection) -> StoreResult<()>;

    /// Forgets that a backend refused an item.
    fn remove_rejection(&mut self, backend: BackendId, item: &ItemKey) -> StoreResult<()>;

    /// Writes a note, replacing the one under the same key.
    fn put_note(&mut self, room: Room, key: &[u8], value: &[u8]) -> StoreResult<()>;

    /// Removes a note, where there is one.
    fn remove_note(&mut self, room: Room, key: &[u8]) -> StoreResult<()>;

    /// Removes the notes whose keys begin with `prefix`, and tells how many there were.
    fn remove_notes(&mut self, room: Room, prefix: &[u8]) -> StoreResult<u64>;

    /// Adds a run of syncing, or replaces the one of the same id.
    fn put_sync_run(&mut self, run: &SyncRun) -> StoreResult<()>;

    /// Adds rows to the sync log, in this order.
    ///
    /// # Errors
    /// [`StoreError::RowMissing`] where a row's run was not put; then none of them is added.
    fn add_sync_log(&mut self, entries: &[SyncLogEntry]) -> StoreResult<()>;

    /// Completes the row of the sync log that stands for a whole run: the first one of the run
    /// without an entity's type. Without one, nothing is done.
    fn complete_sync_log(
        &mut self,
        run: SyncId,
        had_changes: bool,
        result: EntityResult,
        error: Option<&str>,
    ) -> StoreResult<()>;

    /// Removes runs that ended before a time, with their rows of the sync log, and tells how many
    /// runs there were.
    fn remove_sync_runs(&mut self, before: Timestamp) -> StoreResult<u64>;
}
