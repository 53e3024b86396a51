//! Seeded devices, relays and faults around the sync engine.
//!
//! Everything follows from a seed: who syncs with whom, what people edit and when, what is lost on
//! the way, who dies at which write. Time is virtual; nothing sleeps.
//!
//! # What is simulated
//!
//! The real engine and the real merge, over stores in memory and in SQLite, talk to model relays
//! ([`MemoryRelay`](runlog_core::relay::MemoryRelay)) through the real bytes of the messages: 2 to 7
//! devices (8 with copies), 1 to 3 relays, not every device on every relay. [`plan`] says which faults
//! there are and how a seed chooses among them; [`faults`], [`altered`] and `traffic` do them,
//! `stepping` does what people and programs do, `settling` lets all come to rest, and [`tally`] counts
//! how often each kind of fault strikes.
//!
//! A relay in memory commits all of a request or nothing, so killing it at any of its writes is
//! killing it before it commits. An older program is this one that does not know one column and one
//! table ([`Older`](runlog_core::history::Older)).
//!
//! # What is checked
//!
//! At every quiet point ([`checks`]): all devices hold the same, and so does every relay; no edit is
//! lost that the reference ([`model`]) knows of, and nothing is there that nobody wrote; the digests
//! of all sides are those of what they hold; the last runs have completed; a new reader of a relay
//! gets the same from one that keeps all that it ever accepted; nothing waits for a backend, was
//! refused by one or is set aside, unless it was altered on its way to a relay, which nobody can undo.
//! Nothing waits for its clock but what some relay had accepted.
//!
//! After every job: the status of no run has moved back, but on a device that was itself set back; no
//! clock has moved past all that was written; and no verification has found a difference, but with a
//! relay that was damaged or set back since all were last at rest. At every step ([`watching`]): no
//! position has passed what it stands for, and digests are found equal exactly where contents are.
//!
//! A run that does not come to rest has failed: once the faults have ended, each device has at most
//! 8 jobs and 4 more for each device (and six waits of 12 hours where something waits until it is
//! due), and each job 20,000 steps.
//!
//! [`broken`] breaks the rules one at a time; `tests/broken.rs` tells within how many seeds each is
//! noticed.
//!
//! # Replaying
//!
//! A failed seed prints `RUNLOG_SIM_SEED=123 cargo nextest run -p runlog-sim replay --no-capture`,
//! which shows all that happens. `make soak` runs new seeds for as long as one likes.
#![allow(clippy::unwrap_used, clippy::panic)] // A simulation that cannot go on ends its test.

pub mod altered;
pub mod broken;
pub mod checks;
pub mod contents;
pub mod device;
pub mod edits;
pub mod faults;
pub mod model;
pub mod network;
pub mod plan;
pub mod relay;
mod settling;
mod stepping;
pub mod store;
pub mod tally;
mod traffic;
pub mod watching;
pub mod world;

pub use broken::Broken;
pub use tally::{KINDS, Tally};
pub use world::{Report, run};
