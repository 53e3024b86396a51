//! Model, clocks, merge and the storage trait of Runlog.
//!
//! This crate is the part of Runlog that decides: what an execution is, which of two edits wins,
//! what a log piece looks like, what a store must promise. It does no I/O, reads no clock, draws no
//! random number and knows no SQL: the time, new identifiers and a [`Store`](store::Store) are
//! handed in. So the same decisions run in a native program, in a browser and in a test.
//!
//! Where to find what:
//!
//! | module | holds |
//! |---|---|
//! | [`model`] | executions, their status, endings, params, tags: typed values that cannot be invalid |
//! | [`change`] | numbers of changes |
//! | [`clock`] | the hybrid logical clock and the clocks of a row's columns |
//! | [`schema`] | the synchronised tables and their columns |
//! | [`merge`] | last writer wins per column |
//! | [`codec`] | bytes of clocks, values and records, with their limits |
//! | [`crypto`] | keys of a vault, sealing of values, opaque tags, wrapping, pairing |
//! | [`entropy`] | the randomness that is handed in |
//! | [`log`] | log lines in columnar batches, pieces, what is dropped |
//! | [`mask`] | what looks like a secret, and what is written in its place |
//! | [`store`] | the storage trait, its promises, and the in-memory reference |
//! | [`history`] | the operations: start, finish, edit, delete, merge, read |
//! | [`query`] | filters, orders and cursors of listings |
//! | [`order`], [`sorted_map`] | sorting and small maps, compiled once or nearly so |
//! | [`sealed`] | records as they travel: what everyone may see of them |
//! | [`relay`] | what a relay keeps and answers, and one in memory |
//! | [`sync`] | messages, runs, and the engine that moves changes |
//!
//! ```
//! use runlog_core::history::History;
//! use runlog_core::id::{DeviceId, ExecutionId};
//! use runlog_core::model::{Ending, Kind, NewExecution, Outcome, Status};
//! use runlog_core::store::MemoryStore;
//! use runlog_core::time::Timestamp;
//!
//! let mut history = History::open(MemoryStore::new(), DeviceId::from_u128(7))?;
//! let id = ExecutionId::from_u128(1);
//! let at = Timestamp::from_millis(1_700_000_000_000);
//! history.write(at, |tx| tx.start(&NewExecution::new(id, Kind::Job, "nightly", at)?))?;
//! history.write(at, |tx| tx.finish(id, &Ending::new(Outcome::Completed, at)))?;
//! let run = history.read(|tx| tx.execution(id))?.expect("it was just written");
//! assert_eq!(run.status(), Status::Completed);
//! # Ok::<(), runlog_core::history::HistoryError>(())
//! ```
#![forbid(unsafe_code)]

pub mod change;
pub mod clock;
pub mod codec;
pub mod crypto;
pub mod entropy;
pub mod history;
pub mod id;
pub mod json;
pub mod log;
pub mod mask;
pub mod merge;
pub mod model;
pub mod order;
pub mod query;
pub mod relay;
pub mod schema;
pub mod sealed;
pub mod sorted_map;
pub mod store;
pub mod sync;
pub mod time;
pub mod value;
