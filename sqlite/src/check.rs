//! Looking for damage, and building derived data anew.

use std::fmt;

use runlog_core::model::Visibility;
use runlog_core::schema::{RowKey, executions};
use runlog_core::sorted_map::SortedMap;
use runlog_core::time::Timestamp;
use rusqlite::Connection;

use crate::derived;
use crate::error::Outcome;
use crate::migrations::{self, MIGRATIONS};
use crate::rows::{self, visibility_of};
use crate::tx::Tx;
use crate::values::execution_at;

/// Most findings that are listed.
const FINDINGS_MAX: usize = 100;

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it concerns.
    pub kind: FindingKind,
    /// What was found, and where.
    pub detail: String,
}

/// What a [`Finding`] concerns, and so what helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FindingKind {
    /// The file is damaged: restore a backup, or take the history from another device.
    File,
    /// The schema is not what its version must have.
    Schema,
    /// A stored row does not read, or is shown otherwise than it must be.
    Row,
    /// What is derived disagrees with its source:
    /// [`SqliteStore::rebuild_derived`](crate::SqliteStore::rebuild_derived) puts it right.
    Derived,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            FindingKind::File => "file",
            FindingKind::Schema => "schema",
            FindingKind::Row => "row",
            FindingKind::Derived => "derived data",
        };
        write!(f, "{kind}: {}", self.detail)
    }
}

/// What was found, up to a limit.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, kind: FindingKind, detail: impl Into<String>) {
        if self.0.len() < FINDINGS_MAX {
            self.0.push(Finding { kind, detail: detail.into() });
        }
    }

    fn is_full(&self) -> bool {
        self.0.len() >= FINDINGS_MAX
    }
}

/// Everything that can be checked, from the file up. A damaged file is not looked at further.
pub(crate) fn check(tx: &Tx<'_>) -> Outcome<Vec<Finding>> {
    let mut findings = Findings::default();
    file(tx, &mut findings)?;
    if findings.0.is_empty() {
        schema(tx, &mut findings)?;
    }
    if findings.0.is_empty() {
        stored_rows(tx, &mut findings)?;
        tag_index(tx, &mut findings)?;
        param_index(tx, &mut findings)?;
    }
    Ok(findings.0)
}

fn file(tx: &Tx<'_>, findings: &mut Findings) -> Outcome<()> {
    let mut select = tx.connection().prepare("PRAGMA integrity_check")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let text: String = row.get(0)?;
        if text != "ok" {
            findings.add(FindingKind::File, text);
        }
    }
    Ok(())
}

/// The live schema against the one that migrations make of nothing.
fn schema(tx: &Tx<'_>, findings: &mut Findings) -> Outcome<()> {
    let fresh = Connection::open_in_memory()?;
    migrations::run(&fresh, MIGRATIONS, Timestamp::default())?;
    let expected = objects(&fresh)?;
    let found = objects(tx.connection())?;
    for (name, sql) in expected.iter() {
        match found.get(name) {
            None => findings.add(FindingKind::Schema, format!("{name} is missing")),
            Some(live) if live != sql => {
                findings.add(FindingKind::Schema, format!("{name} differs: {live}"));
            }
            Some(_) => {}
        }
    }
    for name in found.keys().filter(|name| !expected.contains_key(*name)) {
        findings.add(FindingKind::Schema, format!("{name} is not part of this version"));
    }
    Ok(())
}

/// Tables and indexes with their definitions, but for SQLite's own. Comments and space do not
/// count.
fn objects(connection: &Connection) -> Outcome<SortedMap<String, String>> {
    let mut select = connection.prepare(
        "SELECT type || ' ' || name, sql FROM sqlite_schema
         WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    )?;
    let mut rows = select.query([])?;
    let mut objects = SortedMap::new();
    while let Some(row) = rows.next()? {
        objects.insert(row.get(0)?, without_comments(&row.get::<_, String>(1)?));
    }
    Ok(objects)
}

fn without_comments(sql: &str) -> String {
    let code = sql.lines().map(|line| line.split_once("--").map_or(line, |(code, _)| code));
    code.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

/// Rows read, are shown as their cells say, and have clocks.
fn stored_rows(tx: &Tx<'_>, findings: &mut Findings) -> Outcome<()> {
    let mut select = tx.connection().prepare("SELECT id FROM executions ORDER BY row")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let id = execution_at(row, 0)?;
        match rows::row(tx, &RowKey::Execution(id), executions::ALL) {
            Ok(Some(read)) if Visibility::of(&read.cells) != read.visibility => {
                let must = Visibility::of(&read.cells);
                let detail = format!("execution {id} is {:?}, must be {must:?}", read.visibility);
                findings.add(FindingKind::Row, detail);
            }
            Ok(_) => {}
            Err(failure) => {
                let error = failure.into_store_error(0);
                findings.add(FindingKind::Row, format!("execution {id}: {error}"));
            }
        }
        if findings.is_full() {
            return Ok(());
        }
    }
    let mut select =
        tx.connection().prepare("SELECT hex(execution), tag, clocks, visibility FROM tags")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let clocks = tx.decode_clocks(crate::values::bytes_at(row, 2)?);
        if let Err(failure) = clocks.and_then(|_| visibility_of(row.get(3)?)) {
            let (execution, tag): (String, String) = (row.get(0)?, row.get(1)?);
            let error = failure.into_store_error(0);
            findings.add(FindingKind::Row, format!("tag '{tag}' of {execution}: {error}"));
        }
    }
    Ok(())
}

/// Entries of the tag index against shown tags, both ways.
fn tag_index(tx: &Tx<'_>, findings: &mut Findings) -> Outcome<()> {
    let must = "SELECT t.tag, e.begun_at, e.row FROM tags AS t JOIN executions AS e
                ON e.id = t.execution WHERE t.visibility = 1 AND e.begun_at IS NOT NULL";
    let live = "SELECT tag, begun_at, row FROM tag_index";
    for (first, second, problem) in [(must, live, "lacks"), (live, must, "has a stray")] {
        let mut select = tx
            .connection()
            .prepare(&format!("SELECT tag, row FROM ({first} EXCEPT {second}) LIMIT ?1"))?;
        let mut rows = select.query([FINDINGS_MAX as i64])?;
        while let Some(row) = rows.next()? {
            let (tag, row): (String, i64) = (row.get(0)?, row.get(1)?);
            let detail = format!("the index of tags {problem} '{tag}' of row {row}");
            findings.add(FindingKind::Derived, detail);
        }
    }
    Ok(())
}

/// Entries of the param index against the rows: those each row must have, then the counts.
fn param_index(tx: &Tx<'_>, findings: &mut Findings) -> Outcome<()> {
    let mut must = 0i64;
    let mut lookup = tx.connection().prepare(
        "SELECT 1 FROM param_index WHERE name = ?1 AND value = ?2 AND begun_at = ?3 AND row = ?4",
    )?;
    let mut select = tx.connection().prepare(
        "SELECT row, begun_at, params FROM executions
         WHERE begun_at IS NOT NULL AND params IS NOT NULL",
    )?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (number, begun_at): (i64, i64) = (row.get(0)?, row.get(1)?);
        let text = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
        for (name, value) in derived::entries(text).iter() {
            must += 1;
            let part = derived::indexed_part(value);
            if !lookup.exists(rusqlite::params![name, part, begun_at, number])? {
                let detail = format!("the index of params lacks '{name}' of row {number}");
                findings.add(FindingKind::Derived, detail);
            }
        }
    }
    let live: i64 =
        tx.connection().query_row("SELECT count(*) FROM param_index", [], |row| row.get(0))?;
    if live > must {
        let detail = format!("the index of params has {} stray entries", live - must);
        findings.add(FindingKind::Derived, detail);
    }
    Ok(())
}

/// Builds the indexes of tags and params anew, then SQLite's own.
pub(crate) fn rebuild_derived(tx: &Tx<'_>) -> Outcome<()> {
    tx.connection().execute_batch(
        "DELETE FROM tag_index;
         DELETE FROM param_index;
         INSERT INTO tag_index (tag, begun_at, row)
             SELECT t.tag, e.begun_at, e.row FROM tags AS t
             JOIN executions AS e ON e.id = t.execution
             WHERE t.visibility = 1 AND e.begun_at IS NOT NULL;
         REINDEX;",
    )?;
    let mut select = tx.connection().prepare(
        "SELECT row, begun_at, params FROM executions
         WHERE begun_at IS NOT NULL AND params IS NOT NULL",
    )?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let text = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
        derived::add_params(tx, row.get(0)?, row.get(1)?, text)?;
    }
    Ok(())
}
