//! Writing to the store in memory.

use std::ops::RangeInclusive;

use super::{State, place_of};
use crate::clock::Clock;
use crate::id::{DeviceId, ExecutionId};
use crate::log::{Gap, Lines, LogKey, PieceHead};
use crate::schema::{RowKey, Table};
use crate::store::{
    Backend, BackendId, ChangeNumber, Counters, ItemKey, KeptCell, Lease, ReadTx, Rejection, Room,
    Row, RowWrite, StoreError, StoreResult, WriteTx,
};
use crate::sync::run::{EntityResult, SyncId, SyncLogEntry, SyncRun};
use crate::time::Timestamp;
use crate::value::Value;

/// The row after a write to it.
fn written(mut cells: Vec<Value>, write: &RowWrite<'_>) -> Row {
    for (column, value) in write.cells {
        cells[column.index()] = value.clone();
    }
    Row { cells, clocks: write.clocks.clone(), change: write.change, visibility: write.visibility }
}

impl State {
    /// Removes what stands beside the rows of an execution.
    fn purge_beside_rows(&mut self, execution: ExecutionId) {
        // By the key, not by the rows: what is kept may have no row beside it.
        let kept: Vec<_> = self.kept_of(execution).cloned().collect();
        self.remove_all(|state| &mut state.kept, kept);
        let refused = self.rejections.keys().filter(|(_, item)| {
            item.table != ItemKey::PURGES && item.execution() == Some(execution)
        });
        let refused = refused.cloned().collect();
        self.remove_all(|state| &mut state.rejections, refused);
        let pieces = self.pieces_of(execution).map(|(key, _)| *key).collect();
        self.remove_all(|state| &mut state.pieces, pieces);
        let gaps = self.gaps_of(execution).map(|(key, _)| *key).collect();
        self.remove_all(|state| &mut state.gaps, gaps);
        self.set(|state| &mut state.leases, execution, None);
    }
}

impl WriteTx for State {
    fn set_device(&mut self, device: DeviceId) -> StoreResult<()> {
        let held = self.device.replace(device);
        self.journal.push(move |state| state.device = held);
        Ok(())
    }

    fn set_counters(&mut self, counters: Counters) -> StoreResult<()> {
        let held = std::mem::replace(&mut self.counters, counters);
        self.journal.push(move |state| state.counters = held);
        Ok(())
    }

    fn insert_row(&mut self, key: &RowKey, write: &RowWrite<'_>) -> StoreResult<()> {
        let place = place_of(key);
        if self.rows.contains_key(&place) {
            return Err(StoreError::RowExists);
        }
        let row = written(vec![Value::Null; key.table().columns().len()], write);
        self.set(|state| &mut state.rows, place, Some(row));
        if key.table() == Table::Executions {
            let number = self.numbered.last_key_value().map_or(0, |(number, _)| *number) + 1;
            self.set(|state| &mut state.numbered, number, Some(key.execution()));
            self.set(|state| &mut state.row_numbers, key.execution(), Some(number));
        }
        Ok(())
    }

    fn update_row(&mut self, key: &RowKey, write: &RowWrite<'_>) -> StoreResult<()> {
        let place = place_of(key);
        let held = self.rows.get(&place).ok_or(StoreError::RowMissing)?;
        let row = written(held.cells.clone(), write);
        self.set(|state| &mut state.rows, place, Some(row));
        Ok(())
    }

    fn purge(
        &mut self,
        execution: ExecutionId,
        clock: Clock,
        change: ChangeNumber,
    ) -> StoreResult<()> {
        let rows = self.rows_of(execution).map(|(place, _)| place.clone()).collect();
        self.remove_all(|state| &mut state.rows, rows);
        if let Some(number) = self.row_numbers.get(&execution).map(|number| **number) {
            self.set(|state| &mut state.row_numbers, execution, None);
            self.set(|state| &mut state.numbered, number, None);
        }
        self.purge_beside_rows(execution);
        self.set(|state| &mut state.purged, execution, Some((clock, change)));
        Ok(())
    }

    fn keep(
        &mut self,
        table: &str,
        key: &[u8],
        cell: &KeptCell,
        change: ChangeNumber,
    ) -> StoreResult<()> {
        let key = (table.to_owned(), key.to_vec());
        let mut cells = self.kept.get(&key).map(|kept| kept.1.clone()).unwrap_or_default();
        cells.insert(cell.column.clone(), cell.clone());
        self.set(|state| &mut state.kept, key, Some((change, cells)));
        Ok(())
    }

    fn unkeep(&mut self, table: &str, key: &[u8], column: &str) -> StoreResult<()> {
        let key = (table.to_owned(), key.to_vec());
        let Some(kept) = self.kept.get(&key) else { return Ok(()) };
        let (change, mut cells) = (**kept).clone();
        cells.remove(column);
        let left = (!cells.is_empty()).then_some((change, cells));
        self.set(|state| &mut state.kept, key, left);
        Ok(())
    }

    fn put_piece(&mut self, head: &PieceHead, lines: &Lines) -> StoreResult<()> {
        let piece = (head.clone(), lines.clone());
        self.set(|state| &mut state.pieces, (head.log, head.first), Some(piece));
        Ok(())
    }

    fn renumber_piece(&mut self, log: LogKey, first: u64, change: ChangeNumber) -> StoreResult<()> {
        let held = self.pieces.get(&(log, first)).ok_or(StoreError::RowMissing)?;
        let (head, lines) = (**held).clone();
        let piece = (PieceHead { change, ..head }, lines);
        self.set(|state| &mut state.pieces, (log, first), Some(piece));
        Ok(())
    }

    fn remove_pieces(&mut self, log: LogKey, sequences: RangeInclusive<u64>) -> StoreResult<()> {
        if sequences.is_empty() {
            return Ok(());
        }
        let within = self.pieces.range((log, *sequences.start())..=(log, *sequences.end()));
        let whole = within.filter(|(_, piece)| piece.0.last <= *sequences.end());
        let whole = whole.map(|(key, _)| *key).collect();
        self.remove_all(|state| &mut state.pieces, whole);
        Ok(())
    }

    fn put_gap(&mut self, gap: &Gap) -> StoreResult<()> {
        self.set(|state| &mut state.gaps, (gap.log, gap.first, gap.reason), Some(gap.clone()));
        Ok(())
    }

    fn put_lease(&mut self, lease: &Lease) -> StoreResult<()> {
        self.set(|state| &mut state.leases, lease.execution, Some(*lease));
        Ok(())
    }

    fn remove_lease(&mut self, execution: ExecutionId) -> StoreResult<()> {
        self.set(|state| &mut state.leases, execution, None);
        Ok(())
    }

    fn put_backend(&mut self, backend: &Backend) -> StoreResult<()> {
        self.set(|state| &mut state.backends, backend.id, Some(backend.clone()));
        Ok(())
    }

    fn set_sent(
        &mut self,
        backend: BackendId,
        sent: ChangeNumber,
        position: &[u8],
    ) -> StoreResult<()> {
        let held = self.backends.get(&backend).ok_or(StoreError::RowMissing)?;
        let moved = Backend { sent, position: position.to_vec(), ..(**held).clone() };
        self.set(|state| &mut state.backends, backend, Some(moved));
        Ok(())
    }

    fn remove_backend(&mut self, backend: BackendId) -> StoreResult<()> {
        let marks = self.marks.keys().filter(|(owner, _)| *owner == backend).copied().collect();
        let refused = self.rejections.keys().filter(|(owner, _)| *owner == backend);
        let refused = refused.cloned().collect();
        self.set(|state| &mut state.backends, backend, None);
        self.remove_all(|state| &mut state.marks, marks);
        self.remove_all(|state| &mut state.rejections, refused);
        Ok(())
    }

    fn put_mark(
        &mut self,
        backend: BackendId,
        change: ChangeNumber,
        at: Timestamp,
    ) -> StoreResult<()> {
        self.set(|state| &mut state.marks, (backend, change), Some(at));
        Ok(())
    }

    fn put_rejection(&mut self, rejection: &Rejection) -> StoreResult<()> {
        let key = (rejection.backend, rejection.item.clone());
        self.set(|state| &mut state.rejections, key, Some(rejection.clone()));
        Ok(())
    }

    fn remove_rejection(&mut self, backend: BackendId, item: &ItemKey) -> StoreResult<()> {
        self.set(|state| &mut state.rejections, (backend, item.clone()), None);
        Ok(())
    }

    fn put_note(&mut self, room: Room, key: &[u8], value: &[u8]) -> StoreResult<()> {
        self.set(|state| &mut state.notes, (room, key.to_vec()), Some(value.to_vec()));
        Ok(())
    }

    fn remove_note(&mut self, room: Room, key: &[u8]) -> StoreResult<()> {
        self.set(|state| &mut state.notes, (room, key.to_vec()), None);
        Ok(())
    }

    fn remove_notes(&mut self, room: Room, prefix: &[u8]) -> StoreResult<u64> {
        let gone = ReadTx::notes(self, room, prefix, None, usize::MAX)?;
        let count = gone.len() as u64;
        let keys = gone.into_iter().map(|(key, _)| (room, key)).collect();
        self.remove_all(|state| &mut state.notes, keys);
        Ok(count)
    }

    fn put_sync_run(&mut self, run: &SyncRun) -> StoreResult<()> {
        self.set(|state| &mut state.sync_runs, run.id, Some(run.clone()));
        Ok(())
    }

    fn add_sync_log(&mut self, entries: &[SyncLogEntry]) -> StoreResult<()> {
        if entries.iter().any(|entry| !self.sync_runs.contains_key(&entry.run)) {
            return Err(StoreError::RowMissing);
        }
        let last = self.sync_log.last_key_value().map_or(0, |(number, _)| *number);
        for (number, entry) in (last + 1..).zip(entries) {
            self.set(|state| &mut state.sync_log, number, Some(entry.clone()));
        }
        Ok(())
    }

    fn complete_sync_log(
        &mut self,
        run: SyncId,
        had_changes: bool,
        result: EntityResult,
        error: Option<&str>,
    ) -> StoreResult<()> {
        let mut of_run = self.sync_log.iter().filter(|(_, entry)| entry.run == run);
        let whole = of_run.find(|(_, entry)| entry.entity_type.is_none());
        let Some((number, held)) = whole else { return Ok(()) };
        let (result, error) = (Some(result), error.map(str::to_owned));
        let completed = SyncLogEntry { had_changes, result, error, ..(**held).clone() };
        let number = *number;
        self.set(|state| &mut state.sync_log, number, Some(completed));
        Ok(())
    }

    fn remove_sync_runs(&mut self, before: Timestamp) -> StoreResult<u64> {
        let ended = |run: &SyncRun| run.completed_at.is_some_and(|at| at < before);
        let ended = self.sync_runs.iter().filter(|(_, run)| ended(run));
        let runs: Vec<SyncId> = ended.map(|(id, _)| *id).collect();
        if runs.is_empty() {
            return Ok(0);
        }
        let count = runs.len() as u64;
        let log = self.sync_log.iter().filter(|(_, entry)| runs.binary_search(&entry.run).is_ok());
        let log = log.map(|(number, _)| *number).collect();
        self.remove_all(|state| &mut state.sync_log, log);
        self.remove_all(|state| &mut state.sync_runs, runs);
        Ok(count)
    }
}
