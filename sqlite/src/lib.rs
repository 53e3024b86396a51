//! The Runlog store over SQLite: one implementation of
//! [`Store`](runlog_core::store::Store) for native programs and browsers.
//!
//! [`SqliteStore::open`] takes a connection that the caller has opened (a file, OPFS, memory), sets
//! it up and brings its schema up to date. Where to find what:
//!
//! | module | holds |
//! |---|---|
//! | `store`, `connection` | the store, its options, how a connection is set up |
//! | `migrations` | the schema in SQL, numbered |
//! | `tx`, `surface` | transactions; the storage trait, handed on to the modules below |
//! | `rows`, `statements`, `mistyped`, `tags` | rows of the synchronised tables |
//! | `derived` | the indexes of tags and params |
//! | `list`, `listing`, `find` | listings, and executions by their ids |
//! | `logs`, `pieces` | log pieces and gaps |
//! | `changes`, `kept`, `sync_state`, `purge` | what syncing needs |
//! | `local`, `devices` | what belongs to this device, numbers for devices |
//! | [`import`] | reading the databases of other programs |
//! | [`copies`] | whole databases: copied, checked, put in the place of another |
//! | `check` | looking for damage, building derived data anew |
//!
//! # How things are stored
//!
//! An execution is one row: its key, whether it is shown, its newest change number and the clocks
//! of its columns in one blob, then a column for each field, the large ones last. Status, time and
//! duration are generated columns, so that they can be indexed and cannot disagree with what they
//! follow from. A row that is not whole, or holds what this program does not know, is stored and
//! hidden; constraints hold only rows that are shown.
//!
//! Invariant: no statement is made from a value. Texts are fixed, or put together from the schema's
//! own names.
//!
//! Invariant: a listing reads neither params, attributes, prompts nor logs.
#![forbid(unsafe_code)]

mod changes;
mod check;
mod connection;
pub mod copies;
mod derived;
mod devices;
mod error;
mod find;
pub mod import;
mod kept;
mod list;
mod listing;
mod local;
mod logs;
mod migrations;
mod mistyped;
mod notes;
mod pieces;
mod purge;
mod rejections;
mod rows;
mod standing;
mod statements;
mod store;
mod surface;
mod sync_log;
mod sync_runs;
mod sync_state;
mod tags;
mod tx;
mod values;

pub use rusqlite;

pub use changes::Unsent;
pub use check::{Finding, FindingKind};
pub use connection::{Durability, Journal, Options};
pub use error::store_error;
pub use migrations::{APPLICATION_ID, PendingMigration, SCHEMA_VERSION, pending};
pub use store::SqliteStore;
