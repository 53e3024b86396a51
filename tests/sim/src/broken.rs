//! Rules broken on purpose, one at a time: the simulator must notice each.

use std::ops::RangeInclusive;

use runlog_core::clock::{Clock, ColumnSet};
use runlog_core::id::{DeviceId, ExecutionId, IdPattern};
use runlog_core::log::{Gap, Lines, LogKey, PieceHead};
use runlog_core::model::Tag;
use runlog_core::query::ListQuery;
use runlog_core::schema::RowKey;
use runlog_core::store::{
    Backend, BackendId, Change, ChangeNumber, Counters, ItemKey, KeptCell, Lease, ListedPage, Note,
    ReadTx, Rejection, Room, Row, RowWrite, StoreResult, WriteTx,
};
use runlog_core::sync::run::{
    EntityResult, LogCursor, LogQuery, RunFilter, SyncId, SyncLogEntry, SyncRun,
};
use runlog_core::time::Timestamp;

/// A rule that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Broken {
    /// SYNC 16: nothing is on disk to stay before it is pushed.
    Unpersisted,
}

/// A transaction that breaks a rule.
pub(crate) struct BrokenTx<'a> {
    pub(crate) inner: &'a mut dyn WriteTx,
    #[expect(dead_code)]
    pub(crate) broken: Broken,
}

macro_rules! read {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)+) => {
        impl ReadTx for BrokenTx<'_> {
            $(fn $name(&self, $($argument: $type),*) -> StoreResult<$answer> {
                self.inner.$name($($argument),*)
            })+
        }
    };
}

macro_rules! write {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)+) => {
        impl WriteTx for BrokenTx<'_> {
            $(fn $name(&mut self, $($argument: $type),*) -> StoreResult<$answer> {
                self.inner.$name($($argument),*)
            })+
        }
    };
}

read! {
    fn device() -> Option<DeviceId>;
    fn counters() -> Counters;
    fn row(key: &RowKey, columns: ColumnSet) -> Option<Row>;
    fn tags(execution: ExecutionId) -> Vec<(Tag, Row)>;
    fn list(query: &ListQuery) -> ListedPage;
    fn count(query: &ListQuery) -> u64;
    fn find(pattern: &IdPattern, limit: usize) -> Vec<ExecutionId>;
    fn hidden(limit: usize) -> Vec<ExecutionId>;
    fn changes(after: ChangeNumber, limit: usize) -> Vec<Change>;
    fn kept(table: &str, key: &[u8]) -> Vec<KeptCell>;
    fn kept_rows(limit: usize) -> Vec<(String, Vec<u8>)>;
    fn purged(key: &RowKey) -> Option<Clock>;
    fn pieces(execution: ExecutionId, sequences: RangeInclusive<u64>) -> Vec<PieceHead>;
    fn piece_lines(log: LogKey, first: u64) -> Option<Lines>;
    fn last_sequence(execution: ExecutionId) -> u64;
    fn gaps(execution: ExecutionId) -> Vec<Gap>;
    fn leases() -> Vec<Lease>;
    fn backends() -> Vec<Backend>;
    fn acknowledged_at(backend: BackendId, change: ChangeNumber) -> Option<Timestamp>;
    fn rejection(backend: BackendId, item: &ItemKey) -> Option<Rejection>;
    fn rejections(
        backend: BackendId,
        after: Option<&ItemKey>,
        limit: usize
    ) -> Vec<Rejection>;
    fn execution_items(execution: ExecutionId) -> Vec<ItemKey>;
    fn note(room: Room, key: &[u8]) -> Option<Vec<u8>>;
    fn notes(room: Room, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Vec<Note>;
    fn sync_run(id: SyncId) -> Option<SyncRun>;
    fn sync_runs(filter: &RunFilter, after: Option<SyncId>, limit: usize) -> Vec<SyncRun>;
    fn sync_log(
        query: &LogQuery,
        after: Option<LogCursor>,
        limit: usize
    ) -> Vec<(LogCursor, SyncLogEntry)>;
}

write! {
    fn set_device(device: DeviceId) -> ();
    fn set_counters(counters: Counters) -> ();
    fn insert_row(key: &RowKey, write: &RowWrite<'_>) -> ();
    fn update_row(key: &RowKey, write: &RowWrite<'_>) -> ();
    fn purge(execution: ExecutionId, clock: Clock, change: ChangeNumber) -> ();
    fn keep(table: &str, key: &[u8], cell: &KeptCell, change: ChangeNumber) -> ();
    fn unkeep(table: &str, key: &[u8], column: &str) -> ();
    fn put_piece(head: &PieceHead, lines: &Lines) -> ();
    fn renumber_piece(log: LogKey, first: u64, change: ChangeNumber) -> ();
    fn remove_pieces(log: LogKey, sequences: RangeInclusive<u64>) -> ();
    fn put_gap(gap: &Gap) -> ();
    fn put_lease(lease: &Lease) -> ();
    fn remove_lease(execution: ExecutionId) -> ();
    fn put_backend(backend: &Backend) -> ();
    fn set_sent(backend: BackendId, sent: ChangeNumber, position: &[u8]) -> ();
    fn remove_backend(backend: BackendId) -> ();
    fn put_mark(backend: BackendId, change: ChangeNumber, at: Timestamp) -> ();
    fn put_rejection(rejection: &Rejection) -> ();
    fn remove_rejection(backend: BackendId, item: &ItemKey) -> ();
    fn put_note(room: Room, key: &[u8], value: &[u8]) -> ();
    fn remove_note(room: Room, key: &[u8]) -> ();
    fn remove_notes(room: Room, prefix: &[u8]) -> u64;
    fn put_sync_run(run: &SyncRun) -> ();
    fn add_sync_log(entries: &[SyncLogEntry]) -> ();
    fn complete_sync_log(
        run: SyncId,
        had_changes: bool,
        result: EntityResult,
        error: Option<&str>
    ) -> ();
    fn remove_sync_runs(before: Timestamp) -> u64;
}
