//! Where and how large.

use std::path::{Path, PathBuf};

use runlog_core::history::History;
use runlog_core::id::DeviceId;
use runlog_core::time::Timestamp;
use runlog_sqlite::{Options, SqliteStore};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::Failed;

/// The device whose history the benches write.
pub(crate) const DEVICE: DeviceId = DeviceId::from_u128(0x0d1d_0000_4000_8000_0000_0000_00d1);

/// Where files go, and how large the workload is.
#[derive(Debug)]
pub(crate) struct Setup {
    quick: bool,
    rounds: usize,
    directory: PathBuf,
}

impl Setup {
    pub(crate) fn new(quick: bool, rounds: usize) -> Result<Self, Failed> {
        // Beside the program: on the disk that builds use, which is seldom a memory file system.
        let program = std::env::current_exe()?;
        let directory = program.parent().ok_or("the program is in no directory")?.join("bench");
        std::fs::create_dir_all(&directory)?;
        Ok(Self { quick, rounds, directory })
    }

    /// How often each figure is measured.
    pub(crate) fn rounds(&self) -> usize {
        if self.quick { 1 } else { self.rounds }
    }

    /// A size of the workload.
    pub(crate) fn size(&self, full: u64, quick: u64) -> u64 {
        if self.quick { quick } else { full }
    }

    /// A directory that goes with the bench.
    pub(crate) fn scratch(&self) -> Result<TempDir, Failed> {
        Ok(tempfile::tempdir_in(&self.directory)?)
    }

    /// A directory that stays for the next run.
    pub(crate) fn cache(&self, name: &str) -> Result<PathBuf, Failed> {
        let path = self.directory.join(name);
        std::fs::create_dir_all(&path)?;
        Ok(path)
    }

    /// The program `runlog`, built beside this one.
    pub(crate) fn runlog(&self) -> Result<PathBuf, Failed> {
        self.program("runlog", "runlog-cli")
    }

    /// The program `runlog-server`, built beside this one.
    pub(crate) fn server(&self) -> Result<PathBuf, Failed> {
        self.program("runlog-server", "runlog-server")
    }

    fn program(&self, name: &str, package: &str) -> Result<PathBuf, Failed> {
        let beside = self.directory.with_file_name(name);
        if !beside.exists() {
            let profile = if cfg!(debug_assertions) { "" } else { " --release" };
            let missing = beside.display();
            return Err(format!("{missing} is missing: cargo build{profile} -p {package}").into());
        }
        Ok(beside)
    }
}

/// A history in a file, as an application has it.
pub(crate) fn open_history(path: &Path) -> Result<History<SqliteStore>, Failed> {
    let store =
        SqliteStore::open(Connection::open(path)?, Options::default(), Timestamp::default())?;
    Ok(History::open(store, DEVICE)?)
}

/// Bytes of a database, once everything is written into it.
pub(crate) fn file_bytes(connection: &Connection, path: &Path) -> Result<u64, Failed> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(std::fs::metadata(path)?.len())
}
