//! Where a history is kept, and whole databases as bytes.

use runlog_core::time::Timestamp;
use runlog_sqlite::{Journal, Options, SqliteStore, store_error};
use rusqlite::Connection;
use sqlite_wasm_rs::vfs::transfer::{DbTransfer, ImportDbError, TransferError};

use crate::{OpenError, OpfsError, OpfsPool, open_store};

/// The file of a history in its pool.
const HISTORY: &str = "history.db";
/// A database that is about to be handed out, or has just come in.
const TRANSFER: &str = "transfer.db";
/// Bytes that are copied at once.
const CHUNK: usize = 1 << 20;

/// Where a history is kept.
pub(crate) enum Files {
    /// On OPFS.
    Opfs(OpfsPool),
    /// In the memory of this worker.
    Memory,
}

/// Gives the bytes from an offset on: so many, or fewer at the end.
pub(crate) type Source<'a> = dyn FnMut(u64, usize) -> Result<Vec<u8>, OpenError> + 'a;

impl Files {
    /// Whether there is no history yet.
    pub(crate) fn is_empty(&self) -> Result<bool, OpfsError> {
        match self {
            Self::Opfs(pool) => Ok(!pool.files()?.iter().any(|name| name == HISTORY)),
            Self::Memory => Ok(true),
        }
    }

    /// Opens the history; it is made where it is missing.
    pub(crate) fn open(&self, now: Timestamp) -> Result<SqliteStore, OpenError> {
        match self {
            Self::Opfs(pool) => open_store(pool, HISTORY),
            Self::Memory => open_alone(in_memory()?, now),
        }
    }

    /// An empty database beside the history.
    pub(crate) fn empty(&self) -> Result<Connection, OpenError> {
        match self {
            Self::Opfs(pool) => {
                pool.remove(TRANSFER)?;
                Ok(pool.open_alone(TRANSFER)?)
            }
            Self::Memory => in_memory(),
        }
    }

    /// A database beside the history, made of `size` bytes.
    pub(crate) fn filled(
        &self,
        size: u64,
        source: &mut Source<'_>,
    ) -> Result<Connection, OpenError> {
        match self {
            Self::Opfs(pool) => {
                pool.remove(TRANSFER)?;
                fill(pool, size, source)?;
                Ok(pool.open_alone(TRANSFER)?)
            }
            Self::Memory => from_bytes(size, source),
        }
    }

    /// Hands the bytes of a database on that [`Self::empty`] or [`Self::filled`] gave, and removes it.
    pub(crate) fn drain(
        &self,
        mut database: Connection,
        take: &mut dyn FnMut(&[u8]) -> Result<(), OpenError>,
    ) -> Result<(), OpenError> {
        match self {
            Self::Opfs(pool) => {
                database.close().map_err(|(_, error)| store_error(&error))?;
                read(pool, take)?;
                self.clear()
            }
            Self::Memory => {
                let bytes = database.serialize("main").map_err(|error| store_error(&error))?;
                bytes.chunks(CHUNK).try_for_each(take)
            }
        }
    }

    /// Removes what [`Self::empty`] or [`Self::filled`] made; nobody may have it open.
    pub(crate) fn clear(&self) -> Result<(), OpenError> {
        if let Self::Opfs(pool) = self {
            pool.remove(TRANSFER)?;
        }
        Ok(())
    }

    /// Gives the files free for another worker.
    pub(crate) fn release(&self) -> Result<(), OpfsError> {
        match self {
            Self::Opfs(pool) => pool.pause(),
            Self::Memory => Ok(()),
        }
    }
}

/// Opens the store of a database that is used by nobody else and has no log beside it.
pub(crate) fn open_alone(connection: Connection, now: Timestamp) -> Result<SqliteStore, OpenError> {
    let options = Options { journal: Journal::Unchanged, ..Options::default() };
    Ok(SqliteStore::open(connection, options, now)?)
}

fn in_memory() -> Result<Connection, OpenError> {
    Ok(Connection::open_in_memory().map_err(|error| store_error(&error))?)
}

fn read(
    pool: &OpfsPool,
    take: &mut dyn FnMut(&[u8]) -> Result<(), OpenError>,
) -> Result<(), OpenError> {
    let mut export = pool.transfer().begin_export(TRANSFER).map_err(OpfsError::from)?;
    let mut buffer = vec![0; CHUNK];
    loop {
        match export.read(&mut buffer).map_err(OpfsError::from)? {
            0 => return Ok(()),
            length => take(&buffer[..length])?,
        }
    }
}

fn fill(pool: &OpfsPool, size: u64, source: &mut Source<'_>) -> Result<(), OpenError> {
    let mut import = pool.transfer().begin_import(TRANSFER, size).map_err(OpfsError::from)?;
    let mut at = 0;
    while at < size {
        let bytes = source(at, CHUNK)?;
        import.write(&bytes).map_err(OpfsError::from)?;
        at += bytes.len() as u64;
        if bytes.is_empty() {
            break;
        }
    }
    Ok(import.finish().map_err(OpfsError::from)?)
}

fn from_bytes(size: u64, source: &mut Source<'_>) -> Result<Connection, OpenError> {
    let none = || OpfsError::NotADatabase(TransferError::ImportDb(ImportDbError::InvalidDbSize));
    let length = usize::try_from(size).ok().filter(|size| *size > 0).ok_or_else(none)?;
    let mut bytes = source(0, length)?;
    // As a transfer to OPFS does: a write-ahead log is nothing for a database in memory.
    if let Some(versions) = bytes.get_mut(18..20) {
        versions.fill(1);
    }
    let mut connection = in_memory()?;
    connection
        .deserialize_read_exact("main", &bytes[..], length, false)
        .map_err(|error| store_error(&error))?;
    Ok(connection)
}
