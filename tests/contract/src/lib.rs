//! One contract suite over every Runlog store.
//!
//! A contract is a function over a [`Factory`] of stores. It states one behaviour that
//! [`runlog_core::store`] promises, or one law of [`runlog_core::history`] that must hold on top of
//! any store, and it panics where that is broken. The same functions run over the store in memory,
//! over SQLite in a file, with faults injected at every write, and over SQLite in a browser: there
//! is no file, thread or clock in here.
//!
//! # Holding a store to it
//!
//! Give the store a factory and name the attribute that makes a function a test:
//!
//! ```ignore
//! runlog_contract::contract_tests!(#[test] fn => MyFactory::new());
//! runlog_contract::contract_tests!(#[wasm_bindgen_test] async fn => OpfsFactory::install().await);
//! ```
//!
//! # Random scripts
//!
//! [`script`] makes operations from a seed and holds a store to [`MemoryStore`] step by step. The
//! seeds are the same everywhere. Where one fails it says its seed; with `RUNLOG_CONTRACT_SEED` set
//! to it, at run time or where there is no environment at build time, only that one is run.
//!
//! [`MemoryStore`]: runlog_core::store::MemoryStore
#![allow(clippy::unwrap_used, clippy::panic)] // A broken contract ends its test.

#[macro_use]
mod contract_tests;

pub mod dump;
pub mod fail_after;
pub mod random;
pub mod sample;
pub mod sample_runs;
pub mod script;

pub mod atomic;
pub mod backends;
pub mod changes;
pub mod clocks;
pub mod deleting;
pub mod exact;
pub mod filters;
pub mod hostile;
pub mod ids;
pub mod injected;
pub mod kept;
pub mod life;
pub mod log_writing;
pub mod logs;
pub mod merging;
pub mod notes;
pub mod pages;
pub mod purging;
pub mod rows;
pub mod scripts;
pub mod sync_log;
pub mod sync_runs;
pub mod sync_state;

use runlog_core::store::{MemoryStore, Store};

/// Where a contract gets its stores from.
pub trait Factory {
    /// The store that is held to the contract.
    type Store: Store;

    /// An empty store that shares nothing with those made before.
    fn create(&mut self) -> Self::Store;

    /// Closes a store and opens what it left, as the next start of a program does.
    fn reopen(&mut self, store: Self::Store) -> Self::Store;
}

/// Stores in memory: reopening one is going on with it.
#[derive(Clone, Copy, Debug, Default)]
pub struct MemoryFactory;

impl Factory for MemoryFactory {
    type Store = MemoryStore;

    fn create(&mut self) -> MemoryStore {
        MemoryStore::new()
    }

    fn reopen(&mut self, store: MemoryStore) -> MemoryStore {
        store
    }
}
