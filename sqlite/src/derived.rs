//! The indexes of params and tags, kept in step with the rows in the same transaction.
//!
//! Both hold the time an execution began and its row number, so that a listing by tag or by param
//! reads them in order. An execution without a time has no entry; it is hidden as well.

use runlog_core::clock::{ColumnId, ColumnSet};
use runlog_core::id::ExecutionId;
use runlog_core::model::Params;
use runlog_core::schema::executions as column;
use runlog_core::value::Value;
use rusqlite::{OptionalExtension, params};

use crate::error::Outcome;
use crate::tx::Tx;

/// Most bytes of a param's value that the index holds.
const INDEXED_BYTES_MAX: usize = 256;

/// The part of a param's value that the index holds.
pub(crate) fn indexed_part(value: &str) -> &str {
    &value[..value.floor_char_boundary(INDEXED_BYTES_MAX)]
}

/// Whether the index tells values like this one apart from all others.
pub(crate) fn is_indexed_whole(value: &str) -> bool {
    value.len() < INDEXED_BYTES_MAX - 3
}

/// Whether stored params have this value under this name.
pub(crate) fn params_hold(params: Option<&str>, name: &str, value: &str) -> bool {
    let params = params.map(Params::from_json);
    matches!(params, Some(Ok(params)) if params.get(name) == Some(value))
}

/// Whether the index entries of an execution can change with these columns.
pub(crate) fn depends_on(columns: ColumnSet) -> bool {
    const SOURCES: ColumnSet =
        ColumnSet::of(&[column::STARTED_AT, column::CREATED_AT, column::PARAMS]);
    !columns.intersection(SOURCES).is_empty()
}

/// What the index entries of one execution are made from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Source {
    row: i64,
    begun_at: Option<i64>,
    params: Option<String>,
}

impl Source {
    /// As the row is now.
    pub(crate) fn of(tx: &Tx<'_>, execution: ExecutionId) -> Outcome<Option<Self>> {
        let mut select =
            tx.prepare("SELECT row, begun_at, params FROM executions WHERE id = ?1")?;
        let source = select.query_row([execution.as_bytes()], |row| {
            Ok(Self { row: row.get(0)?, begun_at: row.get(1)?, params: row.get(2)? })
        });
        Ok(source.optional()?)
    }
}

/// An execution was added with these cells; tags may have come before it.
pub(crate) fn added(
    tx: &Tx<'_>,
    execution: ExecutionId,
    row: i64,
    cells: &[(ColumnId, Value)],
) -> Outcome<()> {
    let last = |id| cells.iter().rev().find(|(column, _)| *column == id).map(|(_, value)| value);
    let time = |id| last(id).and_then(Value::as_integer);
    let begun_at = time(column::STARTED_AT).or_else(|| time(column::CREATED_AT));
    let Some(begun_at) = begun_at else { return Ok(()) };
    if let Some(params) = last(column::PARAMS).and_then(Value::as_text) {
        add_params(tx, row, begun_at, params)?;
    }
    add_tags(tx, execution, row, begun_at)
}

/// The columns of an execution were written; `before` is how it was.
pub(crate) fn changed(tx: &Tx<'_>, execution: ExecutionId, before: Option<Source>) -> Outcome<()> {
    let after = Source::of(tx, execution)?;
    if before == after {
        return Ok(());
    }
    if let Some(before) = before {
        remove(tx, execution, &before)?;
    }
    if let Some(Source { row, begun_at: Some(begun_at), params }) = after {
        if let Some(params) = params {
            add_params(tx, row, begun_at, &params)?;
        }
        add_tags(tx, execution, row, begun_at)?;
    }
    Ok(())
}

/// Removes the entries of an execution; its tag rows must still be there.
pub(crate) fn remove(tx: &Tx<'_>, execution: ExecutionId, source: &Source) -> Outcome<()> {
    let Some(begun_at) = source.begun_at else { return Ok(()) };
    let mut delete = tx.prepare(
        "DELETE FROM param_index WHERE name = ?1 AND value = ?2 AND begun_at = ?3 AND row = ?4",
    )?;
    for (name, value) in source.params.as_deref().map(entries).unwrap_or_default().iter() {
        delete.execute(params![name, indexed_part(value), begun_at, source.row])?;
    }
    tx.prepare(
        "DELETE FROM tag_index WHERE begun_at = ?1 AND row = ?2
         AND tag IN (SELECT tag FROM tags WHERE execution = ?3)",
    )?
    .execute(params![begun_at, source.row, execution.as_bytes()])?;
    Ok(())
}

/// The params that have entries. Those that do not read as such hide their row and have none.
pub(crate) fn entries(params: &str) -> Params {
    if params == "{}" { Params::new() } else { Params::from_json(params).unwrap_or_default() }
}

pub(crate) fn add_params(tx: &Tx<'_>, row: i64, begun_at: i64, params: &str) -> Outcome<()> {
    let params = entries(params);
    let mut insert =
        tx.prepare("INSERT INTO param_index (name, value, begun_at, row) VALUES (?1, ?2, ?3, ?4)")?;
    for (name, value) in params.iter() {
        insert.raw_bind_parameter(1, name)?;
        insert.raw_bind_parameter(2, indexed_part(value))?;
        insert.raw_bind_parameter(3, begun_at)?;
        insert.raw_bind_parameter(4, row)?;
        insert.raw_execute()?;
    }
    Ok(())
}

fn add_tags(tx: &Tx<'_>, execution: ExecutionId, row: i64, begun_at: i64) -> Outcome<()> {
    let mut insert = tx.prepare(
        "INSERT INTO tag_index (tag, begun_at, row)
         SELECT tag, ?1, ?2 FROM tags WHERE execution = ?3 AND visibility = 1",
    )?;
    insert.raw_bind_parameter(1, begun_at)?;
    insert.raw_bind_parameter(2, row)?;
    insert.raw_bind_parameter(3, execution.as_bytes())?;
    insert.raw_execute()?;
    Ok(())
}
