//! Syncing a history: now, or in the background.
//!
//! [`Runlog::sync_now`](crate::Runlog::sync_now) runs one job; a [`Syncer`] is a thread that runs
//! jobs whenever there is a reason to. What is decided is decided in [`runlog_core::sync`]; this
//! module carries bytes, holds the lock, and watches.
//!
//! Only one process may sync a history at a time: two would present the same token to a relay and
//! look like a device and its copy. Each job holds an exclusive lock on a file beside the database.

mod cancel;
mod carrier;
mod driver;
mod error;
mod gates;
mod listener;
mod lock;
mod options;
mod session;
mod status;
mod syncer;
mod watch;

pub use cancel::Cancel;
pub use error::SyncError;
pub use options::{SyncOptions, SyncReport, SyncerOptions};
pub use status::SyncerStatus;
pub use syncer::Syncer;

pub use runlog_core::store::{Backend, BackendId};
pub use runlog_core::sync::connection::Connection;
pub use runlog_core::sync::run::{
    Cause, Counts, Direction, Phase, RunStatus, SyncId, SyncRun, SyncType, Verification,
};
pub use runlog_core::sync::schedule::{Held, Timing};

pub(crate) use lock::SyncLock;
