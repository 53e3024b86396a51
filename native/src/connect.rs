//! From a path to a history: a connection, set up, backed up before it is migrated.

use std::path::Path;

use runlog_core::history::{History, HistoryError};
use runlog_sqlite::SqliteStore;
use rusqlite::{Connection, OpenFlags};

use crate::options::Options;
use crate::{Error, system};

/// Opens a connection, migrates it if it must be, and puts the history on top. A copy becomes the
/// history of a device of its own.
pub(crate) fn open_history(path: &Path, options: &Options) -> Result<History<SqliteStore>, Error> {
    let mut history = open_as_it_is(path, options)?;
    if let Some(note) = history.read(|reader| reader.backup_note())? {
        crate::backup::adopt(&mut history, Some(&note))?;
    }
    Ok(history)
}

/// Opens a history without asking whether it is a copy.
pub(crate) fn open_as_it_is(path: &Path, options: &Options) -> Result<History<SqliteStore>, Error> {
    connect(path, options).map_err(|error| match error {
        HistoryError::Store(source) => Error::database(path)(source),
        other => Error::History(other),
    })
}

fn connect(path: &Path, options: &Options) -> Result<History<SqliteStore>, HistoryError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)
        .map_err(|error| runlog_sqlite::store_error(&error))?;
    let pending = runlog_sqlite::pending(&connection)?;
    if let Some(pending) = pending.filter(|pending| pending.has_rows) {
        crate::backup::before_migration(&connection, path, pending.from)?;
    }
    let store_options = runlog_sqlite::Options {
        durability: options.durability,
        busy_timeout: options.busy_timeout,
        ..runlog_sqlite::Options::default()
    };
    let store = SqliteStore::open(connection, store_options, system::now())?;
    let mut history = History::open(store, system::new_device_id())?;
    history.set_masker(options.masking.masker());
    if pending.is_some_and(|pending| pending.has_rows) {
        // What an older program hid because it did not know a value may be known now.
        history.write(system::now(), |tx| tx.review_hidden(usize::MAX))?;
    }
    Ok(history)
}
