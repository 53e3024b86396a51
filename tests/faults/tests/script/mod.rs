//! The transactions every hazard is tried on, and what must be found after it.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};

/// The two ways a Runlog file is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Journal {
    Wal,
    Rollback,
}

const TRANSACTIONS: i64 = 4;
/// Larger than the page cache, so that it spills into the files before it is committed.
const LARGE: i64 = 2;
const SMALL_ROWS: i64 = 2;
const LARGE_ROWS: i64 = 12;

/// The script makes more modifying calls than this in either journal; a sweep that strikes fewer
/// has not seen all of it.
pub(crate) const POINTS_MIN: u64 = 100;

/// Runs the transactions over the faulty disk and calls `acknowledge` with the number of each one
/// whose commit SQLite confirmed. Goes on after an error, as an application would.
pub(crate) fn run(path: &Path, journal: Journal, mut acknowledge: impl FnMut(i64)) {
    let Ok(mut db) = prepare(path, journal).or_else(|_| prepare(path, journal)) else { return };
    for number in 1..=TRANSACTIONS {
        if transaction(&mut db, number).is_ok() {
            acknowledge(number);
        }
    }
}

fn prepare(path: &Path, journal: Journal) -> rusqlite::Result<Connection> {
    let db = runlog_faults::open(path)?;
    // Small pages, a small cache and early checkpoints: many writes from few rows.
    db.execute_batch("PRAGMA page_size = 1024; PRAGMA cache_size = 6;")?;
    let mode = match journal {
        Journal::Wal => "wal",
        Journal::Rollback => "delete",
    };
    db.pragma_update(None, "journal_mode", mode)?;
    db.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 8;
         CREATE TABLE IF NOT EXISTS entry (
             id INTEGER PRIMARY KEY, number INTEGER, body BLOB, later INTEGER
         );",
    )?;
    Ok(db)
}

fn transaction(db: &mut Connection, number: i64) -> rusqlite::Result<()> {
    let tx = Transaction::new(db, TransactionBehavior::Immediate)?;
    tx.execute("UPDATE entry SET later = later + 1", ())?;
    for row in 0..rows_of(number) {
        tx.execute(
            "INSERT INTO entry VALUES (?1, ?2, zeroblob(700), 0)",
            (number * 100 + row, number),
        )?;
    }
    tx.commit()
}

fn rows_of(number: i64) -> i64 {
    if number == LARGE { LARGE_ROWS } else { SMALL_ROWS }
}

/// Opens the file without faults and returns the transactions found, each proved to be there as a
/// whole: all its rows, and its change to every row before it.
pub(crate) fn found(path: &Path) -> BTreeSet<i64> {
    let db = Connection::open(path).expect("the file opens");
    db.pragma_update(None, "synchronous", "off").expect("recovery need not survive a power cut");
    let check: String =
        db.query_row("PRAGMA integrity_check", (), |row| row.get(0)).expect("it can be checked");
    assert_eq!(check, "ok");
    if !db.table_exists(None, "entry").expect("its schema is read") {
        return BTreeSet::new();
    }
    let numbers: BTreeSet<i64> = db
        .prepare("SELECT DISTINCT number FROM entry")
        .and_then(|mut query| query.query_map((), |row| row.get(0))?.collect())
        .expect("its rows are read");
    for (index, number) in numbers.iter().enumerate() {
        let later = (numbers.len() - index - 1) as i64;
        let whole: i64 = db
            .query_row(
                "SELECT count(*) FROM entry WHERE number = ?1 AND later = ?2",
                (number, later),
                |row| row.get(0),
            )
            .expect("its rows are counted");
        assert_eq!(whole, rows_of(*number), "transaction {number} of {numbers:?}");
    }
    numbers
}

/// Everything acknowledged must be found, and at most one transaction more: the one whose commit
/// was cut off, whose outcome nobody was told.
pub(crate) fn assert_kept(found: &BTreeSet<i64>, acknowledged: &BTreeSet<i64>, context: &str) {
    assert!(
        found.is_superset(acknowledged) && found.len() <= acknowledged.len() + 1,
        "{context}: acknowledged {acknowledged:?}, found {found:?}"
    );
}
