//! Log pieces, dropped ranges and purges that another device made.

use super::incoming::{Effect, Merged};
use super::{HistoryError, HistoryWriter};
use crate::clock::{Clock, ColumnSet};
use crate::codec::RowRecord;
use crate::id::ExecutionId;
use crate::log::{Gap, Lines, LogKey, PieceHead};
use crate::model::{InvalidValue, Visibility};
use crate::schema::RowKey;
use crate::store::{ChangeNumber, ItemKey};
use crate::sync::contents::purged_items;

impl HistoryWriter<'_> {
    /// Adds a sealed piece of another device's log. One that is here already, that lies in a dropped
    /// range, or whose run was purged, stays out. One whose name is taken by other lines is
    /// contested. Sealed pieces of a log may overlap where a device and its copy wrote it.
    ///
    /// # Errors
    /// [`HistoryError::Invalid`] where it overlaps lines that are not sealed yet: this device is
    /// writing a log that a copy of it has written.
    pub(crate) fn merge_piece(
        &mut self,
        log: LogKey,
        first: u64,
        lines: &Lines,
    ) -> Result<Effect, HistoryError> {
        let last = first.checked_add(lines.len() as u64).filter(|end| *end <= i64::MAX as u64);
        let (Some(end), false) = (last, lines.is_empty()) else {
            let reason = "it is empty or ends beyond the last sequence".to_owned();
            return Err(InvalidValue { field: "log piece", reason }.into());
        };
        let last = end - 1;
        if self.tx.purged(&RowKey::Execution(log.execution))?.is_some() {
            self.came_after_purge(log.execution, ItemKey::piece(log, first))?;
            return Ok(Effect::of(Merged::Purged));
        }
        let gaps = self.tx.gaps(log.execution)?;
        if gaps.iter().any(|gap| gap.log == log && gap.first <= last && gap.last >= first) {
            return Ok(Effect::of(Merged::Unchanged));
        }
        let held = self.tx.pieces(log.execution, first..=last)?;
        if held.iter().any(|piece| piece.log == log && !piece.sealed) {
            let reason = format!("lines {first} to {last} overlap lines that are being written");
            return Err(InvalidValue { field: "log piece", reason }.into());
        }
        if held.iter().any(|piece| piece.log == log && piece.first == first) {
            let contested = self.tx.piece_lines(log, first)?.is_some_and(|held| held != *lines);
            return Ok(Effect::of(Merged::Unchanged).contested(contested));
        }
        let change = self.next_change();
        let head = PieceHead { sealed: true, change, ..PieceHead::open(log, first, lines) };
        self.tx.put_piece(&head, lines)?;
        let item = ItemKey::piece(log, first);
        self.note_change(&item, (ChangeNumber::ZERO, change), ColumnSet::EMPTY)?;
        Ok(Effect::of(Merged::Created))
    }

    /// Takes over a dropped range: its pieces go, and stay out.
    ///
    /// # Errors
    /// The store's own errors.
    pub(crate) fn merge_gap(&mut self, gap: &Gap) -> Result<Effect, HistoryError> {
        let log = gap.log;
        if self.tx.purged(&RowKey::Execution(log.execution))?.is_some() {
            let item = ItemKey::gap(log, gap.first, gap.reason);
            self.came_after_purge(log.execution, item)?;
            return Ok(Effect::of(Merged::Purged));
        }
        let same =
            |held: &&Gap| (held.log, held.first, held.reason) == (log, gap.first, gap.reason);
        let gaps = self.tx.gaps(log.execution)?;
        let held = gaps.iter().find(same);
        if let Some(held) = held.filter(|held| held.last >= gap.last) {
            let other =
                held.last == gap.last && (held.bytes, &held.pieces) != (gap.bytes, &gap.pieces);
            return Ok(Effect::of(Merged::Unchanged).contested(other));
        }
        let previous = held.map_or(ChangeNumber::ZERO, |held| held.change);
        self.tx.remove_pieces(log, gap.first..=gap.last)?;
        let change = self.next_change();
        self.tx.put_gap(&Gap { change, ..gap.clone() })?;
        let item = ItemKey::gap(log, gap.first, gap.reason);
        self.note_change(&item, (previous, change), ColumnSet::EMPTY)?;
        Ok(Effect::of(if held.is_some() { Merged::Updated } else { Merged::Created }))
    }

    /// Purges an execution that another device purged. What is newer than the purge stays: a
    /// restore that the purging device did not see.
    ///
    /// # Errors
    /// The store's own errors.
    pub(crate) fn merge_purge(
        &mut self,
        execution: ExecutionId,
        clock: Clock,
        items: Vec<ItemKey>,
    ) -> Result<Effect, HistoryError> {
        let key = RowKey::Execution(execution);
        let held = self.tx.purged(&key)?;
        if held.is_some_and(|held| held >= clock) {
            return Ok(Effect::of(Merged::Unchanged));
        }
        let before = self.tx.row(&key, ColumnSet::EMPTY)?.map(|row| row.visibility);
        let known = self.tx.execution_items(execution)?;
        if known.iter().all(|item| items.contains(item)) {
            self.purge_up_to(execution, clock, items)?;
        } else {
            // Whoever purged did not know of all of it: the backends hear of the rest from here.
            self.purge_as_own(execution, clock, items)?;
        }
        let shown = before.map(|before| (before, Visibility::Hidden));
        Ok(Effect { shown, ..Effect::of(Merged::Updated) })
    }

    /// Something of a purged execution came that the purge did not name: whoever purged did not know
    /// of it. It is named from here on, so that the backends let go of it as well.
    pub(super) fn came_after_purge(
        &mut self,
        execution: ExecutionId,
        item: ItemKey,
    ) -> Result<(), HistoryError> {
        match self.arrival {
            Some(_) => self.name_in_purge(execution, item),
            None => Ok(()),
        }
    }

    /// Names an item in the purge of its execution, where it is not named yet.
    pub(super) fn name_in_purge(
        &mut self,
        execution: ExecutionId,
        item: ItemKey,
    ) -> Result<(), HistoryError> {
        match self.tx.purged(&RowKey::Execution(execution))? {
            Some(clock) if !purged_items(&*self.tx, execution)?.contains(&item) => {
                self.purge_as_own(execution, clock, vec![item])
            }
            _ => Ok(()),
        }
    }

    /// As [`Self::purge_up_to`], for every backend to hear.
    fn purge_as_own(
        &mut self,
        execution: ExecutionId,
        clock: Clock,
        items: Vec<ItemKey>,
    ) -> Result<(), HistoryError> {
        self.as_own(|writer, _| writer.purge_up_to(execution, clock, items))
    }

    /// Purges what an execution holds up to a clock, under a new number.
    pub(crate) fn purge_up_to(
        &mut self,
        execution: ExecutionId,
        clock: Clock,
        items: Vec<ItemKey>,
    ) -> Result<(), HistoryError> {
        let newer = self.written_after(execution, clock)?;
        self.note_purged_items(execution, items)?;
        let change = self.next_change();
        self.tx.purge(execution, clock, change)?;
        let item = ItemKey::purge(execution);
        self.note_change(&item, (ChangeNumber::ZERO, change), ColumnSet::EMPTY)?;
        // It was here before: whoever brought the purge need not have it.
        self.owes |= !newer.is_empty();
        let arrival = self.arrival.take();
        let kept = newer.into_iter().try_for_each(|record| self.merge_record(record).map(|_| ()));
        self.arrival = arrival;
        kept
    }

    /// The cells of an execution and its tags that are newer than a clock.
    fn written_after(
        &self,
        execution: ExecutionId,
        clock: Clock,
    ) -> Result<Vec<RowRecord>, HistoryError> {
        let tags = self.tx.tags(execution)?.into_iter().map(|(tag, _)| RowKey::Tag(execution, tag));
        let mut records = Vec::new();
        for key in std::iter::once(RowKey::Execution(execution)).chain(tags) {
            let table = key.table();
            let bytes = key.to_bytes();
            let kept = self.tx.kept(table.name(), &bytes)?.into_iter();
            records.extend(kept.filter(|cell| cell.clock > clock).map(|cell| RowRecord {
                table: table.name().to_owned(),
                key: bytes.clone(),
                clock: cell.clock,
                cells: vec![(cell.column, cell.value)],
            }));
            let Some(row) = self.tx.row(&key, table.all_columns())? else { continue };
            for (at, columns) in row.clocks.groups().into_iter().filter(|(at, _)| *at > clock) {
                let cells = columns
                    .iter()
                    .map(|id| {
                        (table.columns()[id.index()].name.to_owned(), row.cells[id.index()].clone())
                    })
                    .collect();
                let (table, key) = (table.name().to_owned(), key.to_bytes());
                records.push(RowRecord { table, key, clock: at, cells });
            }
        }
        Ok(records)
    }
}
