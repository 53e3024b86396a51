//! The Runlog store on OPFS, the file system that a browser gives to an origin.
//!
//! [`OpfsPool`] is where SQLite's files live: install it in a dedicated worker, open a database
//! on it, and close and pause it when another tab shall take over.
//!
//! On any target but WebAssembly this crate is empty.

#![cfg(target_family = "wasm")]

mod error;
mod pool;
mod store;

pub use error::OpfsError;
pub use pool::OpfsPool;
pub use store::{OpenError, open_store};
