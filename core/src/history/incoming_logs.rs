//! Log pieces and dropped ranges that another device made.

use super::incoming::{Effect, Merged};
use super::{HistoryError, HistoryWriter};
use crate::clock::ColumnSet;
use crate::log::{Gap, Lines, LogKey, PieceHead};
use crate::model::InvalidValue;
use crate::schema::RowKey;
use crate::store::{ChangeNumber, ItemKey};

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
        if let Some(purged) = self.tx.purged(&RowKey::Execution(log.execution))? {
            self.came_after_purge(log.execution, purged, ItemKey::piece(log, first))?;
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
        if let Some(purged) = self.tx.purged(&RowKey::Execution(log.execution))? {
            let item = ItemKey::gap(log, gap.first, gap.reason);
            self.came_after_purge(log.execution, purged, item)?;
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
}
