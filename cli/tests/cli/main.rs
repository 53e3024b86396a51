//! The program as its users see it: sessions at a shell, in an environment of their own.

#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on fails.

mod clock;
mod doctor;
mod edit;
mod full_disk;
mod help;
mod import;
mod json;
mod list;
mod logs;
mod mask;
mod relay;
mod run;
mod serve;
mod session;
mod show;
mod signals;
mod store;
mod sync;
mod sync_history;
mod synced;
mod terminal;
mod vault_terminal;
