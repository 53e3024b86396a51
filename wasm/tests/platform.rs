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

/// `.cargo/config.toml` and `wasm/sqlite` leave out what nobody calls. Who needs something of it puts it
/// back there, and knows what it costs by `make bench-web BENCH=size`.
#[wasm_bindgen_test]
fn sqlite_has_what_the_schema_needs_and_no_more() {
    let connection = rusqlite::Connection::open_in_memory().unwrap();
    connection
        .execute_batch(
            "CREATE TABLE run (began INTEGER, ended INTEGER, took INTEGER AS (ended - began)) STRICT;
             CREATE INDEX took ON run (took) WHERE took IS NOT NULL;
             INSERT INTO run VALUES (1, 3);",
        )
        .unwrap();
    let took = connection.query_one("SELECT took FROM run", [], |row| row.get::<_, i64>(0));
    assert_eq!(took, Ok(2));
    let now =
        connection.query_one("SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)", [], |row| {
            row.get::<_, i64>(0)
        });
    assert!(now.unwrap() > 1_700_000_000_000);
    for absent in [
        "CREATE VIRTUAL TABLE line USING fts5 (text)",
        "SELECT json_type('{}')",
        "SELECT datetime('now')",
        "SELECT unixepoch('now')",
    ] {
        assert!(connection.execute_batch(absent).is_err(), "{absent}");
    }
}

/// What the parser of SQLite knows and `wasm/sqlite/grammar.h` leaves out is refused by name, and the
/// connection goes on.
#[wasm_bindgen_test]
fn a_statement_that_is_left_out_is_an_error() {
    let connection = rusqlite::Connection::open_in_memory().unwrap();
    connection.execute_batch("CREATE TABLE run (began INTEGER, name TEXT)").unwrap();
    for (left_out, what) in [
        ("SELECT sum(began) OVER (PARTITION BY name ROWS 5 PRECEDING) FROM run", "a window"),
        ("SELECT sum(began) OVER w FROM run", "a window or FILTER"),
        ("SELECT began FROM run WINDOW v AS (), w AS (ORDER BY name)", "a window"),
        ("SELECT count(*) FILTER (WHERE began > 1) FROM run", "a window or FILTER"),
        ("WITH early (began) AS (SELECT 1) SELECT * FROM early", "WITH"),
        ("WITH RECURSIVE a AS (SELECT 1), b AS (SELECT 2) SELECT * FROM a, b", "WITH"),
        ("ANALYZE", "ANALYZE"),
        ("VACUUM", "VACUUM"),
        ("VACUUM INTO 'copy.db'", "VACUUM"),
        ("DETACH other", "DETACH"),
        ("ALTER TABLE run RENAME TO ran", "RENAME TO"),
        ("ALTER TABLE run RENAME COLUMN name TO title", "RENAME COLUMN"),
        ("ALTER TABLE run DROP COLUMN name", "DROP COLUMN"),
        ("ALTER TABLE run ALTER COLUMN name SET NOT NULL", "SET NOT NULL"),
        ("ALTER TABLE run ADD CONSTRAINT late CHECK (began > 1)", "ADD CONSTRAINT"),
        ("ALTER TABLE run DROP CONSTRAINT late", "DROP CONSTRAINT"),
    ] {
        let error = connection.execute_batch(left_out).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("{what} is left out of this build")),
            "{left_out}: {error}"
        );
    }
    connection.execute_batch("ALTER TABLE run ADD COLUMN ended INTEGER CHECK (ended > 0)").unwrap();
    connection.execute_batch("INSERT INTO run VALUES (1, 'a', 2)").unwrap();
    let sum = connection.query_one("SELECT sum(ended) FROM run", [], |row| row.get::<_, i64>(0));
    assert_eq!(sum, Ok(2));
}
