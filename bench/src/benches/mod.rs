//! One file a bench; each is a line or two of the table.

pub(crate) mod clock_bytes;
pub(crate) mod command;
pub(crate) mod executions;
pub(crate) mod log_size;
pub(crate) mod long_line;
pub(crate) mod merge;
pub(crate) mod pipe;
pub(crate) mod recorder;
pub(crate) mod scale;
pub(crate) mod sync_bytes;
pub(crate) mod sync_crowd;
pub(crate) mod sync_first;
pub(crate) mod sync_postgres;
pub(crate) mod sync_scale;
pub(crate) mod sync_seen;
