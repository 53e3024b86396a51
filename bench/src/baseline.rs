//! Plain SQLite, as a competent application uses it: prepared statements, a write-ahead log,
//! `synchronous = NORMAL`, and the tables and indexes of Runlog without what merging needs.
//!
//! The tables are read from a fresh Runlog database, so that they follow the schema: what is
//! stripped are the columns `clocks` and `change` and the indexes on `change`.

use std::path::Path;

use runlog_core::model::NewExecution;
use rusqlite::{Connection, Transaction, params};

use crate::Failed;
use crate::setup::{DEVICE, open_history};
use crate::workload::ending;

/// What of the schema a baseline has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// All: for a merge written by hand.
    Whole,
    /// Without clocks and change numbers.
    WithoutClocks,
    /// Nor the constraints of tables.
    Unchecked,
}

/// Tables that hold executions.
const TABLES: [&str; 4] = ["executions", "tags", "tag_index", "param_index"];

/// A plain database with the tables of executions.
pub(crate) fn create(path: &Path, shape: Shape) -> Result<Connection, Failed> {
    let fresh = path.with_extension("fresh");
    let history = open_history(&fresh)?;
    let connection = open(path)?;
    let mut select = history.store().connection().prepare(
        "SELECT tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type = 'index'",
    )?;
    let objects = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for object in objects {
        let (table, sql): (String, String) = object?;
        if !TABLES.contains(&table.as_str()) {
            continue;
        }
        if let Some(sql) = reshaped(&sql, shape) {
            connection.execute_batch(&sql)?;
        }
    }
    Ok(connection)
}

/// A plain database, set up as the store sets up its own.
pub(crate) fn open(path: &Path) -> Result<Connection, Failed> {
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384;
         PRAGMA journal_size_limit = 16777216;",
    )?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// The statement without what the shape leaves out; `None` where nothing is left.
fn reshaped(sql: &str, shape: Shape) -> Option<String> {
    if shape == Shape::Whole {
        return Some(sql.to_owned());
    }
    if sql.starts_with("CREATE INDEX") && sql.ends_with("(change)") {
        return None;
    }
    let is_kept = |line: &&str| {
        let name = line.split_whitespace().next().unwrap_or_default();
        name != "clocks" && name != "change"
    };
    let text = sql.lines().filter(is_kept).collect::<Vec<_>>().join("\n");
    Some(if shape == Shape::Unchecked { without_constraints(text) } else { text })
}

/// Without the constraints that have a name: those of the whole table.
fn without_constraints(mut sql: String) -> String {
    while let Some(start) = sql.find("CONSTRAINT ") {
        let mut depth = 0;
        let end = sql[start..].find(|letter| {
            depth += i32::from(letter == '(') - i32::from(letter == ')');
            letter == ')' && depth == 0
        });
        let Some(end) = end else { break };
        let before = sql[..start].trim_end().trim_end_matches(',').len();
        sql.replace_range(before..=start + end, "");
    }
    sql
}

/// Adds executions and ends them, in one transaction. Only the columns that have a value are named.
pub(crate) fn start_and_finish(
    connection: &mut Connection,
    runs: &[NewExecution],
) -> Result<(), Failed> {
    let tx = connection.transaction()?;
    insert(&tx, runs)?;
    let mut update = tx.prepare_cached(
        "UPDATE executions SET outcome = ?1, ended_at = ?2, exit_code = ?3, signal = ?4
         WHERE id = ?5",
    )?;
    for new in runs {
        let ending = ending(new);
        update.execute(params![
            ending.outcome.as_str(),
            ending.ended_at.as_millis(),
            ending.exit.code(),
            ending.exit.signal(),
            new.id.as_bytes(),
        ])?;
    }
    drop(update);
    Ok(tx.commit()?)
}

fn insert(tx: &Transaction<'_>, runs: &[NewExecution]) -> Result<(), Failed> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO executions (id, visibility, started_at, deleted, pinned, kind, workflow_id,
             created_at, device_id, host_name, user, working_directory, argv, params, attributes)
         VALUES (?1, 1, ?2, 0, 0, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, '{}')",
    )?;
    let mut add_param = tx.prepare_cached("INSERT INTO param_index VALUES (?1, ?2, ?3, ?4)")?;
    for new in runs {
        let begun_at = new.created_at.as_millis();
        let row = insert.insert(params![
            new.id.as_bytes(),
            begun_at,
            new.kind.as_str(),
            new.workflow_id.as_str(),
            begun_at,
            DEVICE.as_bytes(),
            new.host_name,
            new.user,
            new.working_directory,
            serde_json::to_string(&new.argv)?,
            new.params.to_json(),
        ])?;
        for (name, value) in new.params.iter() {
            add_param.execute(params![name, value, begun_at, row])?;
        }
    }
    Ok(())
}
