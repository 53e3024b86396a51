//! The relay's database in one SQLite file.
//!
//! One connection writes, some read beside it (WAL). `synchronous = FULL`: what is acknowledged is
//! on disk. SQLite has one writer, so the lock on a vault is that of the file. Who waits for it
//! shares a commit with others who do.

mod access;
mod vault;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use runlog_core::sealed::VaultId;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use self::writer::{WRITERS, Writer};
use super::{AccessWork, Parallelism, RelayStore, StoreError, StoreResult, VaultWork};

/// `application_id` of a relay's database: "RunR".
const APPLICATION_ID: i32 = 0x5275_6e52;

/// The migrations, in order; `user_version` counts them.
const MIGRATIONS: [&str; 2] = [include_str!("schema.sql"), include_str!("caught_up.sql")];

/// How many transactions read at once.
const READERS: usize = 4;

/// A relay's database in a SQLite file.
pub struct SqliteStore {
    path: PathBuf,
    writer: Writer,
    /// Readers that nobody uses now.
    readers: Mutex<Vec<Connection>>,
}

impl SqliteStore {
    /// Opens the file, makes it where it is missing, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Newer`], [`StoreError::Corrupt`] for a database that is not a relay's, and
    /// what SQLite fails with.
    pub fn open(path: &Path) -> StoreResult<Self> {
        let mut writer = connect(path)?;
        writer.pragma_update(None, "journal_mode", "WAL")?;
        migrate(&mut writer)?;
        Ok(Self { path: path.to_owned(), writer: Writer::new(writer), readers: Mutex::default() })
    }

    fn reading<T>(&self, work: impl FnOnce(&mut Connection) -> StoreResult<T>) -> StoreResult<T> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut reader = match idle {
            Some(reader) => reader,
            None => connect(&self.path)?,
        };
        let result = work(&mut reader);
        let mut idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < READERS {
            idle.push(reader);
        }
        result
    }
}

impl RelayStore for SqliteStore {
    fn read_vault(&self, vault: VaultId, work: &mut VaultWork<'_>) -> StoreResult<bool> {
        self.reading(|connection| {
            let transaction = connection.transaction()?;
            vault::run(&transaction, vault, work)
        })
    }

    fn write_vault(&self, vault: VaultId, work: &mut VaultWork<'_>) -> StoreResult<bool> {
        self.writer.write(|transaction| vault::run(transaction, vault, work))
    }

    fn read_access(&self, work: &mut AccessWork<'_>) -> StoreResult<()> {
        self.reading(|connection| {
            let transaction = connection.transaction()?;
            work(&mut access::Access { transaction: &transaction })
        })
    }

    fn write_access(&self, work: &mut AccessWork<'_>) -> StoreResult<()> {
        self.writer.write(|transaction| work(&mut access::Access { transaction }))
    }

    fn parallelism(&self) -> Parallelism {
        Parallelism { reads: READERS, writes: WRITERS }
    }
}

fn connect(path: &Path) -> StoreResult<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> StoreResult<()> {
    let known = MIGRATIONS.len() as u32;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let number =
        |name: &str| transaction.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    let tables: i64 =
        transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && (application, version, tables) != (0, 0, 0) {
        return Err(StoreError::Corrupt("the file is a database, but not that of a relay"));
    }
    let found = u32::try_from(version).map_err(|_| StoreError::Corrupt("the schema's version"))?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for migration in &MIGRATIONS[found as usize..] {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", known)?;
    Ok(transaction.commit()?)
}
