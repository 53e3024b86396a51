//! Rules broken on purpose, one at a time: the simulator must notice each.

use std::ops::RangeInclusive;

use runlog_core::clock::{Clock, ClockTime, ColumnSet, RowClocks};
use runlog_core::id::{DeviceId, ExecutionId, IdPattern};
use runlog_core::log::{Gap, Lines, LogKey, PieceHead};
use runlog_core::model::{Tag, Visibility};
use runlog_core::query::ListQuery;
use runlog_core::schema::RowKey;
use runlog_core::store::{
    Backend, BackendId, Change, ChangeNumber, ChangedItem, Counters, ItemKey, KeptCell, Lease,
    ListedPage, Note, ReadTx, Rejection, Room, Row, RowWrite, StoreError, StoreResult, WriteTx,
};
use runlog_core::sync::quarantine::SetAsideReason;
use runlog_core::sync::run::{
    EntityResult, LogCursor, LogQuery, RunFilter, SyncId, SyncLogEntry, SyncRun,
};
use runlog_core::time::Timestamp;

/// A rule that is broken, by its number in the list of traps (T) or of the rules of sync (S).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Broken {
    /// T1: deletes are no changes.
    DeletesLeftOut,
    /// T2: all that is there when the answer comes counts as sent.
    MarkedAfterUpload,
    /// T3: what is older than what was sent counts as sent.
    ClockAsPosition,
    /// T4: clocks compare as text.
    ClocksAsText,
    /// T5: the newest clock of a row is that of all its columns.
    RowLevel,
    /// T6: what one backend has, all have.
    OneDirtyTable,
    /// T10: a record that cannot be applied fails its page.
    OneFailsAll,
    /// T11: a record that cannot be applied is gone.
    FailuresForgotten,
    /// T12: who was set back to a backup keeps its identity.
    IdentityKept,
    /// T16: the relay lets go of all that is older, whatever its columns.
    DropsBlindly,
    /// T17: the digest is copied from the other side.
    DigestCopied,
    /// S1: a row's clock counts for columns that were never written.
    BaseClockForAll,
    /// S3: a tag without its run is not stored.
    ParentsRequired,
    /// S8: what an older program does not know is gone.
    UnknownForgotten,
    /// S8: what an older program kept is not applied after its upgrade.
    KeptForEver,
    /// S9: a row and a clock name a record.
    ClockAsIdentity,
    /// S13: clock and quota are looked at before what is known.
    KnownIsRefused,
    /// S14: a position is a number.
    BarePositions,
    /// S15: tokens are not looked at.
    NoTokens,
    /// S16: nothing is on disk to stay before it is pushed.
    Unpersisted,
    /// S17: the relay does not notice what its disk changed.
    NoChecksums,
    /// S18: what did not open moves the clock.
    UnopenedCounts,
    /// S19: a change counts as known where older changes of its row wait.
    WaitingForgotten,
    /// S21: what every backend refused for its clock keeps it.
    ClocksKept,
    /// S23: a purge leaves nothing behind.
    PurgesForgotten,
    /// What did not open is never fetched again.
    NeverFetchedAgain,
    /// What a backend has taken waits for ever.
    NeverAcknowledged,
}

/// A transaction that breaks a rule.
pub(crate) struct BrokenTx<'a> {
    pub(crate) inner: &'a mut dyn WriteTx,
    pub(crate) broken: Broken,
    /// The newest clock of what was set aside.
    pub(crate) unopened: ClockTime,
}

impl BrokenTx<'_> {
    fn changes_of(&self, after: ChangeNumber, limit: usize) -> StoreResult<Vec<Change>> {
        let mut changes = self.inner.changes(after, limit)?;
        let row_of = |change: &Change| match &change.item {
            ChangedItem::Row(key) => self.inner.row(key, ColumnSet::EMPTY).ok().flatten(),
            _ => None,
        };
        // The last stays, so that the number moves on.
        let last = changes.last().map(|change| change.number);
        match self.broken {
            Broken::DeletesLeftOut => changes.retain(|change| {
                let trashed = |row: Row| row.visibility == Visibility::Trashed;
                Some(change.number) == last || !row_of(change).is_some_and(trashed)
            }),
            Broken::ClockAsPosition => {
                let sent = self.inner.changes(ChangeNumber::ZERO, usize::MAX)?;
                let sent = sent.iter().filter(|change| change.number <= after);
                let newest = sent.filter_map(|change| row_of(change)?.clocks.newest()).max();
                let older = |row: Row| row.clocks.newest() < newest;
                changes.retain(|change| {
                    Some(change.number) == last || !row_of(change).is_some_and(older)
                });
            }
            _ => {}
        }
        Ok(changes)
    }

    /// The clocks that a broken store writes for a row.
    fn clocks_of(&self, key: &RowKey, clocks: &RowClocks) -> RowClocks {
        let (mut broken, newest) = (clocks.clone(), clocks.newest().unwrap_or(Clock::ZERO));
        match self.broken {
            Broken::RowLevel => broken.set(clocks.covered(), newest),
            Broken::BaseClockForAll => {
                broken.set(key.table().all_columns().difference(clocks.covered()), newest);
            }
            _ => {}
        }
        broken
    }

    fn insert(&mut self, key: &RowKey, write: &RowWrite<'_>) -> StoreResult<()> {
        if self.broken == Broken::ParentsRequired && matches!(key, RowKey::Tag(..)) {
            let parent = RowKey::Execution(key.execution());
            if self.inner.row(&parent, ColumnSet::EMPTY)?.is_none() {
                return Ok(());
            }
        }
        let clocks = self.clocks_of(key, write.clocks);
        self.inner.insert_row(key, &RowWrite { clocks: &clocks, ..*write })
    }

    fn update(&mut self, key: &RowKey, write: &RowWrite<'_>) -> StoreResult<()> {
        let mut clocks = self.clocks_of(key, write.clocks);
        let mut cells = write.cells.to_vec();
        if self.broken == Broken::ClocksAsText
            && let Some(held) = self.inner.row(key, ColumnSet::EMPTY)?
        {
            let text = |clock: Clock| format!("{}.{}", clock.time.millis(), clock.time.counter());
            for column in write.clocks.covered().iter() {
                let (old, new) = (held.clocks.of(column), write.clocks.of(column));
                if old != Clock::ZERO && text(old) > text(new) {
                    clocks.set(ColumnSet::of(&[column]), old);
                    cells.retain(|(id, _)| *id != column);
                }
            }
        }
        self.inner.update_row(key, &RowWrite { clocks: &clocks, cells: &cells, ..*write })
    }

    fn sent(&mut self, id: BackendId, sent: ChangeNumber, position: &[u8]) -> StoreResult<()> {
        let backends = self.inner.backends()?;
        let before = backends.iter().find(|backend| backend.id == id).map(|held| held.sent);
        if before >= Some(sent) {
            return self.inner.set_sent(id, sent, position);
        }
        match self.broken {
            Broken::MarkedAfterUpload => {
                let all = self.inner.counters()?.change.max(sent);
                self.inner.set_sent(id, all, position)
            }
            Broken::OneDirtyTable => {
                for other in backends.iter().filter(|other| other.id != id && other.sent < sent) {
                    self.inner.set_sent(other.id, sent, &other.position)?;
                }
                self.inner.set_sent(id, sent, position)
            }
            Broken::NeverAcknowledged => {
                self.inner.set_sent(id, before.unwrap_or(ChangeNumber::ZERO), position)
            }
            _ => self.inner.set_sent(id, sent, position),
        }
    }

    fn note_down(&mut self, room: Room, key: &[u8], value: &[u8]) -> StoreResult<()> {
        match (self.broken, room) {
            (Broken::OneFailsAll, Room::Quarantine) => {
                Err(StoreError::Io { detail: "a record that cannot be applied".to_owned() })
            }
            (Broken::FailuresForgotten, Room::Quarantine) => Ok(()),
            (Broken::NeverFetchedAgain, Room::Quarantine) => {
                // What opened and could not be placed is not fetched again; the reason comes first.
                let mut value = value.to_vec();
                value[0] = SetAsideReason::Unplaceable as u8;
                self.inner.put_note(room, key, &value)
            }
            (Broken::UnopenedCounts, Room::Quarantine) => {
                // Behind backend and row stands the clock.
                let clock =
                    key.get(32..32 + Clock::WIRE_LEN).and_then(|clock| clock.try_into().ok());
                let clock = clock.map_or(ClockTime::ZERO, |clock| Clock::from_wire(clock).time);
                self.unopened = self.unopened.max(clock);
                self.inner.put_note(room, key, value)?;
                let counters = self.inner.counters()?;
                self.count(counters)
            }
            (Broken::WaitingForgotten, Room::Unsent) => {
                let mut value = value.to_vec();
                for backend in self.inner.backends()? {
                    value.extend_from_slice(&backend.id.0.to_be_bytes());
                }
                self.inner.put_note(room, key, &value)
            }
            _ => self.inner.put_note(room, key, value),
        }
    }
}

impl BrokenTx<'_> {
    fn count(&mut self, counters: Counters) -> StoreResult<()> {
        let clock = counters.clock.max(self.unopened);
        self.inner.set_counters(Counters { clock, ..counters })
    }
}

macro_rules! read {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)+) => {
        impl ReadTx for BrokenTx<'_> {
            fn changes(&self, after: ChangeNumber, limit: usize) -> StoreResult<Vec<Change>> {
                self.changes_of(after, limit)
            }

            fn purged(&self, key: &RowKey) -> StoreResult<Option<Clock>> {
                let forgotten = self.broken == Broken::PurgesForgotten;
                if forgotten { Ok(None) } else { self.inner.purged(key) }
            }

            fn kept_rows(&self, limit: usize) -> StoreResult<Vec<(String, Vec<u8>)>> {
                let hidden = self.broken == Broken::KeptForEver;
                if hidden { Ok(Vec::new()) } else { self.inner.kept_rows(limit) }
            }

            fn rejections(
                &self,
                backend: BackendId,
                after: Option<&ItemKey>,
                limit: usize,
            ) -> StoreResult<Vec<Rejection>> {
                let mut refused = self.inner.rejections(backend, after, limit)?;
                // Who looks for all that was refused is about to stamp it anew.
                if self.broken == Broken::ClocksKept && limit > 10_000 && limit < usize::MAX {
                    refused.clear();
                }
                Ok(refused)
            }

            $(fn $name(&self, $($argument: $type),*) -> StoreResult<$answer> {
                self.inner.$name($($argument),*)
            })+
        }
    };
}

macro_rules! write {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)+) => {
        impl WriteTx for BrokenTx<'_> {
            fn set_device(&mut self, device: DeviceId) -> StoreResult<()> {
                let is_new = self.inner.device()?.is_none();
                let kept = self.broken == Broken::IdentityKept && !is_new;
                if kept { Ok(()) } else { self.inner.set_device(device) }
            }

            fn insert_row(&mut self, key: &RowKey, write: &RowWrite<'_>) -> StoreResult<()> {
                self.insert(key, write)
            }

            fn update_row(&mut self, key: &RowKey, write: &RowWrite<'_>) -> StoreResult<()> {
                self.update(key, write)
            }

            fn set_sent(
                &mut self,
                backend: BackendId,
                sent: ChangeNumber,
                position: &[u8],
            ) -> StoreResult<()> {
                self.sent(backend, sent, position)
            }

            fn keep(
                &mut self,
                table: &str,
                key: &[u8],
                cell: &KeptCell,
                change: ChangeNumber,
            ) -> StoreResult<()> {
                let forgotten = self.broken == Broken::UnknownForgotten;
                if forgotten { Ok(()) } else { self.inner.keep(table, key, cell, change) }
            }

            fn set_counters(&mut self, counters: Counters) -> StoreResult<()> {
                self.count(counters)
            }

            fn put_note(&mut self, room: Room, key: &[u8], value: &[u8]) -> StoreResult<()> {
                self.note_down(room, key, value)
            }

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
    fn kept(table: &str, key: &[u8]) -> Vec<KeptCell>;
    fn pieces(execution: ExecutionId, sequences: RangeInclusive<u64>) -> Vec<PieceHead>;
    fn piece_lines(log: LogKey, first: u64) -> Option<Lines>;
    fn last_sequence(execution: ExecutionId) -> u64;
    fn gaps(execution: ExecutionId) -> Vec<Gap>;
    fn leases() -> Vec<Lease>;
    fn backends() -> Vec<Backend>;
    fn acknowledged_at(backend: BackendId, change: ChangeNumber) -> Option<Timestamp>;
    fn rejection(backend: BackendId, item: &ItemKey) -> Option<Rejection>;
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
    fn purge(execution: ExecutionId, clock: Clock, change: ChangeNumber) -> ();
    fn unkeep(table: &str, key: &[u8], column: &str) -> ();
    fn put_piece(head: &PieceHead, lines: &Lines) -> ();
    fn renumber_piece(log: LogKey, first: u64, change: ChangeNumber) -> ();
    fn remove_pieces(log: LogKey, sequences: RangeInclusive<u64>) -> ();
    fn put_gap(gap: &Gap) -> ();
    fn put_lease(lease: &Lease) -> ();
    fn remove_lease(execution: ExecutionId) -> ();
    fn put_backend(backend: &Backend) -> ();
    fn remove_backend(backend: BackendId) -> ();
    fn put_mark(backend: BackendId, change: ChangeNumber, at: Timestamp) -> ();
    fn put_rejection(rejection: &Rejection) -> ();
    fn remove_rejection(backend: BackendId, item: &ItemKey) -> ();
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
