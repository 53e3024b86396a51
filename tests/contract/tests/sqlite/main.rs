//! SQLite in files: the contracts, and what only files, disks and processes do to a store.

mod contracts;
mod errors;
mod files;
mod kills;
mod two_connections;
