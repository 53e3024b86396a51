//! The store: a connection, what it has learnt, and transactions on it.

use runlog_core::store::{ReadTx, Store, StoreError, StoreResult, WriteTx};
use runlog_core::time::Timestamp;
use rusqlite::Connection;

use crate::changes::{self, Unsent};
use crate::check::{self, Finding};
use crate::connection::{self, Durability, Options};
use crate::copies;
use crate::error::{Failure, Outcome};
use crate::tx::{Caches, Tx};

/// How a transaction begins that only reads, and one that writes.
const READING: &str = "BEGIN DEFERRED";
const WRITING: &str = "BEGIN IMMEDIATE";

/// One device's history in a SQLite database.
///
/// ```
/// use runlog_core::store::{ReadTx, Store, StoreError, WriteTx};
/// use runlog_core::time::Timestamp;
/// use runlog_sqlite::rusqlite::Connection;
/// use runlog_sqlite::{Journal, Options, SqliteStore};
///
/// let options = Options { journal: Journal::Unchanged, ..Options::default() };
/// let now = Timestamp::from_millis(1_700_000_000_000);
/// let mut store = SqliteStore::open(Connection::open_in_memory()?, options, now)?;
/// let device = store.read(|tx| tx.device())?;
/// assert_eq!(device, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SqliteStore {
    connection: Connection,
    options: Options,
    caches: Caches,
    /// The `data_version` at which everything was made to survive loss of power; `None` once this
    /// connection has committed since.
    persisted_at: Option<i64>,
}

impl SqliteStore {
    /// Takes a connection, sets it up and brings its schema up to date; `now` is noted beside the
    /// migrations that ran. An empty database becomes one of ours. A current one is only read, and
    /// what its size is does not matter.
    ///
    /// The connection is the store's alone from here on; its transactions are not seen as such by
    /// others on the same connection.
    ///
    /// # Errors
    /// [`StoreError::Newer`], [`StoreError::Foreign`] and [`StoreError::NotADatabase`], in which
    /// case nothing was written; [`StoreError::Migration`], in which case the database is as it
    /// was; what reading and writing fail with.
    pub fn open(connection: Connection, options: Options, now: Timestamp) -> StoreResult<Self> {
        connection::prepare(&connection, &options, now)
            .map_err(|failure| failure.into_store_error(options.busy_timeout_ms()))?;
        Ok(Self { connection, options, caches: Caches::default(), persisted_at: None })
    }

    /// The connection, for what is no part of a store: an online backup, statistics of pages.
    /// Nothing may be written through it.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Gives the connection back.
    pub fn into_connection(self) -> Connection {
        self.connection
    }

    /// Looks for damage: in the file, in the schema, in rows and in what is derived from them.
    /// Reads everything.
    ///
    /// # Errors
    /// What reading fails with; damage that was found is no error.
    pub fn check(&mut self) -> StoreResult<Vec<Finding>> {
        let mut tx = self.transaction();
        tx.begin(READING)?;
        let found = tx.done(check::check(&tx))?;
        tx.commit()?;
        Ok(found)
    }

    /// Builds anew what is derived from rows: the indexes of tags and params, and SQLite's own.
    ///
    /// # Errors
    /// What reading and writing fail with; then nothing was changed.
    pub fn rebuild_derived(&mut self) -> StoreResult<()> {
        self.persisted_at = None;
        let mut tx = self.transaction();
        tx.begin(WRITING)?;
        tx.done(check::rebuild_derived(&tx))?;
        tx.commit()
    }

    /// Puts the content of another database of this schema in the place of this one's, in one
    /// transaction. Nobody else may have this one open.
    ///
    /// # Errors
    /// What reading and writing fail with; this one is as it was then.
    pub fn replace_with(&mut self, other: &Connection) -> StoreResult<()> {
        self.persisted_at = None;
        self.connection.flush_prepared_statement_cache();
        copies::replace_content(&mut self.connection, other)?;
        self.caches = Caches::default();
        Ok(())
    }

    /// Counts what no enabled backend has acknowledged: what would be gone if this database were.
    ///
    /// # Errors
    /// What reading fails with.
    pub fn unsent(&mut self) -> StoreResult<Unsent> {
        let mut tx = self.transaction();
        tx.begin(READING)?;
        let sent = tx.backends()?.into_iter().filter(|backend| backend.enabled);
        let sent = sent.map(|backend| backend.sent).max().unwrap_or_default();
        let counted = tx.done(changes::counted_after(&tx, sent))?;
        tx.commit()?;
        Ok(counted)
    }

    fn transaction(&self) -> Tx<'_> {
        Tx::new(&self.connection, &self.caches, self.options.busy_timeout_ms())
    }

    /// A commit that waits for the disk makes all earlier ones durable with it: they stand in the
    /// same log before it.
    fn commit_through_to_disk(&self) -> Outcome<()> {
        connection::set_synchronous(&self.connection, true)?;
        let written =
            self.connection.execute("UPDATE local_state SET persisted = persisted + 1", []);
        connection::set_synchronous(&self.connection, false)?;
        written?;
        Ok(())
    }

    /// A number that changes whenever another connection commits: a cheap way to notice it. Numbers of
    /// two connections say nothing to each other.
    ///
    /// # Errors
    /// What reading fails with.
    pub fn version_seen(&mut self) -> StoreResult<i64> {
        self.data_version().map_err(|failure| failure.into_store_error(0))
    }

    fn data_version(&self) -> Outcome<i64> {
        let mut select = self.connection.prepare_cached("PRAGMA data_version")?;
        Ok(select.query_row([], |row| row.get(0))?)
    }
}

impl Store for SqliteStore {
    fn read<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&dyn ReadTx) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut tx = self.transaction();
        tx.begin(READING)?;
        let result = work(&tx)?;
        tx.commit()?;
        Ok(result)
    }

    fn write<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut dyn WriteTx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.persisted_at = None;
        let mut tx = self.transaction();
        tx.begin(WRITING)?;
        let result = work(&mut tx)?;
        tx.commit()?;
        Ok(result)
    }

    fn persist(&mut self) -> StoreResult<()> {
        if self.options.durability == Durability::Power {
            return Ok(());
        }
        let mut persist = || -> Outcome<()> {
            let version = self.data_version()?;
            if self.persisted_at != Some(version) {
                self.commit_through_to_disk()?;
                self.persisted_at = Some(version);
            }
            Ok(())
        };
        persist()
            .map_err(|failure: Failure| failure.into_store_error(self.options.busy_timeout_ms()))
    }
}
