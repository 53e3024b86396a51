//! Record what you execute: open a history, record runs, run processes.
//!
#![doc = include_str!("../README.md")]

mod backup;
mod error;
mod files;
mod import;
mod open;
mod owner;
pub mod process;
mod recorder;
mod runner;
mod system;

pub use error::Error;
pub use import::ImportReport;
pub use open::{Options, Runlog};
pub use owner::RecorderLock;
pub use recorder::{Flush, NewRun, Overflow, Recorder, RecorderOptions, RecorderStats, Run};
pub use runlog_core::{history, id, log, model, query, time};
pub use runlog_sqlite::Durability;
pub use runlog_sqlite::import::Skipped;
pub use runner::{Finished, find_program, run_recorded};
pub use system::{host_name, new_execution_id, now, user_name};
