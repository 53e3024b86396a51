//! One writing transaction: clocks, change numbers, and writing rows with both.

use super::reader::HistoryReader;
use super::{HistoryError, reader};
use crate::clock::{Clock, ClockGenerator, ColumnId, ColumnSet, RowClocks};
use crate::id::{DeviceId, ExecutionId};
use crate::mask::Masker;
use crate::model::{Tag, Visibility};
use crate::schema::{RowKey, Table, executions, tags};
use crate::store::{ChangeNumber, Counters, Row, RowWrite, WriteTx};
use crate::time::Timestamp;
use crate::value::Value;

/// Writes to a history within one transaction.
pub struct HistoryWriter<'a> {
    pub(super) tx: &'a mut dyn WriteTx,
    pub(super) now: Timestamp,
    pub(super) clock: ClockGenerator,
    pub(super) masker: &'a Masker,
    change: ChangeNumber,
    found: Counters,
}

impl<'a> HistoryWriter<'a> {
    pub(super) fn begin(
        tx: &'a mut dyn WriteTx,
        device: DeviceId,
        masker: &'a Masker,
        now: Timestamp,
    ) -> Result<Self, HistoryError> {
        let found = tx.counters()?;
        let clock = ClockGenerator::new(device, found.clock);
        Ok(Self { tx, now, clock, masker, change: found.change, found })
    }

    /// Writes back what the transaction moved.
    pub(super) fn end(self) -> Result<(), HistoryError> {
        let counters = Counters { clock: self.clock.last(), change: self.change };
        if counters != self.found {
            self.tx.set_counters(counters)?;
        }
        Ok(())
    }

    /// Reads within this transaction, its own writes included.
    pub fn reader(&self) -> HistoryReader<'_> {
        reader(&*self.tx)
    }

    /// The wall clock's time of this transaction.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The device that writes.
    pub fn device(&self) -> DeviceId {
        self.clock.device()
    }

    pub(super) fn tick(&mut self) -> Result<Clock, HistoryError> {
        Ok(self.clock.tick(self.now)?)
    }

    pub(super) fn next_change(&mut self) -> ChangeNumber {
        self.change = self.change.next();
        self.change
    }

    /// Adds a row whose cells all have one clock.
    pub(super) fn insert(
        &mut self,
        key: &RowKey,
        cells: &[(ColumnId, Value)],
        clock: Clock,
        visibility: Visibility,
    ) -> Result<(), HistoryError> {
        let mut clocks = RowClocks::new();
        clocks.set(columns_of(cells), clock);
        let change = self.next_change();
        let write = RowWrite { cells, clocks: &clocks, change, visibility };
        Ok(self.tx.insert_row(key, &write)?)
    }

    /// Writes cells of a row that was read, under the clocks given.
    pub(super) fn update(
        &mut self,
        key: &RowKey,
        cells: &[(ColumnId, Value)],
        clocks: &RowClocks,
        visibility: Visibility,
    ) -> Result<(), HistoryError> {
        let change = self.next_change();
        Ok(self.tx.update_row(key, &RowWrite { cells, clocks, change, visibility })?)
    }

    /// Writes cells of an execution under a new clock.
    pub(super) fn edit(
        &mut self,
        id: ExecutionId,
        row: Row,
        cells: &[(ColumnId, Value)],
    ) -> Result<(), HistoryError> {
        let key = RowKey::Execution(id);
        let mut clocks = row.clocks;
        clocks.set(columns_of(cells), self.tick()?);
        let visibility = match row.visibility {
            // What is whole stays whole under values of this program.
            shown @ (Visibility::Live | Visibility::Trashed) => shown,
            Visibility::Hidden => self.visibility_after(&key, cells)?,
        };
        self.update(&key, cells, &clocks, visibility)
    }

    /// Whether the row is shown once the cells are written.
    pub(super) fn visibility_after(
        &self,
        key: &RowKey,
        cells: &[(ColumnId, Value)],
    ) -> Result<Visibility, HistoryError> {
        let table = key.table();
        let held = match table {
            Table::Executions => self.tx.row(key, executions::ALL)?,
            Table::Tags => self.tx.row(key, tags::ALL)?,
        };
        let mut all =
            held.map(|row| row.cells).unwrap_or_else(|| vec![Value::Null; table.columns().len()]);
        for (column, value) in cells {
            all[column.index()] = value.clone();
        }
        Ok(visibility_of(table, &all))
    }

    /// A shown execution with the asked columns.
    ///
    /// # Errors
    /// [`HistoryError::NotFound`] where there is none or it is hidden.
    pub(super) fn shown(&self, id: ExecutionId, columns: ColumnSet) -> Result<Row, HistoryError> {
        let row = self.tx.row(&RowKey::Execution(id), columns)?;
        row.filter(|row| row.visibility != Visibility::Hidden).ok_or(HistoryError::NotFound { id })
    }

    /// An execution in the history, with the asked columns.
    ///
    /// # Errors
    /// As [`Self::shown`], and [`HistoryError::InTrash`].
    pub(super) fn live(&self, id: ExecutionId, columns: ColumnSet) -> Result<Row, HistoryError> {
        let row = self.shown(id, columns)?;
        match row.visibility {
            Visibility::Trashed => Err(HistoryError::InTrash { id }),
            _ => Ok(row),
        }
    }

    /// Writes a tag row of an execution, adding it where there is none.
    pub(super) fn write_tag(
        &mut self,
        id: ExecutionId,
        tag: &Tag,
        deleted: bool,
    ) -> Result<(), HistoryError> {
        let key = RowKey::Tag(id, tag.clone());
        let cells = [(tags::DELETED, Value::Integer(deleted.into()))];
        let visibility = tag_visibility(deleted);
        let clock = self.tick()?;
        match self.tx.row(&key, tags::ALL)? {
            None => self.insert(&key, &cells, clock, visibility),
            Some(row) => {
                let mut clocks = row.clocks;
                clocks.set(tags::ALL, clock);
                self.update(&key, &cells, &clocks, visibility)
            }
        }
    }
}

pub(super) fn columns_of(cells: &[(ColumnId, Value)]) -> ColumnSet {
    cells.iter().map(|(column, _)| *column).collect()
}

/// Of a row of any table with all of these cells.
pub(super) fn visibility_of(table: Table, cells: &[Value]) -> Visibility {
    match table {
        Table::Executions => Visibility::of(cells),
        Table::Tags => match cells[tags::DELETED.index()] {
            Value::Integer(0) => Visibility::Live,
            Value::Integer(1) => Visibility::Trashed,
            _ => Visibility::Hidden,
        },
    }
}

const fn tag_visibility(deleted: bool) -> Visibility {
    if deleted { Visibility::Trashed } else { Visibility::Live }
}
