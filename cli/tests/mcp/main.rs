//! `runlog mcp` as an assistant uses it: a real client of the protocol asks a server that was
//! started after everything that recorded has ended.

#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on fails.

mod assistant;
mod errors;
mod history;
mod logs;
mod sync;
mod tools;
mod wire;
