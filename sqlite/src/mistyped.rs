//! Cells whose value is not of their column's type.
//!
//! A newer program, or a broken one, may send a text for a number. Merging takes it and the row is
//! hidden (see [`Visibility::of`](runlog_core::model::Visibility::of)), but the table's columns
//! have types. So the column holds NULL and the value stands in a table of its own, until the cell
//! is written again.

use runlog_core::clock::{ColumnId, ColumnSet};
use runlog_core::codec::{Reader, decode_value, encode_value};
use runlog_core::schema::RowKey;
use runlog_core::value::Value;
use rusqlite::params;

use crate::error::Outcome;
use crate::tx::Tx;
use crate::values::bytes_at;

/// Whether there is any such cell in the database.
fn any(tx: &Tx<'_>) -> Outcome<bool> {
    if let Some(any) = tx.has_mistyped.get() {
        return Ok(any);
    }
    let mut select = tx.prepare("SELECT EXISTS (SELECT 1 FROM mistyped_cells)")?;
    let any = select.query_row([], |row| row.get(0))?;
    tx.has_mistyped.set(Some(any));
    Ok(any)
}

/// Notes which of the written cells are mistyped, and that the others no longer are.
pub(crate) fn note(tx: &Tx<'_>, key: &RowKey, cells: &[(ColumnId, Value)]) -> Outcome<()> {
    let table = key.table();
    let is_mistyped =
        |(column, value): &(ColumnId, Value)| !table.columns()[column.index()].admits(value);
    if !cells.iter().any(is_mistyped) && !any(tx)? {
        return Ok(());
    }
    tx.has_mistyped.set(Some(true));
    let key = key.to_bytes();
    for cell in cells {
        let number = cell.0.index() as i64;
        if is_mistyped(cell) {
            let mut value = Vec::new();
            encode_value(&cell.1, &mut value);
            tx.prepare("INSERT OR REPLACE INTO mistyped_cells VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![table.name(), key, number, value])?;
        } else {
            tx.prepare(
                "DELETE FROM mistyped_cells
                 WHERE table_name = ?1 AND key = ?2 AND column_number = ?3",
            )?
            .execute(params![table.name(), key, number])?;
        }
    }
    Ok(())
}

/// Puts the mistyped cells of a hidden row into their places.
pub(crate) fn restore(
    tx: &Tx<'_>,
    key: &RowKey,
    columns: ColumnSet,
    cells: &mut [Value],
) -> Outcome<()> {
    if !any(tx)? {
        return Ok(());
    }
    let mut select = tx.prepare(
        "SELECT column_number, value FROM mistyped_cells WHERE table_name = ?1 AND key = ?2",
    )?;
    let mut rows = select.query(params![key.table().name(), key.to_bytes()])?;
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        if let Some(column) = columns.iter().find(|column| column.index() as i64 == number) {
            let mut reader = Reader::new(bytes_at(row, 1)?);
            cells[column.index()] = decode_value(&mut reader)?;
        }
    }
    Ok(())
}

/// Forgets the mistyped cells of a row that is removed.
pub(crate) fn forget(tx: &Tx<'_>, key: &RowKey) -> Outcome<()> {
    if any(tx)? {
        tx.prepare("DELETE FROM mistyped_cells WHERE table_name = ?1 AND key = ?2")?
            .execute(params![key.table().name(), key.to_bytes()])?;
    }
    Ok(())
}
