//! Syncing through a relay on the loopback.
#![allow(clippy::unwrap_used, clippy::panic, unreachable_pub)] // A test that cannot go on fails.

mod backup;
mod jobs;
mod refusals;
mod relay;
mod syncer;
mod vault;
