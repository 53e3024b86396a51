//! The store on OPFS.

use runlog_core::store::StoreError;
use runlog_core::time::Timestamp;
use runlog_sqlite::{Journal, Options, SqliteStore};

use crate::{OpfsError, OpfsPool};

/// Why a store on OPFS was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file could not be had.
    #[error(transparent)]
    Opfs(#[from] OpfsError),
    /// The file is not a store that this program can use.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Opens the store in the database `name` of a pool: the same store, schema and migrations as in a
/// native file.
///
/// # Errors
/// [`OpenError`].
pub fn open_store(pool: &OpfsPool, name: &str) -> Result<SqliteStore, OpenError> {
    let connection = pool.open(name)?;
    let options = Options { journal: Journal::ExclusiveWal, ..Options::default() };
    let now = Timestamp::from_millis(js_sys::Date::now() as i64);
    Ok(SqliteStore::open(connection, options, now)?)
}
