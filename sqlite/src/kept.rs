//! Cells of tables and columns that this program does not know.

use runlog_core::clock::Clock;
use runlog_core::codec::{Reader, decode_value, encode_value};
use runlog_core::id::ExecutionId;
use runlog_core::schema::Table;
use runlog_core::store::{ChangeNumber, ItemKey, KeptCell};
use rusqlite::params;

use crate::error::Outcome;
use crate::tx::Tx;
use crate::values::{bytes_at, signed};

/// Kept cells of a row, ordered by column name.
pub(crate) fn cells(tx: &Tx<'_>, table: &str, key: &[u8]) -> Outcome<Vec<KeptCell>> {
    let mut select = tx.prepare(
        "SELECT column_name, clock, value FROM kept_cells WHERE table_name = ?1 AND key = ?2
         ORDER BY column_name",
    )?;
    let mut rows = select.query(params![table, key])?;
    let mut cells = Vec::new();
    while let Some(row) = rows.next()? {
        let mut reader = Reader::new(bytes_at(row, 2)?);
        let value = decode_value(&mut reader)?;
        reader.finish()?;
        cells.push(KeptCell { column: row.get(0)?, clock: Clock::from_wire(row.get(1)?), value });
    }
    Ok(cells)
}

/// Tables and keys that have kept cells, in order.
pub(crate) fn rows(tx: &Tx<'_>, limit: usize) -> Outcome<Vec<(String, Vec<u8>)>> {
    let mut select =
        tx.prepare("SELECT table_name, key FROM kept_rows ORDER BY table_name, key LIMIT ?1")?;
    let rows = select.query_map([signed(limit as u64)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn keep(
    tx: &Tx<'_>,
    table: &str,
    key: &[u8],
    cell: &KeptCell,
    change: ChangeNumber,
) -> Outcome<()> {
    tx.prepare("INSERT OR REPLACE INTO kept_rows (table_name, key, change) VALUES (?1, ?2, ?3)")?
        .execute(params![table, key, signed(change.get())])?;
    let mut value = Vec::new();
    encode_value(&cell.value, &mut value);
    tx.prepare(
        "INSERT OR REPLACE INTO kept_cells (table_name, key, column_name, clock, value)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![table, key, cell.column, cell.clock.to_wire(), value])?;
    Ok(())
}

pub(crate) fn unkeep(tx: &Tx<'_>, table: &str, key: &[u8], column: &str) -> Outcome<()> {
    tx.prepare("DELETE FROM kept_cells WHERE table_name = ?1 AND key = ?2 AND column_name = ?3")?
        .execute(params![table, key, column])?;
    tx.prepare(
        "DELETE FROM kept_rows WHERE table_name = ?1 AND key = ?2
         AND NOT EXISTS (SELECT 1 FROM kept_cells WHERE table_name = ?1 AND key = ?2)",
    )?
    .execute(params![table, key])?;
    Ok(())
}

/// Items of an execution and its tags that have kept cells.
pub(crate) fn items(tx: &Tx<'_>, execution: ExecutionId) -> Outcome<Vec<ItemKey>> {
    let (first, end) = keys_of(execution);
    let mut select =
        tx.prepare("SELECT key FROM kept_rows WHERE table_name = ?1 AND key >= ?2 AND key < ?3")?;
    let mut items = Vec::new();
    for table in Table::ALL {
        let keys =
            select.query_map(params![table.name(), first, end], |row| row.get::<_, Vec<u8>>(0))?;
        for key in keys {
            items.push(ItemKey::new(table.name(), key?));
        }
    }
    Ok(items)
}

/// Forgets what is kept of an execution and its tags: by the key, as it may have no row beside it.
pub(crate) fn forget(tx: &Tx<'_>, execution: ExecutionId) -> Outcome<()> {
    let (first, end) = keys_of(execution);
    for table in Table::ALL {
        for statement in [
            "DELETE FROM kept_cells WHERE table_name = ?1 AND key >= ?2 AND key < ?3",
            "DELETE FROM kept_rows WHERE table_name = ?1 AND key >= ?2 AND key < ?3",
        ] {
            tx.prepare(statement)?.execute(params![table.name(), first, end])?;
        }
    }
    Ok(())
}

/// Where the keys of an execution and its tags begin and end. Behind the id stands a text or
/// nothing, and no text has this byte.
fn keys_of(execution: ExecutionId) -> ([u8; 16], Vec<u8>) {
    let first = *execution.as_bytes();
    (first, [&first[..], &[0xff]].concat())
}
