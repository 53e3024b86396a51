//! Who records: a process that holds a lock while it lives.
//!
//! Every recording process takes an identity and an exclusive lock on a file of that name. The
//! system releases the lock when the process dies, however it dies, so the lock says at once and
//! without a clock whether a run still has somebody who will report its ending. Where locks do not
//! work (some network file systems), the age of the heartbeat decides.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use runlog_core::store::OwnerId;

use crate::{Error, files, system};

/// The identity of this process toward one database, and the lock that proves it lives.
#[derive(Debug)]
pub(crate) struct Owner {
    id: OwnerId,
    path: PathBuf,
    /// Holds the lock until it is dropped.
    _lock: File,
}

/// How old a dead process's lock file is before it is swept away. A file is locked right after it was
/// made: in between it looks like that of a dead process, and must not go.
const SWEPT_AFTER: Duration = Duration::from_secs(60 * 60);

impl Owner {
    /// Takes an identity and its lock, and sweeps away what killed processes have left.
    pub(crate) fn acquire(database: &Path) -> Result<Self, Error> {
        let directory = directory(database);
        files::create_private_dir(&directory)?;
        sweep(database);
        let id = system::new_owner_id();
        let path = lock_path(&directory, id);
        let file = files::create_private_file(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let taken = std::io::Error::from(std::io::ErrorKind::ResourceBusy);
                return Err(Error::file("lock", &path)(taken));
            }
            // Without locks the heartbeat decides.
            Err(TryLockError::Error(_)) => {}
        }
        Ok(Self { id, path, _lock: file })
    }

    pub(crate) fn id(&self) -> OwnerId {
        self.id
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // Whoever finds no file knows that the process is gone, so failing to remove it is harmless.
        let _ = fs::remove_file(&self.path);
    }
}

/// What is known of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// It holds its lock.
    Alive,
    /// Its lock is free or gone.
    Dead,
    /// Locks do not work here.
    Unknown,
}

/// Whether the process of an identity lives.
pub(crate) fn life_of(database: &Path, owner: OwnerId) -> Life {
    life_at(&lock_path(&directory(database), owner)).unwrap_or(Life::Dead)
}

/// What the lock of a file says; `None` where there is no file.
fn life_at(path: &Path) -> Option<Life> {
    let file = File::options().read(true).open(path).ok()?;
    Some(match file.try_lock_shared() {
        Ok(()) => Life::Dead,
        Err(TryLockError::WouldBlock) => Life::Alive,
        Err(TryLockError::Error(_)) => Life::Unknown,
    })
}

/// Removes the lock file of a process that is dead.
pub(crate) fn forget(database: &Path, owner: OwnerId) {
    let _ = fs::remove_file(lock_path(&directory(database), owner));
}

/// Removes old lock files of dead processes, also of those that died before they leased any run, of
/// which nobody else knows.
fn sweep(database: &Path) {
    let is_old = |path: &Path| {
        let made = fs::metadata(path).and_then(|file| file.modified());
        let age = made.ok().and_then(|made| SystemTime::now().duration_since(made).ok());
        age.is_some_and(|age| age > SWEPT_AFTER)
    };
    for lock in locks(database).unwrap_or_default() {
        if lock.alive == Some(false) && is_old(&lock.path) {
            // Another process may sweep as well.
            let _ = fs::remove_file(&lock.path);
        }
    }
}

/// The lock file of a process that records, or did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecorderLock {
    /// The file.
    pub path: PathBuf,
    /// Whether the process lives; `None` where locks do not work. The file of one that died is
    /// harmless and may be removed.
    pub alive: Option<bool>,
}

/// Every lock file beside a database.
pub(crate) fn locks(database: &Path) -> Result<Vec<RecorderLock>, Error> {
    let directory = directory(database);
    let entries = match fs::read_dir(&directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::file("read", &directory)(error)),
    };
    let mut locks = Vec::new();
    for entry in entries.flatten() {
        let path = entry.path();
        let alive = match life_at(&path) {
            Some(Life::Alive) => Some(true),
            Some(Life::Dead) => Some(false),
            Some(Life::Unknown) => None,
            // It has ended meanwhile.
            None => continue,
        };
        locks.push(RecorderLock { path, alive });
    }
    locks.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(locks)
}

fn directory(database: &Path) -> PathBuf {
    files::beside(database, ".owners")
}

fn lock_path(directory: &Path, owner: OwnerId) -> PathBuf {
    directory.join(format!("{:032x}.lock", owner.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_tells_life_from_death() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("history.db");
        let owner = Owner::acquire(&database).unwrap();
        let id = owner.id();
        assert_eq!(life_of(&database, id), Life::Alive);
        assert!(locks(&database).unwrap().iter().all(|lock| lock.alive == Some(true)));
        drop(owner);
        assert_eq!(life_of(&database, id), Life::Dead);
        assert_eq!(locks(&database).unwrap(), []);
        assert_eq!(life_of(&database, OwnerId(7)), Life::Dead);
    }

    #[test]
    fn old_locks_of_the_dead_are_swept_and_no_others() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("history.db");
        let living = Owner::acquire(&database).unwrap();
        let [old, young] =
            ["old.lock", "young.lock"].map(|name| super::directory(&database).join(name));
        let long_ago = SystemTime::now() - SWEPT_AFTER - Duration::from_secs(1);
        for (path, made) in
            [(&old, long_ago), (&young, SystemTime::now()), (&living.path, long_ago)]
        {
            let file = File::options().create(true).append(true).open(path).unwrap();
            file.set_modified(made).unwrap();
        }
        let _other = Owner::acquire(&database).unwrap();
        assert!(!old.exists() && young.exists() && living.path.exists());
    }
}
