//! Writing an item over without editing it: other values under the same clocks, or the same under a
//! new number.

use crate::clock::{Clock, ColumnSet};
use crate::history::{HistoryError, HistoryWriter};
use crate::log::{Gap, PieceHead, decode_lines};
use crate::schema::RowKey;
use crate::store::{ItemKey, KeptCell, RowWrite};
use crate::sync::contents::{decode_gap, gap_of};
use crate::sync::plain::{PlainCell, PlainRecord};
use crate::value::Value;

/// Writes values over those that have the same clock. That of a row is no change, as it is what was
/// written before; a kept cell gets a number, as no number of its row can be given twice.
pub(super) fn overwrite(
    writer: &mut HistoryWriter<'_>,
    clock: Clock,
    plain: &PlainRecord,
    names: &[String],
) -> Result<(), HistoryError> {
    let item = &plain.item;
    if let (Some((log, first)), Some(cell)) = (item.as_piece(), plain.cells.first()) {
        let Value::Blob(bytes) = &cell.value else { return Ok(()) };
        let Ok(lines) = decode_lines(bytes) else { return Ok(()) };
        let held = writer.reader().tx().pieces(log.execution, first..=first)?;
        let Some(held) = held.into_iter().find(|head| head.log == log && head.first == first)
        else {
            return Ok(());
        };
        let open = PieceHead::open(log, first, &lines);
        let head = PieceHead { sealed: held.sealed, change: held.change, ..open };
        return Ok(writer.tx_mut().put_piece(&head, &lines)?);
    }
    if let (Some((log, first, reason)), Some(cell)) = (item.as_gap(), plain.cells.first()) {
        let Value::Blob(bytes) = &cell.value else { return Ok(()) };
        let Ok(gap) = decode_gap((log, first, reason), bytes) else { return Ok(()) };
        if let Some(held) = gap_of(writer.reader().tx(), log, first, reason)? {
            writer.tx_mut().put_gap(&Gap { change: held.change, ..gap })?;
        }
        return Ok(());
    }
    let cells = plain.cells.iter().filter(|cell| names.contains(&cell.name));
    let Some(key) = item.row() else {
        return cells.into_iter().try_for_each(|cell| keep(writer, item, clock, cell));
    };
    let mut known = Vec::new();
    for cell in cells {
        match key.table().column(&cell.name) {
            Some(column) if column.admits(&cell.value) => {
                known.push((column.id, cell.value.clone()));
            }
            _ => keep(writer, item, clock, cell)?,
        }
    }
    if known.is_empty() {
        return Ok(());
    }
    let Some(row) = writer.reader().tx().row(&key, key.table().all_columns())? else {
        return Ok(());
    };
    let mut all = row.cells;
    for (column, value) in &known {
        all[column.index()] = value.clone();
    }
    let visibility = HistoryWriter::visibility(&key, &all);
    let write = RowWrite { cells: &known, clocks: &row.clocks, change: row.change, visibility };
    Ok(writer.tx_mut().update_row(&key, &write)?)
}

fn keep(
    writer: &mut HistoryWriter<'_>,
    item: &ItemKey,
    clock: Clock,
    cell: &PlainCell,
) -> Result<(), HistoryError> {
    let kept = KeptCell { column: cell.name.clone(), clock, value: cell.value.clone() };
    let change = writer.next_change();
    Ok(writer.tx_mut().keep(&item.table, &item.key, &kept, change)?)
}

/// Gives an item a new change number and no note of what changed, so that all of it is sent again.
pub(super) fn touch(writer: &mut HistoryWriter<'_>, item: &ItemKey) -> Result<(), HistoryError> {
    if item.table == ItemKey::PURGES {
        let Some(execution) = item.execution() else { return Ok(()) };
        if let Some(clock) = writer.reader().tx().purged(&RowKey::Execution(execution))? {
            writer.purge_up_to(execution, clock, Vec::new())?;
        }
        return Ok(());
    }
    let change = writer.next_change();
    if let Some((log, first)) = item.as_piece() {
        return Ok(writer.tx_mut().renumber_piece(log, first, change)?);
    }
    if let Some((log, first, reason)) = item.as_gap() {
        if let Some(mut gap) = gap_of(writer.reader().tx(), log, first, reason)? {
            gap.change = change;
            writer.tx_mut().put_gap(&gap)?;
        }
        return Ok(());
    }
    if let Some(key) = item.row()
        && let Some(row) = writer.reader().tx().row(&key, ColumnSet::EMPTY)?
    {
        let write =
            RowWrite { cells: &[], clocks: &row.clocks, change, visibility: row.visibility };
        writer.tx_mut().update_row(&key, &write)?;
    }
    let kept = writer.reader().tx().kept(&item.table, &item.key)?;
    // A number of their own: a batch may end between a row and what is kept for it.
    let change = if kept.is_empty() { change } else { writer.next_change() };
    for cell in kept {
        writer.tx_mut().keep(&item.table, &item.key, &cell, change)?;
    }
    Ok(())
}
