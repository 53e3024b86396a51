//! What is stored on OPFS is there after a close, and what cannot be stored says why.
//!
//! All tests of a file share one worker, hence a directory for each.

#![cfg(target_family = "wasm")]
#![allow(clippy::unwrap_used)]

use runlog_wasm::{OpfsError, OpfsPool};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen(module = "/tests/opfs.js")]
extern "C" {
    /// Opens the lock file of a pool's directory, as its owner in another tab would have it open.
    #[wasm_bindgen(js_name = ownElsewhere)]
    fn own_elsewhere(directory: &str) -> js_sys::Promise<FileHandle>;

    /// A synchronous handle of a file.
    type FileHandle;
    #[wasm_bindgen(method)]
    fn close(this: &FileHandle);

    /// Makes files unable to grow, for want of space, until the function it returns is called.
    #[wasm_bindgen(js_name = fillDisk)]
    fn fill_disk() -> js_sys::Function;

    /// Makes every write fail until the function it returns is called.
    #[wasm_bindgen(js_name = breakDisk)]
    fn break_disk() -> js_sys::Function;
}

async fn install(directory: &str) -> OpfsPool {
    OpfsPool::install(directory, OpfsPool::SLOTS_DEFAULT).await.unwrap()
}

fn close(connection: rusqlite::Connection) {
    connection.close().map_err(|(_, error)| error).unwrap();
}

#[wasm_bindgen_test]
async fn a_row_outlives_its_connection_and_its_pool() {
    let pool = install("outlive").await;
    let connection = pool.open("history.db").unwrap();
    connection
        .execute_batch("CREATE TABLE run (name TEXT) STRICT; INSERT INTO run VALUES ('build')")
        .unwrap();
    close(connection);
    pool.pause().unwrap();
    assert!(pool.is_paused());

    let pool = install("outlive").await;
    let connection = pool.open("history.db").unwrap();
    let name: String = connection.query_one("SELECT name FROM run", [], |row| row.get(0)).unwrap();
    assert_eq!(name, "build");
    close(connection);
}

#[wasm_bindgen_test]
async fn committed_rows_wait_in_the_log_until_close() {
    let pool = install("unclean").await;
    let connection = pool.open("history.db").unwrap();
    connection.execute_batch("CREATE TABLE run (name TEXT) STRICT").unwrap();
    connection.execute("INSERT INTO run VALUES ('build')", []).unwrap();
    // The log holds the row still: with one connection only `close` moves it into the database.
    assert!(pool.files().unwrap().contains(&"history.db-wal".to_owned()));
    close(connection);
    assert_eq!(pool.files().unwrap(), ["history.db"]);
}

#[wasm_bindgen_test]
async fn every_connection_is_exclusive_with_a_write_ahead_log() {
    let pool = install("modes").await;
    for _ in 0..2 {
        let connection = pool.open("history.db").unwrap();
        let pragma = |name| connection.pragma_query_value(None, name, |row| row.get(0)).unwrap();
        let [locking, journal]: [String; 2] = [pragma("locking_mode"), pragma("journal_mode")];
        assert_eq!([locking.as_str(), journal.as_str()], ["exclusive", "wal"]);
        close(connection);
    }
}

#[wasm_bindgen_test]
async fn a_second_connection_to_a_database_is_refused() {
    let pool = install("second").await;
    let first = pool.open("history.db").unwrap();
    let error = pool.open("history.db").unwrap_err();
    assert!(matches!(error, OpfsError::AlreadyOpen { ref name } if name == "history.db"));
    assert_eq!(error.code(), "opfs_already_open");
    let other = pool.open("other.db").unwrap();
    close(first);
    close(other);
    close(pool.open("history.db").unwrap());
}

#[wasm_bindgen_test]
async fn a_directory_owned_elsewhere_is_refused_until_it_is_free() {
    let handle = own_elsewhere("elsewhere").await.unwrap();
    let error = OpfsPool::install("elsewhere", 2).await.err().unwrap();
    assert!(matches!(error, OpfsError::OwnedElsewhere(_)), "{error:?}");
    handle.close();
    OpfsPool::install("elsewhere", 2).await.unwrap();
}

#[wasm_bindgen_test]
async fn pausing_frees_the_directory_and_waits_for_connections() {
    let pool = install("paused").await;
    let connection = pool.open("history.db").unwrap();
    assert!(matches!(pool.pause(), Err(OpfsError::InUse(_))));
    close(connection);

    pool.pause().unwrap();
    assert!(matches!(pool.open("history.db"), Err(OpfsError::Paused)));
    assert!(matches!(pool.files(), Err(OpfsError::Paused)));
    let handle = own_elsewhere("paused").await.unwrap();
    assert!(matches!(pool.resume().await, Err(OpfsError::OwnedElsewhere(_))));
    handle.close();
    pool.resume().await.unwrap();
    close(pool.open("history.db").unwrap());
}

#[wasm_bindgen_test]
async fn a_full_disk_has_an_error_of_its_own() {
    let restore = fill_disk();
    let error = OpfsPool::install("full", 2).await.err().unwrap();
    restore.call0(&JsValue::UNDEFINED).unwrap();
    assert!(matches!(error, OpfsError::Full), "{error:?}");

    let pool = install("full").await;
    let restore = fill_disk();
    let error = pool.open("history.db").unwrap_err();
    restore.call0(&JsValue::UNDEFINED).unwrap();
    assert!(matches!(error, OpfsError::Full), "{error:?}");
    close(pool.open("history.db").unwrap());
}

#[wasm_bindgen_test]
async fn a_failed_write_to_the_directory_is_mended_by_a_pause() {
    let pool = install("half-way").await;
    let restore = break_disk();
    let error = pool.open("history.db").unwrap_err();
    restore.call0(&JsValue::UNDEFINED).unwrap();
    assert!(matches!(error, OpfsError::NeedsPause), "{error:?}");
    assert!(matches!(pool.open("history.db"), Err(OpfsError::NeedsPause)));
    pool.pause().unwrap();
    pool.resume().await.unwrap();
    close(pool.open("history.db").unwrap());
}

#[wasm_bindgen_test]
async fn a_disk_full_at_a_commit_loses_that_commit_only() {
    let pool = install("full-commit").await;
    let connection = pool.open("history.db").unwrap();
    connection.execute_batch("CREATE TABLE run (name TEXT) STRICT").unwrap();
    let restore = fill_disk();
    let error = connection.execute("INSERT INTO run VALUES ('lost')", []).unwrap_err();
    restore.call0(&JsValue::UNDEFINED).unwrap();
    assert!(matches!(OpfsError::from(error), OpfsError::Full));

    connection.execute("INSERT INTO run VALUES ('kept')", []).unwrap();
    let names: String = connection.query_one("SELECT name FROM run", [], |row| row.get(0)).unwrap();
    assert_eq!(names, "kept");
    close(connection);
}

#[wasm_bindgen_test]
async fn a_pool_without_a_slot_says_so_and_can_grow() {
    let pool = OpfsPool::install("small", 1).await.unwrap();
    let error = pool.open("history.db").unwrap_err();
    assert!(matches!(error, OpfsError::NoFreeSlot { slots: 1 }), "{error:?}");
    let pool = OpfsPool::install("small", 2).await.unwrap();
    close(pool.open("history.db").unwrap());
}

#[wasm_bindgen_test]
async fn removing_a_database_leaves_none_of_its_files() {
    let pool = install("remove").await;
    let connection = pool.open("history.db").unwrap();
    connection.execute_batch("CREATE TABLE run (name TEXT) STRICT").unwrap();
    assert!(matches!(pool.remove("history.db"), Err(OpfsError::InUse(_))));
    close(connection);
    assert!(pool.remove("history.db").unwrap());
    assert!(!pool.remove("history.db").unwrap());
    assert!(pool.files().unwrap().is_empty());
}

#[wasm_bindgen_test]
async fn names_that_cannot_be_stored_are_refused() {
    for directory in ["", "/", "../up"] {
        let error = OpfsPool::install(directory, 1).await.err().unwrap();
        assert!(matches!(error, OpfsError::InvalidName(_)), "{error:?}");
    }
    let pool = OpfsPool::install("names", 2).await.unwrap();
    for name in [String::new(), "n".repeat(500)] {
        let error = pool.open(&name).unwrap_err();
        assert!(matches!(error, OpfsError::InvalidName(_)), "{error:?}");
    }
}

#[wasm_bindgen_test]
async fn one_directory_written_in_two_ways_is_one_pool() {
    let pool = install("a/b").await;
    let same = install("/a//b/").await;
    close(pool.open("history.db").unwrap());
    assert_eq!(same.files().unwrap(), ["history.db"]);
}
