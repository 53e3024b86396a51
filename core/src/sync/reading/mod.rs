//! Reading what syncing left: its history, how each backend stands, and where a value came from.
//!
//! All of it is methods of [`HistoryReader`](crate::history::HistoryReader), and so of one
//! transaction. In Rust a reading method has no `get_`: what other surfaces call
//! `get_latest_sync(direction)` and `get_sync_stats(days)` is `latest_sync` and `sync_stats` here.
//!
//! | module | answers |
//! |---|---|
//! | `runs` | which runs there were, and what they did to an execution |
//! | `stats` | how syncing went over some days |
//! | `overview` | whether this device is up to date, and if not, since when and why |
//! | `why` | who wrote a value, how it came here, and what it displaced |
//! | `heard` | when the device of a run that goes on was last heard from |
//! | `keeping` | how long all of this is kept |

mod heard;
mod keeping;
mod overview;
mod problems;
mod runs;
mod stats;
mod why;

pub use keeping::{SYNC_HISTORY_KEPT_MS, SyncHistoryRemoved};
pub use overview::{BackendOverview, BackendState, NOT_HEARD_FROM_MS, OverallState, SyncOverview};
pub use problems::{COUNTED_MAX, Counted, Problem, ProblemFilter, Problems};
pub use runs::{SYNC_LOG_LIMIT, SyncLogPage, SyncLogRow};
pub use stats::{DayStats, DirectionStats, STATS_DAYS, STATS_DAYS_MAX, SyncStats};
pub use why::{Arrived, DisplacedValue, Why, Written};
