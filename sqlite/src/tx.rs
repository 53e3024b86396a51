//! Transactions: begun, committed, rolled back, and what they share.

use std::cell::{Cell, RefCell};

use runlog_core::clock::{DeviceNumbers, RowClocks};
use runlog_core::id::DeviceId;
use runlog_core::store::{StoreError, StoreResult};
use rusqlite::{CachedStatement, Connection};

use crate::devices::{DeviceCache, Devices};
use crate::error::Outcome;
use crate::pieces::PieceCodec;
use crate::statements::Texts;

/// What a store keeps between transactions. All of it can be had again from the database.
#[derive(Debug, Default)]
pub(crate) struct Caches {
    pub(crate) devices: RefCell<DeviceCache>,
    pub(crate) texts: RefCell<Texts>,
    pub(crate) pieces: RefCell<PieceCodec>,
    buffer: RefCell<Vec<u8>>,
}

/// A running transaction; rolled back where it is dropped without a commit, in a panic too.
pub(crate) struct Tx<'a> {
    connection: &'a Connection,
    pub(crate) caches: &'a Caches,
    waited_ms: u64,
    /// Whether there are mistyped cells anywhere, once that was looked up. There hardly ever are.
    pub(crate) has_mistyped: Cell<Option<bool>>,
    /// The first failure of a write. It may have stopped half-way, so nothing is committed after
    /// it, even where the caller goes on.
    failed: RefCell<Option<StoreError>>,
    open: bool,
}

impl<'a> Tx<'a> {
    /// One that is yet to begin; `waited_ms` is how long SQLite waits for a lock.
    pub(crate) fn new(connection: &'a Connection, caches: &'a Caches, waited_ms: u64) -> Self {
        Self {
            connection,
            caches,
            waited_ms,
            has_mistyped: Cell::new(None),
            failed: RefCell::new(None),
            open: false,
        }
    }

    pub(crate) fn begin(&mut self, statement: &'static str) -> StoreResult<()> {
        self.open = true;
        self.done(self.execute(statement))
    }

    pub(crate) fn commit(&mut self) -> StoreResult<()> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        self.done(self.execute("COMMIT"))?;
        self.open = false;
        self.caches.devices.borrow_mut().commit();
        Ok(())
    }

    /// The result in the store's terms.
    pub(crate) fn done<T>(&self, outcome: Outcome<T>) -> StoreResult<T> {
        outcome.map_err(|failure| failure.into_store_error(self.waited_ms))
    }

    /// Runs a write, unless one failed before.
    pub(crate) fn write<T>(&self, work: impl FnOnce(&Self) -> Outcome<T>) -> StoreResult<T> {
        if let Some(error) = &*self.failed.borrow() {
            return Err(error.clone());
        }
        let result = self.done(work(self));
        if let Err(error) = &result {
            // These two are answers, found before anything was written.
            if !matches!(error, StoreError::RowExists | StoreError::RowMissing) {
                *self.failed.borrow_mut() = Some(error.clone());
            }
        }
        result
    }

    fn execute(&self, statement: &'static str) -> Outcome<()> {
        self.prepare(statement)?.raw_execute()?;
        Ok(())
    }

    /// A prepared statement; the texts are fixed, so the cache holds each once.
    pub(crate) fn prepare(&self, text: &str) -> Outcome<CachedStatement<'a>> {
        Ok(self.connection.prepare_cached(text)?)
    }

    pub(crate) fn connection(&self) -> &'a Connection {
        self.connection
    }

    /// Gives numbers for devices to `work`.
    pub(crate) fn with_devices<T>(&self, work: impl FnOnce(&mut Devices<'_>) -> T) -> T {
        let mut cache = self.caches.devices.borrow_mut();
        work(&mut Devices { connection: self.connection, cache: &mut cache })
    }

    /// The number of a device, given anew where it has none.
    pub(crate) fn device_number(&self, device: DeviceId) -> Outcome<u32> {
        self.with_devices(|devices| devices.number_of(device))
    }

    /// The stored form of clocks, in a buffer that is used again.
    pub(crate) fn with_encoded<T>(
        &self,
        clocks: &RowClocks,
        work: impl FnOnce(&[u8]) -> Outcome<T>,
    ) -> Outcome<T> {
        let mut buffer = self.caches.buffer.take();
        buffer.clear();
        let result = self
            .with_devices(|devices| clocks.encode(devices, &mut buffer))
            .and_then(|()| work(&buffer));
        self.caches.buffer.replace(buffer);
        result
    }

    pub(crate) fn decode_clocks(&self, bytes: &[u8]) -> Outcome<RowClocks> {
        self.with_devices(|devices| RowClocks::decode(bytes, devices))
    }
}

impl Drop for Tx<'_> {
    fn drop(&mut self) {
        if self.open {
            if !self.connection.is_autocommit() {
                // A failure here leaves the transaction to the connection's close, which undoes it.
                let _ = self.execute("ROLLBACK");
            }
            self.caches.devices.borrow_mut().roll_back();
        }
    }
}
