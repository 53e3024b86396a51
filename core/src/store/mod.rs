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
mod items;
mod memory;
mod notes;

use std::ops::RangeInclusive;

pub use error::StoreError;
pub use items::{
    Backend, BackendId, Change, ChangedItem, Counters, KeptCell, Lease, ListedPage, ListedRow,
    OwnerId, Rejection, Row, RowWrite,
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

    /// The refusal of a row by a backend, where its newest change was refused.
    fn rejection(&self, backend: BackendId, key: &RowKey) -> StoreResult<Option<Rejection>>;
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

    /// Removes an execution with its tags, its log, its kept cells, its lease and everything derived
    /// from them, and leaves its key with `clock`.
    fn purge(&mut self, execution: ExecutionId, clock: Clock) -> StoreResult<()>;

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

    /// Removes a backend with its marks and refusals; other backends are not touched.
    fn remove_backend(&mut self, backend: BackendId) -> StoreResult<()>;

    /// Notes that a backend had acknowledged everything up to `change` at a time.
    fn put_mark(
        &mut self,
        backend: BackendId,
        change: ChangeNumber,
        at: Timestamp,
    ) -> StoreResult<()>;

    /// Notes that a backend refused a row, replacing an earlier refusal of that row.
    fn put_rejection(&mut self, rejection: &Rejection) -> StoreResult<()>;
}
