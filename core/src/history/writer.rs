//! One writing transaction: clocks, change numbers, and writing rows with both.

use super::reader::HistoryReader;
use super::{HistoryError, Older, reader};
use crate::clock::{Clock, ClockGenerator, ClockTime, ColumnId, ColumnSet, RowClocks};
use crate::id::{DeviceId, ExecutionId};
use crate::mask::Masker;
use crate::model::{Tag, Visibility};
use crate::schema::{RowKey, Table, executions, tags};
use crate::store::{BackendId, ChangeNumber, Counters, ItemKey, Row, RowWrite, WriteTx};
use crate::sync::run::SyncId;
use crate::sync::unsent::{self, Watermarks};
use crate::time::Timestamp;
use crate::value::Value;

/// Writes to a history within one transaction.
pub struct HistoryWriter<'a> {
    pub(super) tx: &'a mut dyn WriteTx,
    pub(super) now: Timestamp,
    pub(super) clock: ClockGenerator,
    pub(super) masker: &'a Masker,
    pub(super) older: Older,
    change: ChangeNumber,
    found: Counters,
    /// What the backends that take part have; read when it is first asked for.
    watermarks: Option<Option<Watermarks>>,
    pub(super) arrival: Option<Arrival>,
    /// Whether something that came made a change that whoever sent it does not have.
    pub(super) owes: bool,
}

/// Where the changes of a transaction come from, if not from this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// The backend.
    pub(crate) backend: BackendId,
    /// The run that brings them.
    pub(crate) run: SyncId,
    /// Whether another backend may need them.
    pub(crate) forwards: bool,
}

impl<'a> HistoryWriter<'a> {
    pub(super) fn begin(
        tx: &'a mut dyn WriteTx,
        device: DeviceId,
        (masker, older): (&'a Masker, Older),
        now: Timestamp,
    ) -> Result<Self, HistoryError> {
        let found = tx.counters()?;
        let clock = ClockGenerator::new(device, found.clock);
        let change = found.change;
        let (watermarks, arrival, owes) = (None, None, false);
        Ok(Self { tx, now, clock, masker, older, change, found, watermarks, arrival, owes })
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

    pub(crate) fn tick(&mut self) -> Result<Clock, HistoryError> {
        Ok(self.clock.tick(self.now)?)
    }

    pub(crate) fn next_change(&mut self) -> ChangeNumber {
        self.change = self.change.next();
        self.change
    }

    /// The newest change number, those of this transaction included.
    pub(crate) fn newest_change(&self) -> ChangeNumber {
        self.change
    }

    /// Says where the changes that follow come from.
    pub(crate) fn arriving(&mut self, arrival: Option<Arrival>) {
        self.arrival = arrival;
    }

    /// Does work whose changes every backend is to hear of, as if this device had made them, the one
    /// included whose records are being merged.
    pub(crate) fn as_own<T>(
        &mut self,
        work: impl FnOnce(&mut Self, Option<Arrival>) -> Result<T, HistoryError>,
    ) -> Result<T, HistoryError> {
        self.owes = true;
        let arrival = self.arrival.take();
        let done = work(self, arrival);
        self.arrival = arrival;
        done
    }

    /// Whether something that came made a change that whoever sent it does not have.
    pub(crate) fn owes(&self) -> bool {
        self.owes
    }

    /// The transaction, for what syncing keeps beside the history.
    pub(crate) fn tx_mut(&mut self) -> &mut dyn WriteTx {
        self.tx
    }

    /// Goes on as another device, whose clock goes on from `last`.
    pub(crate) fn become_device(&mut self, device: DeviceId, last: ClockTime) {
        self.clock = ClockGenerator::new(device, last);
    }

    /// Gives columns of a row another clock; their values stay.
    pub(crate) fn restamp(
        &mut self,
        key: &RowKey,
        columns: ColumnSet,
        clock: Clock,
    ) -> Result<(), HistoryError> {
        let Some(mut row) = self.tx.row(key, columns)? else { return Ok(()) };
        let cells: Vec<(ColumnId, Value)> = columns
            .iter()
            .map(|id| (id, std::mem::replace(&mut row.cells[id.index()], Value::Null)))
            .collect();
        row.clocks.set(columns, clock);
        self.update(key, row.change, &cells, &row.clocks, row.visibility)
    }

    /// Whether a row with all of these cells is shown.
    pub(crate) fn visibility(key: &RowKey, cells: &[Value]) -> Visibility {
        visibility_of(key.table(), cells)
    }

    /// Leaves a note of which columns a change concerns, where a backend could profit from it.
    pub(super) fn note_change(
        &mut self,
        item: &ItemKey,
        changed: (ChangeNumber, ChangeNumber),
        columns: ColumnSet,
    ) -> Result<(), HistoryError> {
        if self.arrival.is_some_and(|arrival| !arrival.forwards) {
            return Ok(());
        }
        let watermarks = match &self.watermarks {
            Some(known) => known,
            None => self.watermarks.insert(Watermarks::read(&*self.tx)?),
        };
        let Some(watermarks) = watermarks else { return Ok(()) };
        let origin = self.arrival.map(|arrival| arrival.backend);
        Ok(unsent::note_change(self.tx, watermarks, item, changed, columns, origin)?)
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
        self.tx.insert_row(key, &write)?;
        // A new row of this device is sent whole: there is nothing to note.
        if self.arrival.is_none() {
            return Ok(());
        }
        self.note_change(&ItemKey::from(key), (ChangeNumber::ZERO, change), columns_of(cells))
    }

    /// Writes cells of a row that was read and had the change number `previous`, under the clocks
    /// given.
    pub(super) fn update(
        &mut self,
        key: &RowKey,
        previous: ChangeNumber,
        cells: &[(ColumnId, Value)],
        clocks: &RowClocks,
        visibility: Visibility,
    ) -> Result<(), HistoryError> {
        let change = self.next_change();
        self.tx.update_row(key, &RowWrite { cells, clocks, change, visibility })?;
        self.note_change(&ItemKey::from(key), (previous, change), columns_of(cells))
    }

    /// Writes cells of an execution under a new clock.
    pub(super) fn edit(
        &mut self,
        id: ExecutionId,
        row: Row,
        cells: &[(ColumnId, Value)],
    ) -> Result<(), HistoryError> {
        let key = RowKey::Execution(id);
        let previous = row.change;
        let mut clocks = row.clocks;
        clocks.set(columns_of(cells), self.tick()?);
        let visibility = match row.visibility {
            // What is whole stays whole under values of this program.
            shown @ (Visibility::Live | Visibility::Trashed) => shown,
            Visibility::Hidden => self.visibility_after(&key, cells)?,
        };
        self.update(&key, previous, cells, &clocks, visibility)
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
                self.update(&key, row.change, &cells, &clocks, visibility)
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
