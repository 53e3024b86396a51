//! Record what you execute: open a history, record runs, run processes.
//!
#![doc = include_str!("../README.md")]

mod backends;
mod backup;
mod connect;
mod error;
mod files;
mod import;
mod mask_patterns;
mod options;
mod owner;
pub mod process;
mod recorder;
pub mod relay;
mod runlog;
mod runner;
pub mod sync;
pub mod sync_history;
mod system;
pub mod vault;

pub use crate::runlog::Runlog;
pub use backends::BackendError;
pub use backup::{Backup, Restored};
pub use error::Error;
pub use import::ImportReport;
pub use mask_patterns::read_mask_patterns;
pub use options::{Masking, Options, Overflow, RecorderOptions};
pub use owner::RecorderLock;
pub use recorder::{Flush, NewRun, Recorder, RecorderStats, Run};
pub use runlog_core::{history, id, log, mask, model, query, time};
pub use runlog_sqlite::Durability;
pub use runlog_sqlite::import::Skipped;
pub use runner::{Finished, find_program, run_recorded};
pub use system::{host_name, new_execution_id, now, user_name};
