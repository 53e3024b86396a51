//! Rows of the synchronised tables: read, added, written, by the columns that are asked for.

use runlog_core::clock::ColumnSet;
use runlog_core::model::Visibility;
use runlog_core::schema::{RowKey, Table};
use runlog_core::store::{Row, RowWrite, StoreError};
use runlog_core::value::Value;
use rusqlite::CachedStatement;

use crate::error::{Failure, Outcome, is_taken_key};
use crate::statements::{CHANGE, CLOCKS, KEY, SELECTED_BEFORE_CELLS, VISIBILITY, Verb, parameter};
use crate::tx::Tx;
use crate::values::{Bound, bytes_at, change_at, signed, value_at};
use crate::{derived, mistyped, tags};

pub(crate) fn row(tx: &Tx<'_>, key: &RowKey, columns: ColumnSet) -> Outcome<Option<Row>> {
    let table = key.table();
    let columns = columns.intersection(table.all_columns());
    let mut select = prepare(tx, Verb::Select, table, columns)?;
    bind_key(&mut select, key)?;
    let mut rows = select.raw_query();
    let Some(found) = rows.next()? else { return Ok(None) };
    let row = read_row(tx, key, columns, found)?;
    Ok(Some(row))
}

/// A row from a result of [`Verb::Select`]'s columns.
pub(crate) fn read_row(
    tx: &Tx<'_>,
    key: &RowKey,
    columns: ColumnSet,
    found: &rusqlite::Row<'_>,
) -> Outcome<Row> {
    let mut cells = vec![Value::Null; key.table().columns().len()];
    for (at, column) in columns.iter().enumerate() {
        cells[column.index()] = value_at(found, SELECTED_BEFORE_CELLS + at)?;
    }
    let visibility = visibility_of(found.get(2)?)?;
    if visibility == Visibility::Hidden {
        mistyped::restore(tx, key, columns, &mut cells)?;
    }
    let clocks = tx.decode_clocks(bytes_at(found, 1)?)?;
    Ok(Row { cells, clocks, change: change_at(found, 0)?, visibility })
}

pub(crate) fn insert(tx: &Tx<'_>, key: &RowKey, write: &RowWrite<'_>) -> Outcome<()> {
    let columns = written(write);
    let mut insert = prepare(tx, Verb::Insert, key.table(), columns)?;
    bind_write(tx, &mut insert, key, columns, write)?;
    insert.raw_execute().map_err(|error| match is_taken_key(&error) {
        true => Failure::from(StoreError::RowExists),
        false => error.into(),
    })?;
    mistyped::note(tx, key, write.cells)?;
    match key {
        RowKey::Tag(execution, tag) => tags::index(tx, *execution, tag, write.visibility),
        _ => derived::added(tx, key.execution(), tx.connection().last_insert_rowid(), write.cells),
    }
}

pub(crate) fn update(tx: &Tx<'_>, key: &RowKey, write: &RowWrite<'_>) -> Outcome<()> {
    let columns = written(write);
    match key {
        RowKey::Tag(execution, tag) => {
            write_row(tx, key, columns, write)?;
            tags::index(tx, *execution, tag, write.visibility)?;
        }
        _ if derived::depends_on(columns) => {
            let before = derived::Source::of(tx, key.execution())?;
            write_row(tx, key, columns, write)?;
            derived::changed(tx, key.execution(), before)?;
        }
        _ => write_row(tx, key, columns, write)?,
    }
    mistyped::note(tx, key, write.cells)
}

/// Most writes leave the visibility as it is; that is tried first, because writing a column
/// rewrites every index that holds it, and all of them hold the visibility.
fn write_row(tx: &Tx<'_>, key: &RowKey, columns: ColumnSet, write: &RowWrite<'_>) -> Outcome<()> {
    for verb in [Verb::Update, Verb::UpdateVisibility] {
        let mut update = prepare(tx, verb, key.table(), columns)?;
        bind_write(tx, &mut update, key, columns, write)?;
        if update.raw_execute()? > 0 {
            return Ok(());
        }
    }
    Err(StoreError::RowMissing.into())
}

fn prepare<'a>(
    tx: &Tx<'a>,
    verb: Verb,
    table: Table,
    columns: ColumnSet,
) -> Outcome<CachedStatement<'a>> {
    tx.prepare(tx.caches.texts.borrow_mut().get(verb, table, columns))
}

fn bind_key(statement: &mut CachedStatement<'_>, key: &RowKey) -> rusqlite::Result<()> {
    statement.raw_bind_parameter(KEY, key.execution().as_bytes())?;
    match key {
        RowKey::Tag(_, tag) => statement.raw_bind_parameter(KEY + 1, tag.as_str()),
        _ => Ok(()),
    }
}

fn bind_write(
    tx: &Tx<'_>,
    statement: &mut CachedStatement<'_>,
    key: &RowKey,
    columns: ColumnSet,
    write: &RowWrite<'_>,
) -> Outcome<()> {
    statement.raw_bind_parameter(CHANGE, signed(write.change.get()))?;
    statement.raw_bind_parameter(VISIBILITY, visibility_number(write.visibility))?;
    tx.with_encoded(write.clocks, |bytes| Ok(statement.raw_bind_parameter(CLOCKS, bytes)?))?;
    bind_key(statement, key)?;
    let table = key.table();
    for (column, value) in write.cells {
        let value =
            if table.columns()[column.index()].admits(value) { value } else { &Value::Null };
        statement.raw_bind_parameter(parameter(table, columns, *column), Bound(value))?;
    }
    Ok(())
}

fn written(write: &RowWrite<'_>) -> ColumnSet {
    write.cells.iter().map(|(column, _)| *column).collect()
}

pub(crate) const fn visibility_number(visibility: Visibility) -> i64 {
    match visibility {
        Visibility::Hidden => 0,
        Visibility::Live => 1,
        Visibility::Trashed => 2,
    }
}

pub(crate) fn visibility_of(number: i64) -> Outcome<Visibility> {
    Ok(match number {
        0 => Visibility::Hidden,
        1 => Visibility::Live,
        2 => Visibility::Trashed,
        _ => return Err(Failure::corrupt(format!("{number} is no visibility"))),
    })
}
