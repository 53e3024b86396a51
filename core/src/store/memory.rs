//! The in-memory store: the reference that every other store is compared with.
//!
//! It is written to be plainly right, not fast: a transaction works on a copy of everything.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::{
    Backend, BackendId, Change, ChangeNumber, ChangedItem, Counters, ItemKey, KeptCell, Lease,
    ListedPage, ListedRow, Note, ReadTx, Rejection, Room, Row, RowWrite, Store, StoreError,
    StoreResult, WriteTx,
};
use crate::clock::{Clock, ColumnSet};
use crate::id::{DeviceId, ExecutionId, IdPattern};
use crate::log::{Gap, GapReason, Lines, LogKey, PieceHead};
use crate::model::{Execution, Tag, Visibility};
use crate::query::{Cursor, Filter, ListQuery, Order};
use crate::schema::{RowKey, Table, executions};
use crate::sync::run::{
    EntityResult, LogCursor, LogQuery, RunFilter, SyncId, SyncLogEntry, SyncRun, SyncType,
};
use crate::time::Timestamp;
use crate::value::Value;

/// A store in memory; gone with the program.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    state: State,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Store for MemoryStore {
    fn read<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&dyn ReadTx) -> Result<T, E>,
    ) -> Result<T, E> {
        work(&self.state)
    }

    fn write<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut dyn WriteTx) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut draft = self.state.clone();
        let result = work(&mut draft)?;
        self.state = draft;
        Ok(result)
    }

    fn persist(&mut self) -> StoreResult<()> {
        Ok(())
    }
}

/// Table name and row key of kept cells.
type KeptKey = (String, Vec<u8>);

#[derive(Clone, Debug, Default)]
struct State {
    device: Option<DeviceId>,
    counters: Counters,
    rows: BTreeMap<RowKey, Row>,
    /// The number under which each execution was added: what breaks ties in listings.
    row_numbers: BTreeMap<ExecutionId, i64>,
    kept: BTreeMap<KeptKey, (ChangeNumber, BTreeMap<String, KeptCell>)>,
    purged: BTreeMap<RowKey, (Clock, ChangeNumber)>,
    pieces: BTreeMap<(LogKey, u64), (PieceHead, Lines)>,
    gaps: BTreeMap<(LogKey, u64, GapReason), Gap>,
    leases: BTreeMap<ExecutionId, Lease>,
    backends: BTreeMap<BackendId, Backend>,
    marks: BTreeMap<(BackendId, ChangeNumber), Timestamp>,
    rejections: BTreeMap<(BackendId, ItemKey), Rejection>,
    notes: BTreeMap<(Room, Vec<u8>), Vec<u8>>,
    sync_runs: BTreeMap<SyncId, SyncRun>,
    sync_log: BTreeMap<u64, SyncLogEntry>,
}

impl State {
    fn listed(&self, filter: &Filter) -> Vec<Listed<'_>> {
        let shown = if filter.deleted { Visibility::Trashed } else { Visibility::Live };
        self.rows
            .iter()
            .filter(|(_, row)| row.visibility == shown)
            .filter_map(|(key, row)| Listed::new(self, key, row))
            .filter(|listed| listed.matches(self, filter))
            .collect()
    }
}

/// An execution with what listings sort and filter by.
struct Listed<'a> {
    execution: Execution,
    row: &'a Row,
    number: i64,
}

impl<'a> Listed<'a> {
    fn new(state: &State, key: &RowKey, row: &'a Row) -> Option<Self> {
        let RowKey::Execution(id) = key else { return None };
        let execution = Execution::from_cells(*id, &row.cells, updated_at(row)).ok()?;
        Some(Self { execution, row, number: state.row_numbers[id] })
    }

    fn begun_at(&self) -> Timestamp {
        let summary = &self.execution.summary;
        summary.started_at.unwrap_or(summary.created_at)
    }

    fn sort_key(&self, order: Order) -> (i64, i64) {
        let key = if order.by_duration() {
            self.execution.summary.duration_ms().map_or(-1, |millis| millis as i64)
        } else {
            self.begun_at().as_millis()
        };
        (key, self.number)
    }

    fn matches(&self, state: &State, filter: &Filter) -> bool {
        let summary = &self.execution.summary;
        let tagged = |tag: &String| {
            Tag::new(tag.as_str()).is_ok_and(|tag| {
                let row = state.rows.get(&RowKey::Tag(summary.id, tag));
                row.is_some_and(|row| row.visibility == Visibility::Live)
            })
        };
        let exit_code = summary.ending.and_then(|ending| ending.exit.code());
        let duration = summary.duration_ms();
        filter.workflow_id.as_ref().is_none_or(|id| summary.workflow_id.as_str() == id)
            && filter.kind.is_none_or(|kind| summary.kind == kind)
            && filter.status.is_none_or(|status| summary.status() == status)
            && filter.device_id.is_none_or(|device| summary.device_id == device)
            && filter.tag.as_ref().is_none_or(tagged)
            && filter
                .param
                .as_ref()
                .is_none_or(|(name, value)| self.execution.params.get(name) == Some(value.as_str()))
            && filter.exit_code.is_none_or(|code| exit_code == Some(code))
            && filter.since.is_none_or(|since| self.begun_at() >= since)
            && filter.until.is_none_or(|until| self.begun_at() < until)
            && filter.duration_ms_min.is_none_or(|min| duration.is_some_and(|ms| ms >= min))
            && filter.duration_ms_max.is_none_or(|max| duration.is_some_and(|ms| ms <= max))
    }
}

fn updated_at(row: &Row) -> Timestamp {
    row.clocks.newest().map(|clock| clock.time.timestamp()).unwrap_or_default()
}

/// The cells with those outside the set as `Null`.
fn masked(cells: &[Value], columns: ColumnSet) -> Vec<Value> {
    let mut masked = vec![Value::Null; cells.len()];
    for column in columns.iter() {
        if let Some(cell) = cells.get(column.index()) {
            masked[column.index()] = cell.clone();
        }
    }
    masked
}

impl ReadTx for State {
    fn device(&self) -> StoreResult<Option<DeviceId>> {
        Ok(self.device)
    }

    fn counters(&self) -> StoreResult<Counters> {
        Ok(self.counters)
    }

    fn row(&self, key: &RowKey, columns: ColumnSet) -> StoreResult<Option<Row>> {
        let row = self.rows.get(key);
        Ok(row.map(|row| Row { cells: masked(&row.cells, columns), ..row.clone() }))
    }

    fn tags(&self, execution: ExecutionId) -> StoreResult<Vec<(Tag, Row)>> {
        let tags = self.rows.iter().filter_map(|(key, row)| match key {
            RowKey::Tag(id, tag) if *id == execution => Some((tag.clone(), row.clone())),
            _ => None,
        });
        Ok(tags.collect())
    }

    fn list(&self, query: &ListQuery) -> StoreResult<ListedPage> {
        let order = query.order;
        let mut listed = self.listed(&query.filter);
        listed.sort_by_key(|listed| listed.sort_key(order));
        if order.descending() {
            listed.reverse();
        }
        if let Some(after) = &query.after {
            let end = (after.key(), after.row());
            listed.retain(|listed| {
                let key = listed.sort_key(order);
                if order.descending() { key < end } else { key > end }
            });
        }
        let rest = listed.iter().skip(query.offset as usize);
        let page: Vec<&Listed<'_>> = rest.clone().take(query.page_len()).collect();
        let more = rest.count() > page.len();
        let next = page.last().filter(|_| more).map(|last| {
            let (key, number) = last.sort_key(order);
            Cursor::new(order, key, number)
        });
        let rows = page.iter().map(|listed| ListedRow {
            id: listed.execution.id(),
            cells: masked(&listed.row.cells, executions::SUMMARY),
            updated_at: updated_at(listed.row),
        });
        Ok(ListedPage { rows: rows.collect(), next })
    }

    fn count(&self, query: &ListQuery) -> StoreResult<u64> {
        Ok(self.listed(&query.filter).len() as u64)
    }

    fn find(&self, pattern: &IdPattern, limit: usize) -> StoreResult<Vec<ExecutionId>> {
        let shown = self
            .row_numbers
            .keys()
            .filter(|id| self.rows[&RowKey::Execution(**id)].visibility != Visibility::Hidden);
        Ok(shown.filter(|id| pattern.matches(id)).take(limit).copied().collect())
    }

    fn hidden(&self, limit: usize) -> StoreResult<Vec<ExecutionId>> {
        let hidden = self
            .row_numbers
            .keys()
            .filter(|id| self.rows[&RowKey::Execution(**id)].visibility == Visibility::Hidden);
        Ok(hidden.take(limit).copied().collect())
    }

    fn changes(&self, after: ChangeNumber, limit: usize) -> StoreResult<Vec<Change>> {
        let rows = self
            .rows
            .iter()
            .map(|(key, row)| Change { number: row.change, item: ChangedItem::Row(key.clone()) });
        let kept = self.kept.iter().map(|((table, key), (number, _))| Change {
            number: *number,
            item: ChangedItem::Kept { table: table.clone(), key: key.clone() },
        });
        let pieces = self.pieces.values().map(|(head, _)| Change {
            number: head.change,
            item: ChangedItem::Piece { log: head.log, first: head.first },
        });
        let gaps = self.gaps.values().map(|gap| Change {
            number: gap.change,
            item: ChangedItem::Gap { log: gap.log, first: gap.first, reason: gap.reason },
        });
        let purges = self.purged.iter().map(|(key, (_, number))| Change {
            number: *number,
            item: ChangedItem::Purge { execution: key.execution() },
        });
        let all = rows.chain(kept).chain(pieces).chain(gaps).chain(purges);
        let mut changes: Vec<Change> = all.collect();
        changes.retain(|change| change.number > after);
        changes.sort_by(|a, b| (a.number, &a.item).cmp(&(b.number, &b.item)));
        changes.truncate(limit);
        Ok(changes)
    }

    fn kept(&self, table: &str, key: &[u8]) -> StoreResult<Vec<KeptCell>> {
        let kept = self.kept.get(&(table.to_owned(), key.to_vec()));
        Ok(kept.map(|(_, cells)| cells.values().cloned().collect()).unwrap_or_default())
    }

    fn kept_rows(&self, limit: usize) -> StoreResult<Vec<(String, Vec<u8>)>> {
        Ok(self.kept.keys().take(limit).cloned().collect())
    }

    fn purged(&self, key: &RowKey) -> StoreResult<Option<Clock>> {
        Ok(self.purged.get(key).map(|(clock, _)| *clock))
    }

    fn pieces(
        &self,
        execution: ExecutionId,
        sequences: RangeInclusive<u64>,
    ) -> StoreResult<Vec<PieceHead>> {
        let mut heads: Vec<PieceHead> = self
            .pieces
            .values()
            .map(|(head, _)| head)
            .filter(|head| head.log.execution == execution)
            .filter(|head| head.first <= *sequences.end() && head.last >= *sequences.start())
            .cloned()
            .collect();
        heads.sort_by_key(|head| (head.first, head.log.device));
        Ok(heads)
    }

    fn piece_lines(&self, log: LogKey, first: u64) -> StoreResult<Option<Lines>> {
        Ok(self.pieces.get(&(log, first)).map(|(_, lines)| lines.clone()))
    }

    fn last_sequence(&self, execution: ExecutionId) -> StoreResult<u64> {
        let pieces = self.pieces.values().map(|(head, _)| (head.log, head.last));
        let gaps = self.gaps.values().map(|gap| (gap.log, gap.last));
        let of_execution = pieces.chain(gaps).filter(|(log, _)| log.execution == execution);
        Ok(of_execution.map(|(_, last)| last).max().unwrap_or(0))
    }

    fn gaps(&self, execution: ExecutionId) -> StoreResult<Vec<Gap>> {
        let gaps = self.gaps.values().filter(|gap| gap.log.execution == execution);
        let mut gaps: Vec<Gap> = gaps.cloned().collect();
        gaps.sort_by_key(|gap| (gap.first, gap.log.device, gap.reason));
        Ok(gaps)
    }

    fn leases(&self) -> StoreResult<Vec<Lease>> {
        Ok(self.leases.values().copied().collect())
    }

    fn backends(&self) -> StoreResult<Vec<Backend>> {
        Ok(self.backends.values().cloned().collect())
    }

    fn acknowledged_at(
        &self,
        backend: BackendId,
        change: ChangeNumber,
    ) -> StoreResult<Option<Timestamp>> {
        let marks = self.marks.range((backend, change)..);
        let mut of_backend = marks.filter(|((owner, _), _)| *owner == backend);
        Ok(of_backend.next().map(|(_, at)| *at))
    }

    fn rejection(&self, backend: BackendId, item: &ItemKey) -> StoreResult<Option<Rejection>> {
        let rejection = self.rejections.get(&(backend, item.clone()));
        let row = item.row().and_then(|key| self.rows.get(&key));
        let current =
            rejection.filter(|rejection| row.is_none_or(|row| row.change <= rejection.change));
        Ok(current.cloned())
    }

    fn rejections(
        &self,
        backend: BackendId,
        after: Option<&ItemKey>,
        limit: usize,
    ) -> StoreResult<Vec<Rejection>> {
        let of_backend = self.rejections.values().filter(|one| one.backend == backend);
        let rest = of_backend.filter(|one| after.is_none_or(|after| one.item > *after));
        Ok(rest.take(limit).cloned().collect())
    }

    fn execution_items(&self, execution: ExecutionId) -> StoreResult<Vec<ItemKey>> {
        let all = self.changes(ChangeNumber::ZERO, usize::MAX)?;
        let items = all.iter().filter(|change| !matches!(change.item, ChangedItem::Purge { .. }));
        let mut items: Vec<ItemKey> = items.map(|change| ItemKey::from(&change.item)).collect();
        items.retain(|item| item.execution() == Some(execution));
        items.sort_unstable();
        items.dedup();
        Ok(items)
    }

    fn note(&self, room: Room, key: &[u8]) -> StoreResult<Option<Vec<u8>>> {
        Ok(self.notes.get(&(room, key.to_vec())).cloned())
    }

    fn notes(
        &self,
        room: Room,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> StoreResult<Vec<Note>> {
        let from = self.notes.range((room, prefix.to_vec())..);
        let with_prefix =
            from.take_while(|((owner, key), _)| *owner == room && key.starts_with(prefix));
        let rest = with_prefix.filter(|((_, key), _)| after.is_none_or(|after| key[..] > *after));
        Ok(rest.take(limit).map(|((_, key), value)| (key.clone(), value.clone())).collect())
    }

    fn sync_run(&self, id: SyncId) -> StoreResult<Option<SyncRun>> {
        Ok(self.sync_runs.get(&id).cloned())
    }

    fn sync_runs(
        &self,
        filter: &RunFilter,
        after: Option<SyncId>,
        limit: usize,
    ) -> StoreResult<Vec<SyncRun>> {
        let place = |run: &SyncRun| (run.started_at, run.id);
        let end = match after.map(|id| self.sync_runs.get(&id)) {
            Some(None) => return Ok(Vec::new()),
            Some(Some(run)) => Some(place(run)),
            None => None,
        };
        let mut runs: Vec<&SyncRun> = self
            .sync_runs
            .values()
            .filter(|run| run_matches(run, filter))
            .filter(|run| end.is_none_or(|end| place(run) < end))
            .collect();
        runs.sort_by_key(|run| Reverse(place(run)));
        Ok(runs.into_iter().take(limit).cloned().collect())
    }

    fn sync_log(
        &self,
        query: &LogQuery,
        after: Option<LogCursor>,
        limit: usize,
    ) -> StoreResult<Vec<(LogCursor, SyncLogEntry)>> {
        let end = after.map_or(u64::MAX, |after| after.0);
        let newest_first = self.sync_log.range(..end).rev();
        let matching = newest_first.filter(|(_, entry)| entry_matches(entry, query));
        Ok(matching
            .take(limit)
            .map(|(number, entry)| (LogCursor(*number), entry.clone()))
            .collect())
    }
}

fn run_matches(run: &SyncRun, filter: &RunFilter) -> bool {
    filter.backend.is_none_or(|backend| run.backend == backend)
        && filter.direction.is_none_or(|direction| run.direction == direction)
        && filter.status.is_none_or(|status| run.status == status)
        && filter.sync_type.is_none_or(|sync_type| run.sync_type == sync_type)
        && filter.triggered_by.as_ref().is_none_or(|who| run.triggered_by == *who)
        && filter.since.is_none_or(|since| run.started_at >= since)
}

fn entry_matches(entry: &SyncLogEntry, query: &LogQuery) -> bool {
    let of_whole_full_run = entry.entity_type.is_none() && entry.sync_type == SyncType::Full;
    query.entity.is_none_or(|id| entry.entity_id == Some(id) || of_whole_full_run)
        && query.run.is_none_or(|run| entry.run == run)
        && (!query.changes_only || entry.had_changes)
        && (!query.errors_only || entry.result == Some(EntityResult::Failed))
}

impl WriteTx for State {
    fn set_device(&mut self, device: DeviceId) -> StoreResult<()> {
        self.device = Some(device);
        Ok(())
    }

    fn set_counters(&mut self, counters: Counters) -> StoreResult<()> {
        self.counters = counters;
        Ok(())
    }

    fn insert_row(&mut self, key: &RowKey, write: &RowWrite<'_>) -> StoreResult<()> {
        if self.rows.contains_key(key) {
            return Err(StoreError::RowExists);
        }
        let empty = Row {
            cells: vec![Value::Null; key.table().columns().len()],
            clocks: write.clocks.clone(),
            change: write.change,
            visibility: write.visibility,
        };
        self.rows.insert(key.clone(), empty);
        if key.table() == Table::Executions {
            let number = self.row_numbers.values().max().copied().unwrap_or(0) + 1;
            self.row_numbers.insert(key.execution(), number);
        }
        self.update_row(key, write)
    }

    fn update_row(&mut self, key: &RowKey, write: &RowWrite<'_>) -> StoreResult<()> {
        let row = self.rows.get_mut(key).ok_or(StoreError::RowMissing)?;
        for (column, value) in write.cells {
            row.cells[column.index()] = value.clone();
        }
        row.clocks = write.clocks.clone();
        row.change = write.change;
        row.visibility = write.visibility;
        Ok(())
    }

    fn purge(
        &mut self,
        execution: ExecutionId,
        clock: Clock,
        change: ChangeNumber,
    ) -> StoreResult<()> {
        let key = RowKey::Execution(execution);
        let gone: Vec<RowKey> =
            self.rows.keys().filter(|key| key.execution() == execution).cloned().collect();
        for key in gone {
            self.rows.remove(&key);
        }
        self.rejections.retain(|(_, item), _| {
            item.table == ItemKey::PURGES || item.execution() != Some(execution)
        });
        // By the key, not by the rows: what is kept may have no row beside it.
        self.kept.retain(|(table, key), _| {
            Table::by_name(table).is_none() || !key.starts_with(execution.as_bytes())
        });
        self.row_numbers.remove(&execution);
        self.pieces.retain(|(log, _), _| log.execution != execution);
        self.gaps.retain(|(log, _, _), _| log.execution != execution);
        self.leases.remove(&execution);
        self.purged.insert(key, (clock, change));
        Ok(())
    }

    fn keep(
        &mut self,
        table: &str,
        key: &[u8],
        cell: &KeptCell,
        change: ChangeNumber,
    ) -> StoreResult<()> {
        let kept = self.kept.entry((table.to_owned(), key.to_vec())).or_default();
        kept.0 = change;
        kept.1.insert(cell.column.clone(), cell.clone());
        Ok(())
    }

    fn unkeep(&mut self, table: &str, key: &[u8], column: &str) -> StoreResult<()> {
        let key = (table.to_owned(), key.to_vec());
        if let Some((_, cells)) = self.kept.get_mut(&key) {
            cells.remove(column);
            if cells.is_empty() {
                self.kept.remove(&key);
            }
        }
        Ok(())
    }

    fn put_piece(&mut self, head: &PieceHead, lines: &Lines) -> StoreResult<()> {
        self.pieces.insert((head.log, head.first), (head.clone(), lines.clone()));
        Ok(())
    }

    fn renumber_piece(&mut self, log: LogKey, first: u64, change: ChangeNumber) -> StoreResult<()> {
        let (head, _) = self.pieces.get_mut(&(log, first)).ok_or(StoreError::RowMissing)?;
        head.change = change;
        Ok(())
    }

    fn remove_pieces(&mut self, log: LogKey, sequences: RangeInclusive<u64>) -> StoreResult<()> {
        self.pieces.retain(|(owner, _), (head, _)| {
            *owner != log || head.first < *sequences.start() || head.last > *sequences.end()
        });
        Ok(())
    }

    fn put_gap(&mut self, gap: &Gap) -> StoreResult<()> {
        self.gaps.insert((gap.log, gap.first, gap.reason), gap.clone());
        Ok(())
    }

    fn put_lease(&mut self, lease: &Lease) -> StoreResult<()> {
        self.leases.insert(lease.execution, *lease);
        Ok(())
    }

    fn remove_lease(&mut self, execution: ExecutionId) -> StoreResult<()> {
        self.leases.remove(&execution);
        Ok(())
    }

    fn put_backend(&mut self, backend: &Backend) -> StoreResult<()> {
        self.backends.insert(backend.id, backend.clone());
        Ok(())
    }

    fn set_sent(
        &mut self,
        backend: BackendId,
        sent: ChangeNumber,
        position: &[u8],
    ) -> StoreResult<()> {
        let held = self.backends.get_mut(&backend).ok_or(StoreError::RowMissing)?;
        (held.sent, held.position) = (sent, position.to_vec());
        Ok(())
    }

    fn remove_backend(&mut self, backend: BackendId) -> StoreResult<()> {
        self.backends.remove(&backend);
        self.marks.retain(|(owner, _), _| *owner != backend);
        self.rejections.retain(|(owner, _), _| *owner != backend);
        Ok(())
    }

    fn put_mark(
        &mut self,
        backend: BackendId,
        change: ChangeNumber,
        at: Timestamp,
    ) -> StoreResult<()> {
        self.marks.insert((backend, change), at);
        Ok(())
    }

    fn put_rejection(&mut self, rejection: &Rejection) -> StoreResult<()> {
        let key = (rejection.backend, rejection.item.clone());
        self.rejections.insert(key, rejection.clone());
        Ok(())
    }

    fn remove_rejection(&mut self, backend: BackendId, item: &ItemKey) -> StoreResult<()> {
        self.rejections.remove(&(backend, item.clone()));
        Ok(())
    }

    fn put_note(&mut self, room: Room, key: &[u8], value: &[u8]) -> StoreResult<()> {
        self.notes.insert((room, key.to_vec()), value.to_vec());
        Ok(())
    }

    fn remove_note(&mut self, room: Room, key: &[u8]) -> StoreResult<()> {
        self.notes.remove(&(room, key.to_vec()));
        Ok(())
    }

    fn remove_notes(&mut self, room: Room, prefix: &[u8]) -> StoreResult<u64> {
        let gone = ReadTx::notes(self, room, prefix, None, usize::MAX)?;
        for (key, _) in &gone {
            self.notes.remove(&(room, key.clone()));
        }
        Ok(gone.len() as u64)
    }

    fn put_sync_run(&mut self, run: &SyncRun) -> StoreResult<()> {
        self.sync_runs.insert(run.id, run.clone());
        Ok(())
    }

    fn add_sync_log(&mut self, entries: &[SyncLogEntry]) -> StoreResult<()> {
        if entries.iter().any(|entry| !self.sync_runs.contains_key(&entry.run)) {
            return Err(StoreError::RowMissing);
        }
        let last = self.sync_log.last_key_value().map_or(0, |(number, _)| *number);
        self.sync_log.extend((last + 1..).zip(entries.iter().cloned()));
        Ok(())
    }

    fn complete_sync_log(
        &mut self,
        run: SyncId,
        had_changes: bool,
        result: EntityResult,
        error: Option<&str>,
    ) -> StoreResult<()> {
        let mut of_run = self.sync_log.values_mut().filter(|entry| entry.run == run);
        if let Some(whole) = of_run.find(|entry| entry.entity_type.is_none()) {
            whole.had_changes = had_changes;
            whole.result = Some(result);
            whole.error = error.map(str::to_owned);
        }
        Ok(())
    }

    fn remove_sync_runs(&mut self, before: Timestamp) -> StoreResult<u64> {
        let ended = |run: &SyncRun| run.completed_at.is_some_and(|at| at < before);
        let count = self.sync_runs.len();
        self.sync_runs.retain(|_, run| !ended(run));
        self.sync_log.retain(|_, entry| self.sync_runs.contains_key(&entry.run));
        Ok((count - self.sync_runs.len()) as u64)
    }
}
