//! What the crates below take for granted on a native machine works in a browser, too.

#![cfg(target_family = "wasm")]
#![allow(clippy::unwrap_used)]

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen_test]
fn zstd_compresses_and_decompresses() {
    let lines = "2026-11-21T10:00:00Z INFO step finished\n".repeat(1_000);
    let packed = zstd::bulk::compress(lines.as_bytes(), 3).unwrap();
    assert!(packed.len() * 50 < lines.len(), "{} of {} bytes", packed.len(), lines.len());
    let unpacked = zstd::bulk::decompress(&packed, lines.len()).unwrap();
    assert_eq!(unpacked, lines.as_bytes());
}

#[wasm_bindgen_test]
fn randomness_comes_from_the_browser() {
    let mut first = [0; 32];
    let mut second = [0; 32];
    getrandom::fill(&mut first).unwrap();
    getrandom::fill(&mut second).unwrap();
    assert_ne!(first, second);
}

#[wasm_bindgen_test]
fn sqlite_has_full_text_search_json_and_strict_tables() {
    let connection = rusqlite::Connection::open_in_memory().unwrap();
    connection
        .execute_batch(
            "CREATE TABLE run (params TEXT) STRICT;
             INSERT INTO run VALUES ('{\"branch\":\"main\"}');
             CREATE VIRTUAL TABLE line USING fts5 (text);
             INSERT INTO line VALUES ('step finished');",
        )
        .unwrap();
    let branch: String = connection
        .query_one(
            "SELECT params ->> 'branch' FROM run, line WHERE line MATCH 'finished'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(branch, "main");
}
