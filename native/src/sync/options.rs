//! What a sync is told, and what it reports.

use std::time::Duration;

use runlog_core::id::ExecutionId;
use runlog_core::store::BackendId;
use runlog_core::sync::engine::JobOptions;
use runlog_core::sync::run::{Cause, Direction, RunStatus, SyncRun, SyncType};
use runlog_core::sync::schedule::Timing;

use crate::relay::RelayError;
use crate::vault::OpenVault;

/// What one sync is to do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SyncOptions {
    /// Which way: both, unless told.
    pub direction: Direction,
    /// Everything from the beginning, what is new (unless told), or chosen executions.
    pub sync_type: SyncType,
    /// Which executions, of a [`SyncType::Specific`] sync.
    pub only: Vec<ExecutionId>,
    /// With which backends; all that take part, unless told.
    pub backends: Vec<BackendId>,
    /// Whether to recompute digests from the rows, and repair what differs.
    pub verify: bool,
    /// What set it off: somebody by hand, unless told.
    pub cause: Cause,
    /// Who set it off: `user` unless told.
    pub triggered_by: String,
    /// How long to wait for another process that syncs: 10 s unless told.
    pub lock_wait: Duration,
}

impl Default for SyncOptions {
    fn default() -> Self {
        let job = JobOptions::default();
        Self {
            direction: job.direction,
            sync_type: job.sync_type,
            only: job.only,
            backends: job.backends,
            verify: job.verify,
            cause: job.cause,
            triggered_by: job.triggered_by,
            lock_wait: Duration::from_secs(10),
        }
    }
}

impl SyncOptions {
    /// Whether what is here may be replaced by much of what is there, so that a backup comes first.
    pub(super) fn wants_backup(&self) -> bool {
        self.sync_type == SyncType::Full && self.direction == Direction::RemoteToLocal
    }

    pub(super) fn job(&self, backup_path: Option<String>) -> JobOptions {
        JobOptions {
            direction: self.direction,
            sync_type: self.sync_type,
            cause: self.cause,
            triggered_by: self.triggered_by.clone(),
            backends: self.backends.clone(),
            only: self.only.clone(),
            verify: self.verify,
            backup_path,
            ..JobOptions::default()
        }
    }
}

/// What a sync did: a run with each backend.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SyncReport {
    /// The runs, as the history of syncing has them.
    pub runs: Vec<SyncRun>,
    /// What went wrong on the way to a relay, by backend.
    pub errors: Vec<(BackendId, RelayError)>,
}

impl SyncReport {
    /// Whether all that was to be done was done, with every backend.
    pub fn is_complete(&self) -> bool {
        self.runs.iter().all(|run| run.status == RunStatus::Completed)
    }

    /// Whether every backend was reached and dealt with, even if it refused something.
    pub fn is_reached(&self) -> bool {
        let reached = [RunStatus::Completed, RunStatus::Partial];
        self.runs.iter().all(|run| reached.contains(&run.status))
    }

    /// Whether it was told to stop.
    pub fn is_cancelled(&self) -> bool {
        self.runs.iter().any(|run| run.status == RunStatus::Cancelled)
    }
}

/// How a [`Syncer`](super::Syncer) works.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SyncerOptions {
    /// Lengths of time.
    pub timing: Timing,
    /// How often to look for edits of other processes: every 100 ms unless told.
    pub watch_every: Duration,
    /// The vault's key, where it has to be asked for; else it is taken from where it is kept.
    pub vault: Option<OpenVault>,
    /// Who sets the syncs off: `syncer` unless told.
    pub triggered_by: String,
}

impl Default for SyncerOptions {
    fn default() -> Self {
        Self {
            timing: Timing::default(),
            watch_every: Duration::from_millis(100),
            vault: None,
            triggered_by: "syncer".to_owned(),
        }
    }
}
