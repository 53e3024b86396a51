//! The process runner, with real processes on streams that the tests hold themselves.
#![cfg(unix)]

mod ends;
mod events;
mod output;
mod signals;
mod stage;
mod terminal;
