//! The store on OPFS keeps every promise that stores make: the contract suite, in a browser.
//!
//! All tests share one worker; each has a directory of its own and gives it back.

#![cfg(target_family = "wasm")]
#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

use std::cell::Cell;

use runlog_contract::Factory;
use runlog_sqlite::SqliteStore;
use runlog_wasm::{OpfsPool, open_store};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// Stores in files of one pool.
struct OpfsFactory {
    pool: OpfsPool,
    made: u32,
}

/// Slots for the stores of one contract: some compare four, each a file with its log.
const SLOTS: usize = 16;

thread_local! {
    static DIRECTORIES: Cell<u32> = const { Cell::new(0) };
}

impl OpfsFactory {
    async fn install() -> Self {
        let number = DIRECTORIES.replace(DIRECTORIES.get() + 1);
        let pool = OpfsPool::install(&format!("contract-{number}"), SLOTS).await.unwrap();
        Self { pool, made: 0 }
    }

    fn open(&self, name: &str) -> SqliteStore {
        open_store(&self.pool, name).unwrap()
    }
}

impl Factory for OpfsFactory {
    type Store = SqliteStore;

    fn create(&mut self) -> SqliteStore {
        // A random script makes many stores, one after the other: those that are closed make room.
        for number in 1..=self.made {
            let _ = self.pool.remove(&format!("{number}.db"));
        }
        self.made += 1;
        self.open(&format!("{}.db", self.made))
    }

    fn reopen(&mut self, store: SqliteStore) -> SqliteStore {
        let connection = store.into_connection();
        let name = connection.path().unwrap().rsplit('/').next().unwrap().to_owned();
        connection.close().map_err(|(_, error)| error).unwrap();
        self.open(&name)
    }
}

impl Drop for OpfsFactory {
    fn drop(&mut self) {
        for number in 1..=self.made {
            let _ = self.pool.remove(&format!("{number}.db"));
        }
        // A browser opens only so many files: the next test gets those of this one.
        let _ = self.pool.pause();
    }
}

runlog_contract::contract_tests!(#[wasm_bindgen_test] async fn => OpfsFactory::install().await);
