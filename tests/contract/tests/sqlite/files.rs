//! SQLite stores in files of a directory that goes away with the factory.

use std::path::{Path, PathBuf};

use runlog_contract::{Factory, sample};
use runlog_core::store::StoreResult;
use runlog_sqlite::rusqlite::Connection;
use runlog_sqlite::{Options, SqliteStore};
use tempfile::TempDir;

/// Makes stores in files.
pub(crate) struct Files {
    directory: TempDir,
    options: Options,
    made: usize,
}

impl Files {
    /// In a directory of their own.
    pub(crate) fn new(options: Options) -> Self {
        Self { directory: tempfile::tempdir().expect("a directory"), options, made: 0 }
    }

    /// A path that nothing is at.
    pub(crate) fn new_path(&mut self) -> PathBuf {
        self.made += 1;
        self.directory.path().join(format!("{}.db", self.made))
    }
}

/// A store over a connection, at the time at which contracts begin.
pub(crate) fn over(connection: Connection, options: Options) -> StoreResult<SqliteStore> {
    SqliteStore::open(connection, options, sample::at(0))
}

/// A store in a file without faults, looked through for damage.
pub(crate) fn sound(path: &Path, options: Options) -> SqliteStore {
    let connection = Connection::open(path).expect("the file opens");
    let mut store = over(connection, options).expect("the store opens");
    let findings = store.check().expect("the store can be looked through");
    assert!(findings.is_empty(), "{findings:?}");
    store
}

impl Factory for Files {
    type Store = SqliteStore;

    fn create(&mut self) -> SqliteStore {
        let path = self.new_path();
        sound(&path, self.options)
    }

    fn reopen(&mut self, store: SqliteStore) -> SqliteStore {
        let path = PathBuf::from(store.connection().path().expect("it is in a file"));
        drop(store);
        sound(&path, self.options)
    }
}
