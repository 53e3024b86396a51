//! The surface of the storage trait, handed on to the modules that do the work.

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

use crate::tx::Tx;
use crate::{
    changes, find, kept, list, local, logs, notes, purge, rejections, rows, sync_log, sync_runs,
    sync_state, tags,
};

impl ReadTx for Tx<'_> {
    fn device(&self) -> StoreResult<Option<DeviceId>> {
        self.done(local::device(self))
    }

    fn counters(&self) -> StoreResult<Counters> {
        self.done(local::counters(self))
    }

    fn row(&self, key: &RowKey, columns: ColumnSet) -> StoreResult<Option<Row>> {
        self.done(rows::row(self, key, columns))
    }

    fn tags(&self, execution: ExecutionId) -> StoreResult<Vec<(Tag, Row)>> {
        self.done(tags::of_execution(self, execution))
    }

    fn list(&self, query: &ListQuery) -> StoreResult<ListedPage> {
        self.done(list::page(self, query))
    }

    fn count(&self, query: &ListQuery) -> StoreResult<u64> {
        self.done(list::count(self, query))
    }

    fn find(&self, pattern: &IdPattern, limit: usize) -> StoreResult<Vec<ExecutionId>> {
        self.done(find::matching(self, pattern, limit))
    }

    fn hidden(&self, limit: usize) -> StoreResult<Vec<ExecutionId>> {
        self.done(find::hidden(self, limit))
    }

    fn changes(&self, after: ChangeNumber, limit: usize) -> StoreResult<Vec<Change>> {
        self.done(changes::after(self, after, limit))
    }

    fn kept(&self, table: &str, key: &[u8]) -> StoreResult<Vec<KeptCell>> {
        self.done(kept::cells(self, table, key))
    }

    fn kept_rows(&self, limit: usize) -> StoreResult<Vec<(String, Vec<u8>)>> {
        self.done(kept::rows(self, limit))
    }

    fn purged(&self, key: &RowKey) -> StoreResult<Option<Clock>> {
        self.done(purge::clock(self, key))
    }

    fn pieces(
        &self,
        execution: ExecutionId,
        sequences: RangeInclusive<u64>,
    ) -> StoreResult<Vec<PieceHead>> {
        self.done(logs::heads(self, execution, &sequences))
    }

    fn piece_lines(&self, log: LogKey, first: u64) -> StoreResult<Option<Lines>> {
        self.done(logs::lines(self, log, first))
    }

    fn last_sequence(&self, execution: ExecutionId) -> StoreResult<u64> {
        self.done(logs::last_sequence(self, execution))
    }

    fn gaps(&self, execution: ExecutionId) -> StoreResult<Vec<Gap>> {
        self.done(logs::gaps(self, execution))
    }

    fn leases(&self) -> StoreResult<Vec<Lease>> {
        self.done(local::leases(self))
    }

    fn backends(&self) -> StoreResult<Vec<Backend>> {
        self.done(sync_state::backends(self))
    }

    fn acknowledged_at(
        &self,
        backend: BackendId,
        change: ChangeNumber,
    ) -> StoreResult<Option<Timestamp>> {
        self.done(sync_state::acknowledged_at(self, backend, change))
    }

    fn rejection(&self, backend: BackendId, item: &ItemKey) -> StoreResult<Option<Rejection>> {
        self.done(rejections::of_item(self, backend, item))
    }

    fn rejections(
        &self,
        backend: BackendId,
        after: Option<&ItemKey>,
        limit: usize,
    ) -> StoreResult<Vec<Rejection>> {
        self.done(rejections::of_backend(self, backend, after, limit))
    }

    fn execution_items(&self, execution: ExecutionId) -> StoreResult<Vec<ItemKey>> {
        self.done(purge::items(self, execution))
    }

    fn note(&self, room: Room, key: &[u8]) -> StoreResult<Option<Vec<u8>>> {
        self.done(notes::note(self, room, key))
    }

    fn notes(
        &self,
        room: Room,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> StoreResult<Vec<Note>> {
        self.done(notes::notes(self, room, prefix, after, limit))
    }

    fn sync_run(&self, id: SyncId) -> StoreResult<Option<SyncRun>> {
        self.done(sync_runs::run(self, id))
    }

    fn sync_runs(
        &self,
        filter: &RunFilter,
        after: Option<SyncId>,
        limit: usize,
    ) -> StoreResult<Vec<SyncRun>> {
        self.done(sync_runs::page(self, filter, after, limit))
    }

    fn sync_log(
        &self,
        query: &LogQuery,
        after: Option<LogCursor>,
        limit: usize,
    ) -> StoreResult<Vec<(LogCursor, SyncLogEntry)>> {
        self.done(sync_log::page(self, query, after, limit))
    }
}

impl WriteTx for Tx<'_> {
    fn set_device(&mut self, device: DeviceId) -> StoreResult<()> {
        self.write(|tx| local::set_device(tx, device))
    }

    fn set_counters(&mut self, counters: Counters) -> StoreResult<()> {
        self.write(|tx| local::set_counters(tx, counters))
    }

    fn insert_row(&mut self, key: &RowKey, write: &RowWrite<'_>) -> StoreResult<()> {
        self.write(|tx| rows::insert(tx, key, write))
    }

    fn update_row(&mut self, key: &RowKey, write: &RowWrite<'_>) -> StoreResult<()> {
        self.write(|tx| rows::update(tx, key, write))
    }

    fn purge(
        &mut self,
        execution: ExecutionId,
        clock: Clock,
        change: ChangeNumber,
    ) -> StoreResult<()> {
        self.write(|tx| purge::execution(tx, execution, clock, change))
    }

    fn keep(
        &mut self,
        table: &str,
        key: &[u8],
        cell: &KeptCell,
        change: ChangeNumber,
    ) -> StoreResult<()> {
        self.write(|tx| kept::keep(tx, table, key, cell, change))
    }

    fn unkeep(&mut self, table: &str, key: &[u8], column: &str) -> StoreResult<()> {
        self.write(|tx| kept::unkeep(tx, table, key, column))
    }

    fn put_piece(&mut self, head: &PieceHead, lines: &Lines) -> StoreResult<()> {
        self.write(|tx| logs::put(tx, head, lines))
    }

    fn renumber_piece(&mut self, log: LogKey, first: u64, change: ChangeNumber) -> StoreResult<()> {
        self.write(|tx| logs::renumber(tx, log, first, change))
    }

    fn remove_pieces(&mut self, log: LogKey, sequences: RangeInclusive<u64>) -> StoreResult<()> {
        self.write(|tx| logs::remove(tx, log, &sequences))
    }

    fn put_gap(&mut self, gap: &Gap) -> StoreResult<()> {
        self.write(|tx| logs::put_gap(tx, gap))
    }

    fn put_lease(&mut self, lease: &Lease) -> StoreResult<()> {
        self.write(|tx| local::put_lease(tx, lease))
    }

    fn remove_lease(&mut self, execution: ExecutionId) -> StoreResult<()> {
        self.write(|tx| local::remove_lease(tx, execution))
    }

    fn put_backend(&mut self, backend: &Backend) -> StoreResult<()> {
        self.write(|tx| sync_state::put_backend(tx, backend))
    }

    fn set_sent(
        &mut self,
        backend: BackendId,
        sent: ChangeNumber,
        position: &[u8],
    ) -> StoreResult<()> {
        self.write(|tx| sync_state::set_sent(tx, backend, sent, position))
    }

    fn remove_backend(&mut self, backend: BackendId) -> StoreResult<()> {
        self.write(|tx| sync_state::remove_backend(tx, backend))
    }

    fn put_mark(
        &mut self,
        backend: BackendId,
        change: ChangeNumber,
        at: Timestamp,
    ) -> StoreResult<()> {
        self.write(|tx| sync_state::put_mark(tx, backend, change, at))
    }

    fn put_rejection(&mut self, rejection: &Rejection) -> StoreResult<()> {
        self.write(|tx| rejections::put(tx, rejection))
    }

    fn remove_rejection(&mut self, backend: BackendId, item: &ItemKey) -> StoreResult<()> {
        self.write(|tx| rejections::remove(tx, backend, item))
    }

    fn put_note(&mut self, room: Room, key: &[u8], value: &[u8]) -> StoreResult<()> {
        self.write(|tx| notes::put(tx, room, key, value))
    }

    fn remove_note(&mut self, room: Room, key: &[u8]) -> StoreResult<()> {
        self.write(|tx| notes::remove(tx, room, key))
    }

    fn remove_notes(&mut self, room: Room, prefix: &[u8]) -> StoreResult<u64> {
        self.write(|tx| notes::remove_all(tx, room, prefix))
    }

    fn put_sync_run(&mut self, run: &SyncRun) -> StoreResult<()> {
        self.write(|tx| sync_runs::put(tx, run))
    }

    fn add_sync_log(&mut self, entries: &[SyncLogEntry]) -> StoreResult<()> {
        self.write(|tx| sync_log::add(tx, entries))
    }

    fn complete_sync_log(
        &mut self,
        run: SyncId,
        had_changes: bool,
        result: EntityResult,
        error: Option<&str>,
    ) -> StoreResult<()> {
        self.write(|tx| sync_log::complete(tx, run, had_changes, result, error))
    }

    fn remove_sync_runs(&mut self, before: Timestamp) -> StoreResult<u64> {
        self.write(|tx| sync_runs::remove(tx, before))
    }
}
