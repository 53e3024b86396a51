//! Opening a source so that nothing of it changes, and finding out what it is.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use runlog_core::store::{StoreError, StoreResult};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{seed0, seed1};
use crate::error::{Outcome, store_error};

/// How often a copy is tried while a program changes the original.
const COPY_TRIES: u32 = 5;
/// Tables that an error message names at most.
const TABLES_NAMED_MAX: u32 = 8;

/// A directory with a copy, removed with this.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // Best effort: what is left over holds a copy of what is there anyway.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Opens the database at `path` for reading.
pub(super) fn open(path: &Path, scratch: &Path) -> StoreResult<(Connection, Option<Scratch>)> {
    let is_wal = read_header(path)?;
    let sidecars = sidecars(path);
    let (connection, scratch) = if !sidecars.is_empty() {
        let (copy, scratch) = copy(path, scratch)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        (Connection::open_with_flags(copy, flags), Some(scratch))
    } else if is_wal {
        // No WAL beside it: no program has it open. Opened in any other way, SQLite would make one.
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        (Connection::open_with_flags(immutable_uri(path)?, flags), None)
    } else {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        (Connection::open_with_flags(path, flags), None)
    };
    let connection = connection.map_err(|error| store_error(&error))?;
    prepare(&connection).map_err(|error| store_error(&error))?;
    Ok((connection, scratch))
}

/// A source is a stranger's file: its schema is trusted with nothing.
fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.execute_batch("PRAGMA cell_size_check = ON; PRAGMA query_only = ON")
}

/// Reads the beginning of the file: whether it is in WAL mode.
fn read_header(path: &Path) -> StoreResult<bool> {
    const MAGIC: &[u8; 16] = b"SQLite format 3\0";
    const READ_VERSION: usize = 19;
    let mut header = Vec::new();
    let file = File::open(path).map_err(|error| io_error("open", path, &error))?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(StoreError::NotADatabase { detail: "it is a directory".to_owned() });
    }
    file.take(100).read_to_end(&mut header).map_err(|error| io_error("read", path, &error))?;
    if !header.is_empty() && !header.starts_with(MAGIC) {
        let detail = "the file holds something else".to_owned();
        return Err(StoreError::NotADatabase { detail });
    }
    Ok(header.get(READ_VERSION) == Some(&2))
}

/// The files beside the database that hold changes which it does not have.
fn sidecars(path: &Path) -> Vec<PathBuf> {
    let beside = ["-wal", "-journal"].map(|suffix| with_suffix(path, suffix));
    let holds = |file: &PathBuf| fs::metadata(file).is_ok_and(|metadata| metadata.len() > 0);
    beside.into_iter().filter(holds).collect()
}

/// Copies the database with what is beside it, from a moment at which neither changed.
fn copy(path: &Path, scratch: &Path) -> StoreResult<(PathBuf, Scratch)> {
    create_private(scratch).map_err(|error| io_error("make", scratch, &error))?;
    let scratch = Scratch(scratch.to_owned());
    let target = scratch.0.join("source.db");
    for _ in 0..COPY_TRIES {
        let before = stamp(path);
        let mut copied = copy_file(path, &target)?;
        for suffix in ["-wal", "-journal"] {
            let (from, to) = (with_suffix(path, suffix), with_suffix(&target, suffix));
            copied &= if from.exists() { copy_file(&from, &to)? } else { remove(&to)? };
        }
        if copied && before.is_some() && stamp(path) == before {
            return Ok((target, scratch));
        }
    }
    Err(StoreError::Busy { waited_ms: 0 })
}

#[cfg(unix)]
fn create_private(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(directory)
}

#[cfg(not(unix))]
fn create_private(directory: &Path) -> io::Result<()> {
    fs::create_dir(directory)
}

/// Length and time of the database and of what is beside it.
fn stamp(path: &Path) -> Option<Vec<(u64, SystemTime)>> {
    let mut files = vec![path.to_owned()];
    files.extend(sidecars(path));
    let stamps = files.iter().map(|file| {
        let metadata = fs::metadata(file).ok()?;
        Some((metadata.len(), metadata.modified().ok()?))
    });
    stamps.collect()
}

/// Returns whether the file was there to be copied.
fn copy_file(from: &Path, to: &Path) -> StoreResult<bool> {
    let copied = File::open(from).and_then(|mut source| {
        let mut target = File::create(to)?;
        io::copy(&mut source, &mut target)
    });
    match copied {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::StorageFull => Err(StoreError::Full),
        Err(error) => Err(io_error("copy", from, &error)),
    }
}

fn remove(file: &Path) -> StoreResult<bool> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io_error("remove", file, &error))
        }
        _ => Ok(true),
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

fn immutable_uri(path: &Path) -> StoreResult<String> {
    let path = std::path::absolute(path).map_err(|error| io_error("find", path, &error))?;
    let mut uri = String::from(if cfg!(windows) { "file:///" } else { "file:" });
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'\\' if cfg!(windows) => uri.push('/'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => {
                uri.push(char::from(*byte));
            }
            b':' if cfg!(windows) => uri.push(':'),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok(uri + "?immutable=1")
}

fn io_error(action: &str, path: &Path, error: &io::Error) -> StoreError {
    StoreError::Io { detail: format!("{action} {}: {error}", path.display()) }
}

/// Which sources a database holds.
pub(super) struct Found {
    pub(super) seed0: bool,
    pub(super) seed1: bool,
    /// Names of some of its tables.
    pub(super) tables: Vec<String>,
}

/// Looks for the known tables. A view is none: what it does when it is read is its author's choice.
pub(super) fn detect(connection: &Connection) -> Outcome<Found> {
    Ok(Found {
        seed0: connection.query_row(seed0::DETECT, [], |row| row.get(0))?,
        seed1: connection.query_row(seed1::DETECT, [], |row| row.get(0))?,
        tables: connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name LIMIT ?1")?
            .query_map([TABLES_NAMED_MAX], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?,
    })
}
