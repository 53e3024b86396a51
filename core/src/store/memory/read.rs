//! Reading from the store in memory.

use std::cmp::Reverse;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::listed::{Listed, updated_at};
use super::{KeptKey, RowPlace, State, key_at, place_of};
use crate::clock::{Clock, ColumnSet};
use crate::id::{DeviceId, ExecutionId, IdPattern};
use crate::log::{Gap, GapReason, Lines, LogKey, PieceHead};
use crate::model::{Tag, Visibility};
use crate::query::{Cursor, ListQuery};
use crate::schema::{RowKey, Table, executions};
use crate::store::{
    Backend, BackendId, Change, ChangeNumber, ChangedItem, Counters, ItemKey, KeptCell, Lease,
    ListedPage, ListedRow, Note, ReadTx, Rejection, Room, Row, StoreResult,
};
use crate::sync::run::{
    EntityResult, LogCursor, LogQuery, RunFilter, SyncId, SyncLogEntry, SyncRun, SyncType,
};
use crate::time::Timestamp;
use crate::value::Value;

/// An entry of the pieces of a log.
type PieceEntry<'a> = (&'a (LogKey, u64), &'a Arc<(PieceHead, Lines)>);
/// An entry of the gaps of a log.
type GapEntry<'a> = (&'a (LogKey, u64, GapReason), &'a Arc<Gap>);

/// What is of one execution stands together in every table.
impl State {
    /// The row of the execution and those of its tags.
    pub(super) fn rows_of(
        &self,
        execution: ExecutionId,
    ) -> impl Iterator<Item = (&RowPlace, &Arc<Row>)> {
        let from = self.rows.range((execution, None)..);
        from.take_while(move |((id, _), _)| *id == execution)
    }

    /// Tables and keys of its kept cells, and those of its tags.
    pub(super) fn kept_of(&self, execution: ExecutionId) -> impl Iterator<Item = &KeptKey> {
        let id = *execution.as_bytes();
        Table::ALL.iter().flat_map(move |table| {
            let from = self.kept.range((table.name().to_owned(), id.to_vec())..);
            let keys = from.map(|(key, _)| key);
            keys.take_while(move |(name, key)| name == table.name() && key.starts_with(&id))
        })
    }

    pub(super) fn pieces_of(&self, execution: ExecutionId) -> impl Iterator<Item = PieceEntry<'_>> {
        let from = self.pieces.range((LogKey { execution, device: DeviceId::NIL }, 0)..);
        from.take_while(move |((log, _), _)| log.execution == execution)
    }

    pub(super) fn gaps_of(&self, execution: ExecutionId) -> impl Iterator<Item = GapEntry<'_>> {
        let first = (LogKey { execution, device: DeviceId::NIL }, 0, GapReason::Limit);
        let from = self.gaps.range(first..);
        from.take_while(move |((log, _, _), _)| log.execution == execution)
    }
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
        let row = self.rows.get(&place_of(key));
        Ok(row.map(|row| Row { cells: masked(&row.cells, columns), ..(**row).clone() }))
    }

    fn tags(&self, execution: ExecutionId) -> StoreResult<Vec<(Tag, Row)>> {
        let tags = self.rows_of(execution).filter_map(|((_, tag), row)| {
            let tag = tag.as_ref()?;
            Some((tag.clone(), (**row).clone()))
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
            .filter(|id| self.rows[&(**id, None)].visibility != Visibility::Hidden);
        Ok(shown.filter(|id| pattern.matches(id)).take(limit).copied().collect())
    }

    fn hidden(&self, limit: usize) -> StoreResult<Vec<ExecutionId>> {
        let hidden = self
            .row_numbers
            .keys()
            .filter(|id| self.rows[&(**id, None)].visibility == Visibility::Hidden);
        Ok(hidden.take(limit).copied().collect())
    }

    fn changes(&self, after: ChangeNumber, limit: usize) -> StoreResult<Vec<Change>> {
        let newer = |number: ChangeNumber, item: &dyn Fn() -> ChangedItem| {
            (number > after).then(|| Change { number, item: item() })
        };
        let rows = self
            .rows
            .iter()
            .filter_map(|(place, row)| newer(row.change, &|| ChangedItem::Row(key_at(place))));
        let kept = self.kept.iter().filter_map(|((table, key), kept)| {
            newer(kept.0, &|| ChangedItem::Kept { table: table.clone(), key: key.clone() })
        });
        let pieces = self.pieces.iter().filter_map(|((log, first), piece)| {
            newer(piece.0.change, &|| ChangedItem::Piece { log: *log, first: *first })
        });
        let gaps = self.gaps.iter().filter_map(|((log, first, reason), gap)| {
            newer(gap.change, &|| ChangedItem::Gap { log: *log, first: *first, reason: *reason })
        });
        let purges = self.purged.iter().filter_map(|(execution, purge)| {
            newer(purge.1, &|| ChangedItem::Purge { execution: *execution })
        });
        let all = rows.chain(kept).chain(pieces).chain(gaps).chain(purges);
        let mut changes: Vec<Change> = all.collect();
        changes.sort_by(|a, b| (a.number, &a.item).cmp(&(b.number, &b.item)));
        changes.truncate(limit);
        Ok(changes)
    }

    fn kept(&self, table: &str, key: &[u8]) -> StoreResult<Vec<KeptCell>> {
        let kept = self.kept.get(&(table.to_owned(), key.to_vec()));
        Ok(kept.map(|kept| kept.1.values().cloned().collect()).unwrap_or_default())
    }

    fn kept_rows(&self, limit: usize) -> StoreResult<Vec<(String, Vec<u8>)>> {
        Ok(self.kept.keys().take(limit).cloned().collect())
    }

    fn purged(&self, key: &RowKey) -> StoreResult<Option<Clock>> {
        let RowKey::Execution(execution) = key else { return Ok(None) };
        Ok(self.purged.get(execution).map(|purge| purge.0))
    }

    fn pieces(
        &self,
        execution: ExecutionId,
        sequences: RangeInclusive<u64>,
    ) -> StoreResult<Vec<PieceHead>> {
        let heads = self.pieces_of(execution).map(|(_, piece)| &piece.0);
        let mut heads: Vec<PieceHead> = heads
            .filter(|head| head.first <= *sequences.end() && head.last >= *sequences.start())
            .cloned()
            .collect();
        heads.sort_by_key(|head| (head.first, head.log.device));
        Ok(heads)
    }

    fn piece_lines(&self, log: LogKey, first: u64) -> StoreResult<Option<Lines>> {
        Ok(self.pieces.get(&(log, first)).map(|piece| piece.1.clone()))
    }

    fn last_sequence(&self, execution: ExecutionId) -> StoreResult<u64> {
        let pieces = self.pieces_of(execution).map(|(_, piece)| piece.0.last);
        let gaps = self.gaps_of(execution).map(|(_, gap)| gap.last);
        Ok(pieces.chain(gaps).max().unwrap_or(0))
    }

    fn gaps(&self, execution: ExecutionId) -> StoreResult<Vec<Gap>> {
        let mut gaps: Vec<Gap> = self.gaps_of(execution).map(|(_, gap)| (**gap).clone()).collect();
        gaps.sort_by_key(|gap| (gap.first, gap.log.device, gap.reason));
        Ok(gaps)
    }

    fn leases(&self) -> StoreResult<Vec<Lease>> {
        Ok(self.leases.values().map(|lease| **lease).collect())
    }

    fn backends(&self) -> StoreResult<Vec<Backend>> {
        Ok(self.backends.values().map(|backend| (**backend).clone()).collect())
    }

    fn acknowledged_at(
        &self,
        backend: BackendId,
        change: ChangeNumber,
    ) -> StoreResult<Option<Timestamp>> {
        let marks = self.marks.range((backend, change)..);
        let mut of_backend = marks.filter(|((owner, _), _)| *owner == backend);
        Ok(of_backend.next().map(|(_, at)| **at))
    }

    fn rejection(&self, backend: BackendId, item: &ItemKey) -> StoreResult<Option<Rejection>> {
        let rejection = self.rejections.get(&(backend, item.clone()));
        let row = item.row().and_then(|key| self.rows.get(&place_of(&key)));
        let current =
            rejection.filter(|rejection| row.is_none_or(|row| row.change <= rejection.change));
        Ok(current.map(|rejection| (**rejection).clone()))
    }

    fn rejections(
        &self,
        backend: BackendId,
        after: Option<&ItemKey>,
        limit: usize,
    ) -> StoreResult<Vec<Rejection>> {
        let first = after.cloned().unwrap_or_else(|| ItemKey::new("", []));
        let from = self.rejections.range((backend, first)..);
        let of_backend = from.take_while(|((owner, _), _)| *owner == backend);
        let rest = of_backend.filter(|((_, item), _)| Some(item) != after);
        Ok(rest.take(limit).map(|(_, rejection)| (**rejection).clone()).collect())
    }

    fn execution_items(&self, execution: ExecutionId) -> StoreResult<Vec<ItemKey>> {
        let rows = self.rows_of(execution).map(|(place, _)| ItemKey::from(&key_at(place)));
        let kept = self.kept_of(execution).map(|(table, key)| ItemKey::new(table, key.as_slice()));
        let sealed =
            self.pieces_of(execution).filter(|(_, piece)| piece.0.change > ChangeNumber::ZERO);
        let pieces = sealed.map(|((log, first), _)| ItemKey::piece(*log, *first));
        let gaps = self
            .gaps_of(execution)
            .map(|((log, first, reason), _)| ItemKey::gap(*log, *first, *reason));
        let mut items: Vec<ItemKey> = rows.chain(kept).chain(pieces).chain(gaps).collect();
        items.sort_unstable();
        items.dedup();
        Ok(items)
    }

    fn note(&self, room: Room, key: &[u8]) -> StoreResult<Option<Vec<u8>>> {
        Ok(self.notes.get(&(room, key.to_vec())).map(|value| (**value).clone()))
    }

    fn notes(
        &self,
        room: Room,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> StoreResult<Vec<Note>> {
        let first = after.map_or(prefix, |after| after.max(prefix)).to_vec();
        let from = self.notes.range((room, first)..);
        let with_prefix =
            from.take_while(|((owner, key), _)| *owner == room && key.starts_with(prefix));
        let rest = with_prefix.filter(|((_, key), _)| Some(key.as_slice()) != after);
        Ok(rest.take(limit).map(|((_, key), value)| (key.clone(), (**value).clone())).collect())
    }

    fn sync_run(&self, id: SyncId) -> StoreResult<Option<SyncRun>> {
        Ok(self.sync_runs.get(&id).map(|run| (**run).clone()))
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
        let mut runs: Vec<&Arc<SyncRun>> = self
            .sync_runs
            .values()
            .filter(|run| run_matches(run, filter))
            .filter(|run| end.is_none_or(|end| place(run) < end))
            .collect();
        runs.sort_by_key(|run| Reverse(place(run)));
        Ok(runs.into_iter().take(limit).map(|run| (**run).clone()).collect())
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
            .map(|(number, entry)| (LogCursor(*number), (**entry).clone()))
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
