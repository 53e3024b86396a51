//! Versions of the schema: numbered migrations, each run once in a transaction of its own.
//!
//! Every statement of a migration can be repeated without harm, so one that was cut off, or run by
//! two processes at once, ends in the same schema. What ran is recorded in `schema_migrations` with
//! its time and the program's version; `user_version` holds the newest number, which is all that an
//! open reads.

use runlog_core::store::{StoreError, StoreResult};
use runlog_core::time::Timestamp;
use rusqlite::{Connection, params};

use crate::error::{Failure, Outcome};

/// `application_id` of a database of ours: "Runl".
pub const APPLICATION_ID: i32 = 0x5275_6e6c;

/// One step from a version of the schema to the next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Migration {
    pub(crate) number: u32,
    pub(crate) name: &'static str,
    /// Columns that tables of earlier versions get, before the statements run: table, column, and
    /// the rest of its definition. SQLite has no way to say that one may be there already.
    pub(crate) columns: &'static [(&'static str, &'static str, &'static str)],
    pub(crate) sql: &'static str,
}

/// Every migration, in order.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "history", columns: &[], sql: include_str!("0001_history.sql") },
    Migration { number: 2, name: "sync", columns: &[], sql: include_str!("0002_sync.sql") },
    Migration {
        number: 3,
        name: "syncing",
        columns: &[
            (
                "backends",
                "name",
                "TEXT NOT NULL DEFAULT 'backend' CHECK (octet_length(name) BETWEEN 1 AND 64)",
            ),
            ("backends", "settings", "BLOB NOT NULL DEFAULT x''"),
            ("backends", "added_at", "INTEGER NOT NULL DEFAULT 0"),
            ("rejections", "code", "TEXT NOT NULL DEFAULT 'refused'"),
            ("rejections", "at", "INTEGER NOT NULL DEFAULT 0"),
            ("purged_keys", "change", "INTEGER NOT NULL DEFAULT 0 CHECK (change >= 0)"),
        ],
        sql: include_str!("0003_syncing.sql"),
    },
    Migration { number: 4, name: "attempts", columns: &[], sql: include_str!("0004_attempts.sql") },
];

/// The version of the schema that this program writes.
pub const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;

/// That opening a database would migrate it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingMigration {
    /// The version of the database; zero for an empty one.
    pub from: u32,
    /// The version after opening.
    pub to: u32,
    /// Whether there is anything to lose, so that a backup comes first.
    pub has_rows: bool,
}

/// Whether opening this database would migrate it. Writes nothing.
///
/// # Errors
/// [`StoreError::Newer`], [`StoreError::Foreign`], [`StoreError::NotADatabase`], and what reading
/// fails with.
pub fn pending(connection: &Connection) -> StoreResult<Option<PendingMigration>> {
    let found = || -> Outcome<Option<PendingMigration>> {
        let from = version(connection, SCHEMA_VERSION)?;
        if from == SCHEMA_VERSION {
            return Ok(None);
        }
        let has_rows = from > 0 && has_rows(connection)?;
        Ok(Some(PendingMigration { from, to: SCHEMA_VERSION, has_rows }))
    };
    found().map_err(|failure| failure.into_store_error(0))
}

/// The version of the schema; zero for an empty database. Writes nothing.
pub(crate) fn version(connection: &Connection, known: u32) -> Outcome<u32> {
    // One statement, so that all three are of one moment: another process may be making the
    // database right now.
    let (application, version, objects) = connection.query_row(
        "SELECT (SELECT application_id FROM pragma_application_id),
                (SELECT user_version FROM pragma_user_version),
                (SELECT count(*) FROM sqlite_schema)",
        [],
        |row| Ok((row.get::<_, i32>(0)?, row.get::<_, i32>(1)?, row.get::<_, i64>(2)?)),
    )?;
    if application == APPLICATION_ID {
        return match u32::try_from(version) {
            Ok(found) if found > known => Err(StoreError::Newer { found, known }.into()),
            Ok(found) => Ok(found),
            Err(_) => Err(Failure::corrupt(format!("the schema version is {version}"))),
        };
    }
    if application == 0 && version == 0 && objects == 0 {
        return Ok(0);
    }
    let detail = format!("application id {application:#010x}, {objects} tables and indexes");
    Err(StoreError::Foreign { detail }.into())
}

fn has_rows(connection: &Connection) -> Outcome<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM executions) OR EXISTS (SELECT 1 FROM tags) \
               OR EXISTS (SELECT 1 FROM log_pieces) OR EXISTS (SELECT 1 FROM log_gaps)";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

/// Runs what the database lacks of `migrations`. A current database is not written.
pub(crate) fn run(
    connection: &Connection,
    migrations: &[Migration],
    now: Timestamp,
) -> Outcome<()> {
    let known = migrations.last().map_or(0, |migration| migration.number);
    let found = version(connection, known)?;
    for migration in migrations.iter().filter(|migration| migration.number > found) {
        apply(connection, migration, known, now)?;
    }
    Ok(())
}

fn apply(
    connection: &Connection,
    migration: &Migration,
    known: u32,
    now: Timestamp,
) -> Outcome<()> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    // Another process may have been here first.
    let result = version(connection, known).and_then(|found| {
        if found < migration.number { Ok(statements(connection, migration, now)?) } else { Ok(()) }
    });
    let result = result.and_then(|()| Ok(connection.execute_batch("COMMIT")?));
    result.map_err(|failure| {
        if !connection.is_autocommit() {
            // The first failure is the one to report; a transaction left open is rolled back at
            // close at the latest.
            let _ = connection.execute_batch("ROLLBACK");
        }
        failed(migration, failure)
    })
}

fn statements(
    connection: &Connection,
    migration: &Migration,
    now: Timestamp,
) -> rusqlite::Result<()> {
    connection.execute_batch(include_str!("record.sql"))?;
    for (table, column, definition) in migration.columns {
        if !connection.column_exists(None, *table, *column)? {
            let sql = format!("ALTER TABLE {table} ADD COLUMN {column} {definition}");
            connection.execute_batch(&sql)?;
        }
    }
    connection.execute_batch(migration.sql)?;
    connection.execute(
        "INSERT OR REPLACE INTO schema_migrations (number, name, applied_at, program_version)
         VALUES (?1, ?2, ?3, ?4)",
        params![migration.number, migration.name, now.as_millis(), env!("CARGO_PKG_VERSION")],
    )?;
    connection.execute_batch(&format!(
        "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {}",
        migration.number
    ))
}

/// What waits, lacks room or may not write says so itself; the rest is the migration's failure.
fn failed(migration: &Migration, failure: Failure) -> Failure {
    match failure.into_store_error(0) {
        StoreError::Io { detail } | StoreError::Corrupt { detail } => StoreError::Migration {
            number: migration.number,
            name: migration.name,
            detail: format!(
                "{detail}; the program version that wrote the database still opens it, and a \
                 backup made before can be restored"
            ),
        }
        .into(),
        error => error.into(),
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
