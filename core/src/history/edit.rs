//! Edits by people: tags, notes, pins, delete, restore, purge.

use super::masking::masked_cell;
use super::{HistoryError, HistoryWriter};
use crate::clock::{ColumnId, ColumnSet};
use crate::id::ExecutionId;
use crate::model::{Attributes, InvalidValue, LIMITS, Params, Tag, Visibility};
use crate::order;
use crate::schema::{RowKey, Table, executions as column};
use crate::store::{ItemKey, KeptCell, Room, Row, StoreError, encode_items};
use crate::sync::contents::purged_items;
use crate::value::Value;

impl HistoryWriter<'_> {
    /// Puts a tag on an execution; a tag that is there already stays.
    ///
    /// # Errors
    /// [`HistoryError::NotFound`] and [`HistoryError::InTrash`].
    pub fn tag(&mut self, id: ExecutionId, tag: &Tag) -> Result<(), HistoryError> {
        self.set_tag(id, tag, false)
    }

    /// Takes a tag off an execution; one that is not there stays off.
    ///
    /// # Errors
    /// [`HistoryError::NotFound`] and [`HistoryError::InTrash`].
    pub fn untag(&mut self, id: ExecutionId, tag: &Tag) -> Result<(), HistoryError> {
        self.set_tag(id, tag, true)
    }

    fn set_tag(&mut self, id: ExecutionId, tag: &Tag, off: bool) -> Result<(), HistoryError> {
        self.live(id, ColumnSet::EMPTY)?;
        let held = self.tx.row(&RowKey::Tag(id, tag.clone()), ColumnSet::EMPTY)?;
        let is_on = held.is_some_and(|row| row.visibility == Visibility::Live);
        if is_on != off { Ok(()) } else { self.write_tag(id, tag, off) }
    }

    /// Sets or removes the note. It is a person's word, and stays as it is.
    ///
    /// # Errors
    /// [`HistoryError::NotFound`], [`HistoryError::InTrash`], and [`HistoryError::Invalid`] where it
    /// is too long.
    pub fn set_note(&mut self, id: ExecutionId, note: Option<&str>) -> Result<(), HistoryError> {
        let length = note.map_or(0, str::len);
        if length > LIMITS.note {
            let reason = format!("{length} bytes long, at most {} are kept", LIMITS.note);
            return Err(InvalidValue { field: "note", reason }.into());
        }
        self.set(id, column::NOTE, Value::from(note))
    }

    /// Sets or removes the pin.
    ///
    /// # Errors
    /// [`HistoryError::NotFound`] and [`HistoryError::InTrash`].
    pub fn set_pinned(&mut self, id: ExecutionId, pinned: bool) -> Result<(), HistoryError> {
        self.set(id, column::PINNED, Value::Integer(pinned.into()))
    }

    /// Replaces the params, their secrets masked; for the device that records the run.
    ///
    /// # Errors
    /// [`HistoryError::NotFound`], [`HistoryError::InTrash`], and [`HistoryError::Invalid`] where
    /// they are too large once they are masked.
    pub fn set_params(&mut self, id: ExecutionId, params: &Params) -> Result<(), HistoryError> {
        let params = Value::from(params.to_json());
        self.set(id, column::PARAMS, masked_cell(self.masker, column::PARAMS, params)?)
    }

    /// Replaces the attributes, their secrets masked; for the device that records the run.
    ///
    /// # Errors
    /// [`HistoryError::NotFound`], [`HistoryError::InTrash`], and [`HistoryError::Invalid`] where
    /// they are too large.
    pub fn set_attributes(
        &mut self,
        id: ExecutionId,
        attributes: &Attributes,
    ) -> Result<(), HistoryError> {
        let attributes = Value::from(attributes.to_json()?);
        self.set(id, column::ATTRIBUTES, masked_cell(self.masker, column::ATTRIBUTES, attributes)?)
    }

    /// Writes one column, unless it has that value already.
    fn set(&mut self, id: ExecutionId, to: ColumnId, value: Value) -> Result<(), HistoryError> {
        let row = self.live(id, ColumnSet::of(&[to]))?;
        if row.cells[to.index()] == value {
            return Ok(());
        }
        self.edit(id, row, &[(to, value)])
    }

    /// Puts an execution into the trash.
    ///
    /// # Errors
    /// [`HistoryError::NotFound`] and [`HistoryError::InTrash`].
    pub fn delete(&mut self, id: ExecutionId) -> Result<(), HistoryError> {
        let row = self.live(id, ColumnSet::EMPTY)?;
        let mut clocks = row.clocks;
        clocks.set(ColumnSet::of(&[column::DELETED]), self.tick()?);
        let cells = [(column::DELETED, Value::Integer(1))];
        self.update(&RowKey::Execution(id), row.change, &cells, &clocks, Visibility::Trashed)
    }

    /// Takes an execution out of the trash and re-states all of it: every column under one new
    /// clock, its tags, its kept cells and its log pieces under new ones as well.
    ///
    /// Columns of a start, an ending or a judgement are re-stated only where there is one: an empty
    /// outcome under a new clock would take away an ending that another device has reported.
    ///
    /// # Errors
    /// [`HistoryError::NotFound`] and [`HistoryError::NotInTrash`].
    pub fn restore(&mut self, id: ExecutionId) -> Result<(), HistoryError> {
        let row = self.shown(id, column::ALL)?;
        if row.visibility != Visibility::Trashed {
            return Err(HistoryError::NotInTrash { id });
        }
        let mut cells = restated(&row);
        cells.retain(|(column, _)| *column != column::DELETED);
        cells.push((column::DELETED, Value::Integer(0)));
        let clock = self.tick()?;
        let mut clocks = row.clocks;
        clocks.set(super::writer::columns_of(&cells), clock);
        let key = RowKey::Execution(id);
        self.update(&key, row.change, &cells, &clocks, Visibility::Live)?;
        self.restate_kept(&key)?;
        for (tag, row) in self.tx.tags(id)? {
            self.write_tag(id, &tag, row.visibility != Visibility::Live)?;
        }
        for piece in self.tx.pieces(id, 0..=i64::MAX as u64)? {
            if piece.sealed {
                let change = self.next_change();
                self.tx.renumber_piece(piece.log, piece.first, change)?;
            }
        }
        Ok(())
    }

    fn restate_kept(&mut self, key: &RowKey) -> Result<(), HistoryError> {
        let (table, bytes) = (key.table().name(), key.to_bytes());
        let cells = self.tx.kept(table, &bytes)?;
        if cells.is_empty() {
            return Ok(());
        }
        let clock = self.tick()?;
        let change = self.next_change();
        for cell in cells {
            self.tx.keep(table, &bytes, &KeptCell { clock, ..cell }, change)?;
        }
        Ok(())
    }

    /// Removes an execution from the trash for good, with its tags, params and log. Its key stays,
    /// with a clock, so that older records of it stay out.
    ///
    /// # Errors
    /// [`HistoryError::NotFound`], [`HistoryError::NotInTrash`], and [`HistoryError::KeptByEdit`]
    /// where a pin, note or tag is newer than the delete.
    pub fn purge(&mut self, id: ExecutionId) -> Result<(), HistoryError> {
        let row = self.shown(id, ColumnSet::of(&[column::PINNED, column::NOTE]))?;
        if row.visibility != Visibility::Trashed {
            return Err(HistoryError::NotInTrash { id });
        }
        let deleted = row.clocks.of(column::DELETED);
        let pinned = row.cells[column::PINNED.index()] == Value::Integer(1);
        if pinned && row.clocks.of(column::PINNED) > deleted {
            return Err(HistoryError::KeptByEdit { id, what: "pin" });
        }
        let noted = !row.cells[column::NOTE.index()].is_null();
        if noted && row.clocks.of(column::NOTE) > deleted {
            return Err(HistoryError::KeptByEdit { id, what: "note" });
        }
        let tags = self.tx.tags(id)?;
        let newer = |row: &Row| {
            row.visibility == Visibility::Live && row.clocks.newest().is_some_and(|c| c > deleted)
        };
        if tags.iter().any(|(_, row)| newer(row)) {
            return Err(HistoryError::KeptByEdit { id, what: "tag" });
        }
        self.note_purged_items(id, Vec::new())?;
        let (clock, change) = (self.tick()?, self.next_change());
        Ok(self.tx.purge(id, clock, change)?)
    }

    /// Remembers what goes with an execution, so that a backend can be told to drop it all.
    /// `others` are items of it that another device knew.
    pub(super) fn note_purged_items(
        &mut self,
        id: ExecutionId,
        others: Vec<ItemKey>,
    ) -> Result<(), HistoryError> {
        let mut items = others;
        items.extend(self.tx.execution_items(id)?);
        items.extend(purged_items(&*self.tx, id)?);
        order::sort(&mut items);
        items.dedup();
        let mut list = Vec::new();
        encode_items(&items, &mut list).map_err(StoreError::from)?;
        Ok(self.tx.put_note(Room::Purge, id.as_bytes(), &list)?)
    }
}

/// What is reported by a column of its own, beside the columns of an ending.
const REPORTED_ALONE: ColumnSet = ColumnSet::of(&[column::STARTED_AT, column::LOST_AT]);

/// The cells that a restore writes again.
fn restated(row: &Row) -> Vec<(ColumnId, Value)> {
    let ended = !row.cells[column::OUTCOME.index()].is_null();
    let covered = row.clocks.covered();
    let columns = Table::Executions.columns().iter().map(|column| column.id);
    columns
        .filter(|id| covered.contains(*id))
        .filter(|id| ended || !column::ENDING.contains(*id))
        .filter(|id| !REPORTED_ALONE.contains(*id) || !row.cells[id.index()].is_null())
        .map(|id| (id, row.cells[id.index()].clone()))
        .collect()
}
