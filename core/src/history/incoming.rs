//! What other devices and imported files say: records merged into rows.

use super::writer::{Arrival, visibility_of};
use super::{HistoryError, HistoryWriter};
use crate::clock::{Clock, ClockTime, ColumnId, RowClocks};
use crate::codec::RowRecord;
use crate::merge::merge_cells;
use crate::model::{InvalidValue, Visibility};
use crate::schema::RowKey;
use crate::store::{ItemKey, KeptCell, RowWrite};
use crate::sync::displaced::Displaced;
use crate::value::Value;

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Merged {
    /// The row is new here.
    Created,
    /// At least one column took its value, or was kept for a later program.
    Updated,
    /// Nothing changed: it was known, or newer edits cover it.
    Unchanged,
    /// The row was purged after the record was written.
    Purged,
}

/// What a merge did, for the sync log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Effect {
    /// What became of the record.
    pub(crate) merged: Merged,
    /// How the row was shown before and after, where it was written.
    pub(crate) shown: Option<(Visibility, Visibility)>,
    /// Whether something is held under the record's clock with another value: a device and its copy
    /// wrote both ([`twins`](crate::sync::twins)).
    pub(crate) contested: bool,
}

impl Effect {
    /// Without a row that was written.
    pub(crate) const fn of(merged: Merged) -> Self {
        Self { merged, shown: None, contested: false }
    }

    /// The same, contested where that is so.
    pub(crate) const fn contested(self, contested: bool) -> Self {
        Self { contested: self.contested || contested, ..self }
    }
}

impl HistoryWriter<'_> {
    /// Merges records that another device wrote, all or none, and moves the clock past the newest
    /// of them once. Says what became of each.
    ///
    /// A table, a column or a type of value that this program does not know is kept with its own
    /// clock, forwarded, and applied by the program that knows it.
    ///
    /// # Errors
    /// [`HistoryError::Invalid`] where a record's key is none of its table: nothing of the batch is
    /// merged then.
    pub fn merge(&mut self, records: Vec<RowRecord>) -> Result<Vec<Merged>, HistoryError> {
        let newest = records.iter().map(|record| record.clock.time).max();
        let merged =
            records.into_iter().map(|record| Ok(self.merge_record(record)?.merged)).collect();
        self.observe(newest);
        merged
    }

    /// Merges cells of one row that were written together, without naming tables and columns: for
    /// callers that know the schema. The clock is not moved; [`Self::observe`] is for that.
    ///
    /// # Errors
    /// [`HistoryError::Invalid`] where a value has not the type of its column.
    pub fn merge_row(
        &mut self,
        key: &RowKey,
        clock: Clock,
        cells: Vec<(ColumnId, Value)>,
    ) -> Result<Merged, HistoryError> {
        let columns = key.table().columns();
        for (column, value) in &cells {
            let known = columns.get(column.index());
            if !known.is_some_and(|known| known.admits(value)) {
                let name = known.map_or("column", |known| known.name);
                let reason = "the value has not the type of the column";
                return Err(InvalidValue { field: name, reason: reason.to_owned() }.into());
            }
        }
        Ok(self.merge_known(key, clock, cells)?.merged)
    }

    /// Moves the clock past a time that was seen in what another device wrote.
    pub fn observe(&mut self, newest: Option<ClockTime>) {
        if let Some(newest) = newest {
            self.clock.observe(newest);
        }
    }

    /// Merges one record. The clock is not moved.
    ///
    /// # Errors
    /// As [`Self::merge`]; then nothing was changed by it.
    pub(crate) fn merge_record(&mut self, record: RowRecord) -> Result<Effect, HistoryError> {
        let Some(table) = self.older.table(&record.table) else {
            let RowRecord { table, key, clock, cells } = record;
            let item = ItemKey { table, key };
            if self.is_purged(&item, clock)? {
                return Ok(Effect::of(Merged::Purged));
            }
            return self.keep_cells(&item.table, &item.key, clock, cells);
        };
        let key = RowKey::from_bytes(table, &record.key)?;
        let mut known = Vec::with_capacity(record.cells.len());
        let mut unknown = Vec::new();
        for (name, value) in record.cells {
            match self.older.column(table, &name) {
                Some(column) if column.admits(&value) => known.push((column.id, value)),
                _ => unknown.push((name, value)),
            }
        }
        let mut effect = self.merge_known(&key, record.clock, known)?;
        if effect.merged == Merged::Purged || unknown.is_empty() {
            return Ok(effect);
        }
        let kept = self.keep_cells(table.name(), &record.key, record.clock, unknown)?;
        if effect.merged == Merged::Unchanged {
            effect.merged = kept.merged;
        }
        Ok(effect.contested(kept.contested))
    }

    fn merge_known(
        &mut self,
        key: &RowKey,
        clock: Clock,
        cells: Vec<(ColumnId, Value)>,
    ) -> Result<Effect, HistoryError> {
        // Before all else: what is older than the purge stays out whether newer records of the run
        // have come by now or not, and a record without a known cell is not kept for it either.
        let purged = self.tx.purged(&RowKey::Execution(key.execution()))?;
        if let Some(purged) = purged.filter(|purged| clock <= *purged) {
            self.came_after_purge(key.execution(), purged, ItemKey::from(key))?;
            return Ok(Effect::of(Merged::Purged));
        }
        let table = key.table();
        let Some(row) = self.tx.row(key, table.all_columns())? else {
            return self.merge_new(key, clock, cells);
        };
        let (mut all, mut clocks, before) = (row.cells, row.clocks, row.visibility);
        let held = clocks.clone();
        let differs = |(column, value): &(ColumnId, Value)| {
            held.of(*column) == clock && all[column.index()] != *value
        };
        let contested = cells.iter().any(differs);
        let won = merge_cells(&mut clocks, clock, cells);
        if won.is_empty() {
            return Ok(Effect::of(Merged::Unchanged).contested(contested));
        }
        if let Some(arrival) = self.arrival {
            self.note_displaced((key, clock), &held, &all, &won, arrival)?;
        }
        for (column, value) in &won {
            all[column.index()] = value.clone();
        }
        let after = visibility_of(table, &all);
        self.update(key, row.change, &won, &clocks, after)?;
        Ok(Effect { merged: Merged::Updated, shown: Some((before, after)), contested })
    }

    /// Notes what the winning cells, written under the clock `by`, displace.
    fn note_displaced(
        &mut self,
        (key, by): (&RowKey, Clock),
        held: &RowClocks,
        all: &[Value],
        won: &[(ColumnId, Value)],
        arrival: Arrival,
    ) -> Result<(), HistoryError> {
        let item = ItemKey::from(key);
        for (column, value) in won {
            let (clock, old) = (held.of(*column), &all[column.index()]);
            if clock == Clock::ZERO || old == value {
                continue;
            }
            let name = key.table().columns()[column.index()].name;
            let (value, at, run) = (old.clone(), self.now, Some(arrival.run));
            let displaced = Displaced { clock, value, by, at, run };
            displaced.note(self.tx, &item, name)?;
        }
        Ok(())
    }

    fn merge_new(
        &mut self,
        key: &RowKey,
        clock: Clock,
        cells: Vec<(ColumnId, Value)>,
    ) -> Result<Effect, HistoryError> {
        if cells.is_empty() || clock == Clock::ZERO {
            return Ok(Effect::of(Merged::Unchanged));
        }
        let mut all = vec![Value::Null; key.table().columns().len()];
        for (column, value) in &cells {
            all[column.index()] = value.clone();
        }
        let visibility = visibility_of(key.table(), &all);
        self.insert(key, &cells, clock, visibility)?;
        let shown = Some((Visibility::Hidden, visibility));
        Ok(Effect { shown, ..Effect::of(Merged::Created) })
    }

    /// Keeps cells whose column is not known here.
    fn keep_cells(
        &mut self,
        table: &str,
        key: &[u8],
        clock: Clock,
        cells: Vec<(String, Value)>,
    ) -> Result<Effect, HistoryError> {
        let held = self.tx.kept(table, key)?;
        let contested = cells.iter().any(|(name, value)| {
            let same = |cell: &&KeptCell| cell.column == *name && cell.clock == clock;
            held.iter().find(same).is_some_and(|cell| cell.value != *value)
        });
        let news: Vec<KeptCell> = cells
            .into_iter()
            .filter(|(name, _)| {
                held.iter().find(|cell| cell.column == *name).is_none_or(|cell| clock > cell.clock)
            })
            .map(|(column, value)| KeptCell { column, clock, value })
            .collect();
        if news.is_empty() || clock == Clock::ZERO {
            return Ok(Effect::of(Merged::Unchanged).contested(contested));
        }
        let change = self.next_change();
        news.iter().try_for_each(|cell| self.tx.keep(table, key, cell, change))?;
        Ok(Effect::of(Merged::Updated).contested(contested))
    }

    /// Applies kept cells whose column this program knows: the older program that kept them did not.
    pub(super) fn apply_kept(&mut self) -> Result<(), HistoryError> {
        for (name, bytes) in self.tx.kept_rows(usize::MAX)? {
            let Some(table) = self.older.table(&name) else { continue };
            let Ok(key) = RowKey::from_bytes(table, &bytes) else { continue };
            for cell in self.tx.kept(&name, &bytes)? {
                let Some(column) = self.older.column(table, &cell.column) else { continue };
                if column.admits(&cell.value) {
                    let merged =
                        self.merge_known(&key, cell.clock, vec![(column.id, cell.value)])?;
                    self.tx.unkeep(&name, &bytes, &cell.column)?;
                    if merged.merged == Merged::Purged {
                        // The older program did not see that it belongs to a run that is purged.
                        self.name_late(&key)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Decides anew whether hidden executions are shown: a newer program may know values that an
    /// older one did not.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn review_hidden(&mut self, limit: usize) -> Result<u64, HistoryError> {
        let mut shown = 0;
        for id in self.tx.hidden(limit)? {
            let key = RowKey::Execution(id);
            let Some(row) = self.tx.row(&key, key.table().all_columns())? else { continue };
            let visibility = visibility_of(key.table(), &row.cells);
            if visibility != Visibility::Hidden {
                let clocks: &RowClocks = &row.clocks;
                let write = RowWrite { cells: &[], clocks, change: row.change, visibility };
                self.tx.update_row(&key, &write)?;
                shown += 1;
            }
        }
        Ok(shown)
    }
}
