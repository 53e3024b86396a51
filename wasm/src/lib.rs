//! Runlog in the browser: the calls of a page on a history, and the store on OPFS, the file system
//! that a browser gives to an origin.
//!
//! [`api`] is what a page asks, in JSON; it builds on any target. `OpfsPool` is where SQLite's files
//! live: install it in a dedicated worker, open a database on it, and close and pause it when another
//! tab shall take over. That is for WebAssembly alone.

pub mod api;

#[cfg(target_family = "wasm")]
mod database;
#[cfg(target_family = "wasm")]
mod error;
#[cfg(target_family = "wasm")]
mod files;
#[cfg(target_family = "wasm")]
mod pool;
#[cfg(target_family = "wasm")]
mod store;
#[cfg(target_family = "wasm")]
mod upkeep;

#[cfg(target_family = "wasm")]
pub use database::Database;
#[cfg(target_family = "wasm")]
pub use error::OpfsError;
#[cfg(target_family = "wasm")]
pub use pool::OpfsPool;
#[cfg(target_family = "wasm")]
pub use store::{OpenError, open_store};
