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
//! there are and how a seed chooses among them; [`faults`] and `traffic` do them, `stepping` does what
//! people and programs do, and `settling` lets all come to rest.
//!
//! # What is checked
//!
//! At every quiet point ([`checks`]): all devices hold the same, and so does every relay; no edit is
//! lost that the reference ([`model`]) knows of, and nothing is there that nobody wrote; the digests
//! of all sides are those of what they hold; the last runs have completed; a new reader of a relay
//! gets the same from one that keeps all that it ever accepted. Nothing waits for its clock but what
//! some relay had accepted.
//!
//! After every job: the status of no run has moved back, but on a device that was itself set back; and
//! no verification has found a difference, but with a relay that was damaged or set back since all
//! were last at rest. At every step ([`watching`]): no position has passed what it stands for, and
//! digests are found equal exactly where contents are. A run that does not come to rest has failed.
//!
//! [`broken`] breaks the rules one at a time; `tests/broken.rs` tells within how many seeds each is
//! noticed.
//!
//! # Replaying
//!
//! A failed seed prints `RUNLOG_SIM_SEED=123 cargo nextest run -p runlog-sim replay --no-capture`,
//! which shows all that happens. `make soak` runs new seeds for as long as one likes.
#![allow(clippy::unwrap_used, clippy::panic)] // A simulation that cannot go on ends its test.

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
mod traffic;
pub mod watching;
pub mod world;

pub use broken::Broken;
pub use world::{Report, run};
