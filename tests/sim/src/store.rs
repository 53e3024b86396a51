//! The store of a simulated device: in memory or SQLite, with backups and loss of power.

use runlog_contract::fail_after::FailAfter;
use runlog_core::clock::ClockTime;
use runlog_core::store::{MemoryStore, ReadTx, Store, StoreError, StoreResult, WriteTx};
use runlog_core::time::Timestamp;
use runlog_sqlite::rusqlite::Connection;
use runlog_sqlite::rusqlite::backup::Backup;
use runlog_sqlite::{Journal, Options, SqliteStore};

use crate::broken::{Broken, BrokenTx};

/// What a device keeps its history in.
pub type DeviceStore = FailAfter<SimStore>;

/// A store in memory or in SQLite.
#[derive(Debug)]
pub struct SimStore {
    kind: Kind,
    /// What would survive loss of power; only of a store in memory.
    durable: MemoryStore,
    /// The rule that the store breaks on purpose.
    broken: Option<Broken>,
}

#[derive(Debug)]
enum Kind {
    Memory(MemoryStore),
    Sqlite(Box<SqliteStore>),
}

/// A backup of a store.
#[derive(Debug)]
pub enum Snapshot {
    /// Of a store in memory.
    Memory(MemoryStore),
    /// Of one in SQLite.
    Sqlite(Connection),
}

impl SimStore {
    /// An empty one.
    pub fn new(sqlite: bool, broken: Option<Broken>) -> Self {
        let kind = if sqlite {
            Kind::Sqlite(Box::new(open(Connection::open_in_memory().unwrap())))
        } else {
            Kind::Memory(MemoryStore::new())
        };
        Self { kind, durable: MemoryStore::new(), broken }
    }

    /// A backup.
    pub fn snapshot(&self) -> Snapshot {
        match &self.kind {
            Kind::Memory(store) => Snapshot::Memory(store.clone()),
            Kind::Sqlite(store) => Snapshot::Sqlite(copy(store.connection())),
        }
    }

    /// The store of a backup.
    pub fn restored(snapshot: &Snapshot, broken: Option<Broken>) -> Self {
        let (kind, durable) = match snapshot {
            Snapshot::Memory(store) => (Kind::Memory(store.clone()), store.clone()),
            Snapshot::Sqlite(held) => {
                (Kind::Sqlite(Box::new(open(copy(held)))), MemoryStore::new())
            }
        };
        Self { kind, durable, broken }
    }

    /// Goes back to what would survive loss of power. Whether there was something to lose.
    pub fn lose_power(&mut self) -> bool {
        match &mut self.kind {
            Kind::Memory(store) => {
                *store = self.durable.clone();
                true
            }
            Kind::Sqlite(_) => false,
        }
    }
}

fn open(connection: Connection) -> SqliteStore {
    let options = Options { journal: Journal::Unchanged, ..Options::default() };
    SqliteStore::open(connection, options, Timestamp::from_millis(0)).unwrap()
}

fn copy(from: &Connection) -> Connection {
    let mut to = Connection::open_in_memory().unwrap();
    let backup = Backup::new(from, &mut to).unwrap();
    backup.step(-1).unwrap();
    drop(backup);
    to
}

impl Store for SimStore {
    fn read<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&dyn ReadTx) -> Result<T, E>,
    ) -> Result<T, E> {
        match &mut self.kind {
            Kind::Memory(store) => store.read(work),
            Kind::Sqlite(store) => store.read(work),
        }
    }

    fn write<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut dyn WriteTx) -> Result<T, E>,
    ) -> Result<T, E> {
        let broken = self.broken;
        let work = |tx: &mut dyn WriteTx| match broken {
            Some(broken) => work(&mut BrokenTx { inner: tx, broken, unopened: ClockTime::ZERO }),
            None => work(tx),
        };
        match &mut self.kind {
            Kind::Memory(store) => store.write(work),
            Kind::Sqlite(store) => store.write(work),
        }
    }

    fn persist(&mut self) -> StoreResult<()> {
        if self.broken == Some(Broken::Unpersisted) {
            return Ok(());
        }
        match &mut self.kind {
            Kind::Memory(store) => {
                self.durable = store.clone();
                Ok(())
            }
            Kind::Sqlite(store) => store.persist(),
        }
    }
}
