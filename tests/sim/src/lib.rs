//! Seeded devices, relays and faults around the sync engine.
//!
//! To do.
#![allow(clippy::unwrap_used, clippy::panic)] // A simulation that cannot go on ends its test.
#![allow(missing_docs)]

pub mod broken;
pub mod checks;
pub mod contents;
pub mod device;
pub mod edits;
pub mod faults;
pub mod model;
pub mod network;
pub mod plan;
pub mod store;
pub mod world;

pub use broken::Broken;
pub use world::{Report, run};
