//! The lock that a process holds while it syncs a history.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{Cancel, SyncError};
use crate::files;

/// How often a lock that is taken is tried again.
const TRY_EVERY: Duration = Duration::from_millis(50);

/// Held while a process syncs, restores, or makes the history another device's. The system releases
/// it when the process dies, however it dies.
#[derive(Debug)]
pub(crate) struct SyncLock(#[expect(dead_code, reason = "held until it is dropped")] File);

impl SyncLock {
    /// Takes the lock of a history, waiting for it at most so long.
    pub(crate) fn acquire(
        database: &Path,
        wait: Duration,
        cancel: &Cancel,
    ) -> Result<Self, SyncError> {
        let until = Instant::now() + wait;
        let mut waits = false;
        loop {
            if let Some(lock) = Self::try_acquire(database)? {
                return Ok(lock);
            }
            if cancel.is_cancelled() {
                return Err(SyncError::Cancelled);
            }
            if Instant::now() >= until {
                return Err(SyncError::Busy { path: path(database) });
            }
            if !waits {
                tracing::info!("another process is syncing this history: waiting for it");
                waits = true;
            }
            cancel.sleep(TRY_EVERY);
        }
    }

    /// Takes the lock; `None` where another process has it.
    pub(crate) fn try_acquire(database: &Path) -> Result<Option<Self>, SyncError> {
        let path = path(database);
        let file = files::create_private_file(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            // Without a lock two processes could look like a device and its copy.
            Err(TryLockError::Error(error)) => Err(crate::Error::file("lock", &path)(error).into()),
        }
    }
}

fn path(database: &Path) -> PathBuf {
    files::beside(database, ".sync-lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("history.db");
        let first = SyncLock::try_acquire(&database).unwrap().unwrap();
        assert!(SyncLock::try_acquire(&database).unwrap().is_none());
        let refused = SyncLock::acquire(&database, Duration::ZERO, &Cancel::new());
        assert!(matches!(refused, Err(SyncError::Busy { .. })), "{refused:?}");
        drop(first);
        assert!(SyncLock::try_acquire(&database).unwrap().is_some());
    }
}
