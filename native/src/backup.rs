//! Copies of a database: made, checked, restored.

use std::path::{Path, PathBuf};
use std::time::Duration;

use runlog_core::change::ChangeNumber;
use runlog_core::history::History;
use runlog_core::store::{BackendId, StoreError};
use runlog_core::sync::engine::adopt_copy;
use runlog_core::sync::local::BackupNote;
use runlog_core::time::Timestamp;
use runlog_sqlite::SqliteStore;
use runlog_sqlite::copies::{
    check_pages, copy_database, into_one_file, open_to_read, replace_database,
};
use rusqlite::Connection;

use crate::connect::open_as_it_is;
use crate::sync::{Cancel, SyncError, SyncLock};
use crate::{Error, Runlog, files, system};

/// How long a restore waits for a sync to end.
const LOCK_WAIT: Duration = Duration::from_secs(30);

/// A copy that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backup {
    /// Where it is.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// When it was made.
    pub at: Timestamp,
}

/// What a restore did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Restored {
    /// When the backup was made.
    pub made_at: Option<Timestamp>,
    /// Where the history is kept that was there before; `None` where there was none.
    pub replaced: Option<PathBuf>,
    /// Backends that were switched off, as the restore undoes a sync with them.
    pub paused: Vec<BackendId>,
    /// How many edits that were made here since were carried over, where it undoes a sync.
    pub carried_over: u64,
}

impl Runlog {
    /// Copies this history to a file that does not exist yet, while others read and write it, and
    /// checks the copy. The copy knows that it is one: restored, it goes on as another device.
    ///
    /// # Errors
    /// Where the file exists or cannot be written, and where the copy is damaged.
    pub fn backup(&self, path: impl AsRef<Path>) -> Result<Backup, Error> {
        self.backup_with(path.as_ref(), Vec::new())
    }

    /// Copies this history beside itself before a sync that a restore is to undo.
    pub(crate) fn backup_before_sync(&self, pauses: Vec<BackendId>) -> Result<PathBuf, Error> {
        let directory = files::beside(self.path(), ".backups");
        files::create_private_dir(&directory)?;
        let name = format!("before-sync-{}.db", name_of(system::now()));
        Ok(self.backup_with(&directory.join(name), pauses)?.path)
    }

    fn backup_with(&self, path: &Path, pauses: Vec<BackendId>) -> Result<Backup, Error> {
        if path.exists() {
            let exists = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
            return Err(Error::file("make the backup", path)(exists));
        }
        let at = system::now();
        let partial = files::beside(path, ".partial");
        let made = self.copy_to(&partial).and_then(|()| mark(&partial, self, at, pauses));
        let done = made.and_then(|()| {
            std::fs::rename(&partial, path).map_err(Error::file("name the backup", path))
        });
        if let Err(error) = done {
            forget(&partial);
            return Err(error);
        }
        let bytes = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        Ok(Backup { path: path.to_owned(), bytes, at })
    }

    fn copy_to(&self, target: &Path) -> Result<(), Error> {
        forget(target);
        files::create_private_file(target)?;
        self.with_store(|store| copy_database(store.connection(), target))
            .map_err(Error::database(target))
    }

    /// Puts the history of a backup in the place of the one at `database`, which is copied beside
    /// itself first. The restored history goes on as another device (SYNC 24): what a relay
    /// acknowledged after the backup was made must not be taken for its own.
    ///
    /// # Errors
    /// Where the backup is none, is damaged or of a newer program, and where a process is recording.
    /// Nothing is changed then.
    pub fn restore(
        database: impl AsRef<Path>,
        backup: impl AsRef<Path>,
        cancel: &Cancel,
    ) -> Result<Restored, SyncError> {
        let (database, backup) = (database.as_ref(), backup.as_ref());
        let there = database.exists();
        let current = Self::open(database)?;
        if current.recorders()?.iter().any(|lock| lock.alive != Some(false)) {
            let busy = StoreError::Busy { waited_ms: 0 };
            return Err(Error::database(database)(busy).into());
        }
        let _lock = SyncLock::acquire(database, LOCK_WAIT, cancel)?;
        let fresh = files::beside(database, ".restoring");
        let (made_at, paused, carried_over) = match prepare(backup, &fresh, &current) {
            Ok(prepared) => prepared,
            Err(error) => {
                forget(&fresh);
                return Err(error.into());
            }
        };
        let replaced = match there {
            true => Some(current.backup_before_restore()?),
            false => None,
        };
        drop(current);
        let put = open_to_read(&fresh).and_then(|source| replace_database(database, &source));
        forget(&fresh);
        put.map_err(Error::database(database))?;
        Ok(Restored { made_at, replaced, paused, carried_over })
    }

    fn backup_before_restore(&self) -> Result<PathBuf, Error> {
        let name = format!(".before-restore-{}", name_of(system::now()));
        Ok(self.backup_with(&files::beside(self.path(), &name), Vec::new())?.path)
    }
}

/// Copies a backup, brings the copy up to date, checks it, and makes it another device. Where it
/// undoes a sync, what was written here since is carried over.
fn prepare(
    backup: &Path,
    fresh: &Path,
    current: &Runlog,
) -> Result<(Option<Timestamp>, Vec<BackendId>, u64), Error> {
    forget(fresh);
    files::create_private_file(fresh)?;
    files::refuse_what_is_no_database(backup)?;
    let copied = open_to_read(backup).and_then(|source| copy_database(&source, fresh));
    copied.map_err(Error::database(backup))?;
    let checked = open_to_read(fresh).and_then(|copy| check_pages(&copy));
    checked.map_err(Error::database(backup))?;
    let mut history = open_as_it_is(fresh, current.options())?;
    let was = history.device();
    let (note, upto) =
        history.read(|reader| Ok((reader.backup_note()?, reader.tx().counters()?.change)))?;
    let undoes = note.as_ref().is_some_and(|note| !note.pauses.is_empty());
    let carried_over = match undoes && was == current.device() {
        true => carry_over(current, &mut history, upto)?,
        false => 0,
    };
    // Only then: what is stamped anew is newer than everything carried over.
    adopt(&mut history, note.as_ref())?;
    into_one_file(history.into_store().into_connection()).map_err(Error::database(fresh))?;
    let paused = note.as_ref().map(|note| note.pauses.clone()).unwrap_or_default();
    Ok((note.map(|note| note.at), paused, carried_over))
}

fn carry_over(
    from: &Runlog,
    into: &mut History<SqliteStore>,
    upto: ChangeNumber,
) -> Result<u64, Error> {
    let device = from.device();
    let (mut after, mut carried) = (Some(upto), 0);
    while let Some(upto) = after {
        let (edits, next) = from.read(|reader| reader.own_edits(device, upto))?;
        carried += into.write(system::now(), |writer| writer.carry_over(edits))?;
        after = next;
    }
    Ok(carried)
}

/// Makes a history that is a copy one of a device of its own.
pub(crate) fn adopt(
    history: &mut History<SqliteStore>,
    note: Option<&BackupNote>,
) -> Result<(), Error> {
    Ok(adopt_copy(history, note, system::new_device_id(), system::now())?)
}

/// Notes in a copy that it is one, after it was found whole.
fn mark(path: &Path, of: &Runlog, at: Timestamp, pauses: Vec<BackendId>) -> Result<(), Error> {
    let checked = open_to_read(path).and_then(|copy| check_pages(&copy));
    checked.map_err(Error::database(path))?;
    let mut history = open_as_it_is(path, of.options())?;
    let note = BackupNote { at, pauses };
    history.write(at, |writer| writer.set_backup_note(Some(&note)))?;
    into_one_file(history.into_store().into_connection()).map_err(Error::database(path))?;
    let file = std::fs::File::open(path).and_then(|file| file.sync_all());
    file.map_err(Error::file("write the backup", path))
}

/// Copies the database beside itself before it is migrated from version `from`, unless a copy of
/// that version is there from an earlier attempt. Says where the copy is.
///
/// # Errors
/// The store's own errors; then nothing is migrated.
pub(crate) fn before_migration(
    connection: &Connection,
    path: &Path,
    from: u32,
) -> Result<PathBuf, StoreError> {
    let target = files::beside(path, &format!(".before-v{}", from + 1));
    if target.exists() {
        return Ok(target);
    }
    let partial = files::beside(&target, ".partial");
    let failed = |detail: String| StoreError::Io {
        detail: format!("the backup before the migration failed: {detail}"),
    };
    let _ = std::fs::remove_file(&partial);
    files::create_private_file(&partial).map_err(|error| failed(error.to_string()))?;
    if let Err(error) = copy_database(connection, &partial) {
        let _ = std::fs::remove_file(&partial);
        return Err(error);
    }
    std::fs::rename(&partial, &target).map_err(|error| failed(error.to_string()))?;
    Ok(target)
}

/// A moment as part of a file's name.
fn name_of(at: Timestamp) -> String {
    at.to_string().chars().filter(char::is_ascii_alphanumeric).collect()
}

/// Removes a file of ours that is not needed, with what SQLite puts beside it.
fn forget(path: &Path) {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let _ = std::fs::remove_file(files::beside(path, suffix));
    }
}
