//! Whole databases: copied while they are in use, checked, put in the place of another.

#[cfg(not(target_family = "wasm"))]
use std::path::Path;
use std::time::Duration;

use runlog_core::store::{StoreError, StoreResult};
use rusqlite::Connection;
#[cfg(not(target_family = "wasm"))]
use rusqlite::OpenFlags;
use rusqlite::backup::Backup;

use crate::error::store_error;

/// Pages that are copied at once; between two batches others get to write.
#[cfg(not(target_family = "wasm"))]
const PAGES_AT_ONCE: i32 = 1024;

/// Puts the content of one database in the place of another's, in one transaction of that one. Nobody
/// else may have it open.
///
/// # Errors
/// What reading and writing fail with; the other is as it was then.
pub fn replace_content(to: &mut Connection, with: &Connection) -> StoreResult<()> {
    in_terms_of_the_store((|| {
        Backup::new(with, to)?.run_to_completion(i32::MAX, Duration::ZERO, None)
    })())
}

/// Copies a database into a file, while others read and write it. Where they write meanwhile, the
/// copy has what they wrote, or begins anew.
///
/// # Errors
/// What reading and writing fail with; the file is worth nothing then.
#[cfg(not(target_family = "wasm"))]
pub fn copy_database(from: &Connection, target: &Path) -> StoreResult<()> {
    in_terms_of_the_store((|| {
        let mut to = Connection::open(target)?;
        Backup::new(from, &mut to)?.run_to_completion(PAGES_AT_ONCE, Duration::ZERO, None)
    })())
}

/// Opens a database to read it as it is: it is neither migrated nor set up.
///
/// # Errors
/// Where it cannot be read.
#[cfg(not(target_family = "wasm"))]
pub fn open_to_read(path: &Path) -> StoreResult<Connection> {
    in_terms_of_the_store(Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY))
}

/// Looks for damage in the pages of a database.
///
/// # Errors
/// [`StoreError::Corrupt`] with the first that was found.
pub fn check_pages(connection: &Connection) -> StoreResult<()> {
    let found = connection.query_row("PRAGMA quick_check(1)", (), |row| row.get::<_, String>(0));
    match in_terms_of_the_store(found)? {
        found if found == "ok" => Ok(()),
        found => Err(StoreError::Corrupt { detail: found }),
    }
}

/// Ends the work on a database, so that all of it is in its one file.
///
/// # Errors
/// Where others have it open.
pub fn into_one_file(connection: Connection) -> StoreResult<()> {
    without_log(&connection)
}

/// Puts the content of one database in the place of another's. Nobody may have that one open: what
/// a process has read of it would be mistaken for what is in it now.
///
/// # Errors
/// [`StoreError::Busy`] where somebody has it open; nothing was changed then.
#[cfg(not(target_family = "wasm"))]
pub fn replace_database(database: &Path, with: &Connection) -> StoreResult<()> {
    let mut target = in_terms_of_the_store(Connection::open(database))?;
    // Who has it open keeps it open: there is little to wait for.
    in_terms_of_the_store(target.busy_timeout(Duration::from_millis(500)))?;
    in_terms_of_the_store(target.execute_batch("PRAGMA locking_mode = EXCLUSIVE"))?;
    without_log(&target)?;
    replace_content(&mut target, with)
}

/// SQLite gives up the write-ahead log only for the last connection of all.
fn without_log(connection: &Connection) -> StoreResult<()> {
    let mode =
        connection.query_row("PRAGMA journal_mode = delete", [], |row| row.get::<_, String>(0));
    match in_terms_of_the_store(mode)? {
        mode if mode == "delete" => Ok(()),
        _ => Err(StoreError::Busy { waited_ms: 0 }),
    }
}

fn in_terms_of_the_store<T>(result: rusqlite::Result<T>) -> StoreResult<T> {
    result.map_err(|error| store_error(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_value(path: &Path, value: i64) -> Connection {
        let connection = Connection::open(path).unwrap();
        connection.pragma_update(None, "journal_mode", "wal").unwrap();
        connection.execute_batch("CREATE TABLE t (v)").unwrap();
        connection.execute("INSERT INTO t VALUES (?1)", [value]).unwrap();
        connection
    }

    fn value(connection: &Connection) -> i64 {
        connection.query_row("SELECT v FROM t", (), |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_database_is_replaced_unless_somebody_has_it_open() {
        let directory = tempfile::tempdir().unwrap();
        let (old, new) = (directory.path().join("old.db"), directory.path().join("new.db"));
        let user = with_value(&old, 1);
        let source = with_value(&new, 2);
        let refused = replace_database(&old, &source);
        assert!(matches!(refused, Err(StoreError::Busy { .. })), "{refused:?}");
        assert_eq!(value(&user), 1);
        drop(user);
        replace_database(&old, &source).unwrap();
        let reopened = Connection::open(&old).unwrap();
        assert_eq!(value(&reopened), 2);
        check_pages(&reopened).unwrap();
    }

    #[test]
    fn a_copy_is_one_file() {
        let directory = tempfile::tempdir().unwrap();
        let (old, new) = (directory.path().join("old.db"), directory.path().join("new.db"));
        let source = with_value(&old, 7);
        copy_database(&source, &new).unwrap();
        into_one_file(Connection::open(&new).unwrap()).unwrap();
        assert!(!directory.path().join("new.db-wal").exists());
        assert_eq!(value(&open_to_read(&new).unwrap()), 7);
    }
}
