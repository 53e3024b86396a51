//! How a syncer stands, to be looked at and waited for.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use runlog_core::sync::run::SyncRun;
use runlog_core::sync::schedule::Held;
use runlog_core::time::Timestamp;

/// How a [`Syncer`](super::Syncer) stands.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SyncerStatus {
    /// Grows with each change of the rest.
    pub version: u64,
    /// What holds syncing back, if anything does.
    pub held: Option<Held>,
    /// When the next sync is due, if nothing happens before.
    pub next_at: Option<Timestamp>,
    /// The run that is under way.
    pub running: Option<SyncRun>,
    /// The runs of the last sync, one a backend.
    pub last: Vec<SyncRun>,
    /// Why the last sync was not begun, or what went wrong in it.
    pub last_error: Option<String>,
    /// Whether the syncer has ended.
    pub has_ended: bool,
}

/// Called with each new status.
pub(super) type OnChange = Box<dyn Fn(&SyncerStatus) + Send + Sync>;

/// The status of a syncer, shared with its thread.
#[derive(Default)]
pub(super) struct Board {
    status: Mutex<SyncerStatus>,
    changed: Condvar,
    on_change: Mutex<Option<Arc<OnChange>>>,
}

impl Board {
    pub(super) fn status(&self) -> SyncerStatus {
        self.lock().clone()
    }

    /// Waits until the status is another than the one of `version`, or the time is over.
    pub(super) fn wait(&self, version: u64, timeout: Duration) -> SyncerStatus {
        let is_same = |status: &mut SyncerStatus| status.version == version && !status.has_ended;
        let waited = self.changed.wait_timeout_while(self.lock(), timeout, is_same);
        waited.unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Changes the status; those who wait are told where it is another now.
    pub(super) fn change(&self, change: impl FnOnce(&mut SyncerStatus)) {
        let now = {
            let mut status = self.lock();
            let before = status.clone();
            change(&mut status);
            if *status == before {
                return;
            }
            status.version += 1;
            self.changed.notify_all();
            status.clone()
        };
        let told = self.on_change.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(told) = told {
            told(&now);
        }
    }

    pub(super) fn on_change(&self, told: OnChange) {
        *self.on_change.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(told));
    }

    fn lock(&self) -> MutexGuard<'_, SyncerStatus> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Board").field("status", &self.status()).finish_non_exhaustive()
    }
}
