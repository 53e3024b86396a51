//! Setting a connection up.

use std::time::Duration;

use runlog_core::time::Timestamp;
use rusqlite::{Connection, ErrorCode};

use crate::error::Outcome;
use crate::migrations::{self, MIGRATIONS, SCHEMA_VERSION};

/// What committed data survives without [`persist`](runlog_core::store::Store::persist).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The death of the process.
    #[default]
    Process,
    /// Loss of power: every commit waits for the disk.
    Power,
}

/// How SQLite keeps its journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Journal {
    /// A write-ahead log beside the file, shared by processes.
    #[default]
    Wal,
    /// A write-ahead log of a single connection, without shared memory: what a browser's file
    /// system allows.
    ExclusiveWal,
    /// Whatever the connection has: of a database in memory, none.
    Unchanged,
}

/// How a database is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// What a commit survives.
    pub durability: Durability,
    /// How long to wait for another process.
    pub busy_timeout: Duration,
    /// How the journal is kept.
    pub journal: Journal,
}

impl Default for Options {
    /// Survives the death of the process, waits five seconds, shares a write-ahead log.
    fn default() -> Self {
        Self {
            durability: Durability::default(),
            busy_timeout: Duration::from_secs(5),
            journal: Journal::default(),
        }
    }
}

impl Options {
    /// The time to wait in milliseconds.
    pub(crate) fn busy_timeout_ms(&self) -> u64 {
        u64::try_from(self.busy_timeout.as_millis()).unwrap_or(u64::MAX)
    }
}

/// Statements that stay prepared: a listing has a shape for each combination of filters.
const STATEMENTS_MAX: usize = 128;
/// Page cache in KiB. The file is not mapped besides: reads gain nothing by it, and every page that is
/// touched, as when a log's middle is dropped, would count as memory of the process.
const CACHE_KIB: i64 = 16 << 10;
/// Pages in the write-ahead log at which a commit writes them into the database.
const WAL_PAGES: i64 = 1_000;
/// Size to which the write-ahead log is cut when it starts anew.
const WAL_BYTES_MAX: i64 = 16 << 20;

/// Sets the connection up and brings its schema up to date. What is not ours, or newer, is refused
/// before anything is written; a current database is only read.
pub(crate) fn prepare(connection: &Connection, options: &Options, now: Timestamp) -> Outcome<()> {
    connection.busy_timeout(options.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    if options.journal == Journal::ExclusiveWal {
        // Before the first access: a write-ahead log is opened either shared or not.
        connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE")?;
    }
    connection.execute_batch("PRAGMA trusted_schema = OFF")?;
    let version = migrations::version(connection, SCHEMA_VERSION)?;
    let writable = !connection.is_readonly("main")?;
    if writable {
        set_journal(connection, options)?;
    }
    connection.execute_batch(&format!("PRAGMA cache_size = -{CACHE_KIB}"))?;
    if version < SCHEMA_VERSION {
        migrations::run(connection, MIGRATIONS, now)?;
    }
    Ok(())
}

fn set_journal(connection: &Connection, options: &Options) -> Outcome<()> {
    if options.journal != Journal::Unchanged {
        let mode =
            connection.query_row("PRAGMA journal_mode", [], |row| row.get::<_, String>(0))?;
        if mode != "wal" {
            use_write_ahead_log(connection, options)?;
        }
    }
    connection.execute_batch(&format!(
        "PRAGMA wal_autocheckpoint = {WAL_PAGES}; PRAGMA journal_size_limit = {WAL_BYTES_MAX}"
    ))?;
    set_synchronous(connection, options.durability == Durability::Power)
}

const WRITE_AHEAD_LOG: &str = "PRAGMA journal_mode = WAL";

/// Between two tries to change the journal.
const JOURNAL_RETRY: Duration = Duration::from_millis(5);

/// Changing the journal needs the database alone, and SQLite does not wait for that: where several
/// processes make a database at once, all but one are told it is busy. So the waiting is done here.
fn use_write_ahead_log(connection: &Connection, options: &Options) -> Outcome<()> {
    let tries = options.busy_timeout.as_millis() / JOURNAL_RETRY.as_millis();
    for _ in 0..tries {
        match connection.execute_batch(WRITE_AHEAD_LOG) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                // In a browser nobody else has the file, and nothing can wait.
                if cfg!(target_family = "wasm") {
                    return Err(error.into());
                }
                std::thread::sleep(JOURNAL_RETRY);
            }
            done => return Ok(done?),
        }
    }
    Ok(connection.execute_batch(WRITE_AHEAD_LOG)?)
}

/// Whether each commit waits for the disk.
pub(crate) fn set_synchronous(connection: &Connection, each_commit: bool) -> Outcome<()> {
    let level = if each_commit { "FULL" } else { "NORMAL" };
    Ok(connection.execute_batch(&format!("PRAGMA synchronous = {level}"))?)
}
