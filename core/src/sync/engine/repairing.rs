//! Repairing single items: counted anew, written over with what is authentic, or sent again.

use crate::clock::Clock;
use crate::history::{HistoryError, HistoryWriter};
use crate::log::decode_lines;
use crate::schema::RowKey;
use crate::sealed::SealedRecord;
use crate::store::{ItemKey, KeptCell, RowWrite};
use crate::sync::contents::gap_of;
use crate::sync::plain::PlainRecord;
use crate::sync::taking::{Taken, take};
use crate::sync::vault::Vault;
use crate::value::Value;

/// What became of a record that was fetched to repair an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Repair {
    /// These columns were written over.
    Columns(Vec<String>),
    /// It was merged as any record: it was missing or older here.
    Merged,
    /// It could not be opened: the other side is the damaged one.
    NotAuthentic,
}

/// Takes a fetched record, and writes over what differs from it at equal clocks: it is sealed, so
/// what it says is what was written.
pub(super) fn repair(
    writer: &mut HistoryWriter<'_>,
    vault: &Vault,
    record: &SealedRecord,
) -> Result<Repair, HistoryError> {
    let Ok(plain) = vault.open(record) else { return Ok(Repair::NotAuthentic) };
    let held = vault.held(writer.reader().tx(), &plain.item)?;
    let differing: Vec<String> = record
        .cells
        .iter()
        .filter_map(|cell| {
            let same = |(clock, own, _): &&(Clock, _, String)| {
                let own: &crate::sealed::SealedCell = own;
                *clock == record.clock && own.mark == cell.mark && own.tag != cell.tag
            };
            held.iter().find(same).map(|(_, _, name)| name.clone())
        })
        .collect();
    if differing.is_empty() {
        return Ok(match take(writer, vault, record)? {
            Taken::Merged { .. } => Repair::Merged,
            Taken::SetAside { .. } => Repair::NotAuthentic,
        });
    }
    overwrite(writer, record.clock, &plain, &differing)?;
    Ok(Repair::Columns(differing))
}

/// Writes values over those that have the same clock. That of a row is no change, as it is what was
/// written before; a kept cell gets a number, as no number of its row can be given twice.
fn overwrite(
    writer: &mut HistoryWriter<'_>,
    clock: Clock,
    plain: &PlainRecord,
    names: &[String],
) -> Result<(), HistoryError> {
    let item = &plain.item;
    if let (Some((log, first)), Some(cell)) = (item.as_piece(), plain.cells.first()) {
        let Value::Blob(bytes) = &cell.value else { return Ok(()) };
        let Ok(lines) = decode_lines(bytes) else { return Ok(()) };
        let last = first + (lines.len() as u64).max(1) - 1;
        let held = writer.reader().tx().pieces(log.execution, first..=last)?;
        let Some(head) = held.into_iter().find(|head| head.log == log && head.first == first)
        else {
            return Ok(());
        };
        writer.tx_mut().remove_pieces(log, head.first..=head.last)?;
        return Ok(writer.tx_mut().put_piece(&head, &lines)?);
    }
    let key = item.row();
    let mut known = Vec::new();
    for cell in plain.cells.iter().filter(|cell| names.contains(&cell.name)) {
        let column = key.as_ref().and_then(|key| key.table().column(&cell.name));
        if let Some(column) = column.filter(|column| column.admits(&cell.value)) {
            known.push((column.id, cell.value.clone()));
            continue;
        }
        let kept = KeptCell { column: cell.name.clone(), clock, value: cell.value.clone() };
        let change = writer.next_change();
        writer.tx_mut().keep(&item.table, &item.key, &kept, change)?;
    }
    let Some(key) = key.filter(|_| !known.is_empty()) else { return Ok(()) };
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
        && let Some(row) = writer.reader().tx().row(&key, crate::clock::ColumnSet::EMPTY)?
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
