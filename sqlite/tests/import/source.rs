//! The source is not altered, whatever state it is in, and what is no source is told apart.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use runlog_core::store::StoreError;
use runlog_sqlite::import::Source;
use rusqlite::Connection;

use crate::driver::{Device, golden, id};

/// Names, bytes and times of everything in a directory.
fn listing(directory: &Path) -> BTreeMap<String, (Vec<u8>, std::time::SystemTime)> {
    let entries = fs::read_dir(directory).unwrap().map(Result::unwrap);
    let entries = entries.filter(|entry| entry.file_type().unwrap().is_file());
    entries
        .map(|entry| {
            let modified = entry.metadata().unwrap().modified().unwrap();
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, (fs::read(entry.path()).unwrap(), modified))
        })
        .collect()
}

/// Imports the file of a directory and checks that the directory is as it was.
fn import_unaltered(path: &Path) -> Device {
    let before = listing(path.parent().unwrap());
    let mut device = Device::new(1);
    device.import(path);
    assert!(listing(path.parent().unwrap()) == before, "the source was altered");
    device
}

#[test]
fn a_plain_database_is_not_altered() {
    for file in ["seed0-old.db", "seed0-new.db", "seed1.db"] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a b?#%41.db");
        fs::copy(golden(file), &path).unwrap();
        import_unaltered(&path);
    }
}

#[test]
fn a_database_in_wal_mode_gets_no_wal() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a b?#%41.db");
    fs::copy(golden("seed1.db"), &path).unwrap();
    let writer = Connection::open(&path).unwrap();
    writer.pragma_update(None, "journal_mode", "wal").unwrap();
    drop(writer);
    assert_eq!(listing(directory.path()).len(), 1);
    import_unaltered(&path).run(id(1));
}

#[test]
fn changes_left_in_a_wal_are_read_and_stay_there() {
    let directory = tempfile::tempdir().unwrap();
    let live = directory.path().join("live.db");
    fs::copy(golden("seed1.db"), &live).unwrap();
    let writer = Connection::open(&live).unwrap();
    writer.pragma_update(None, "journal_mode", "wal").unwrap();
    writer.execute("UPDATE executions SET workflow_name = 'only in the WAL'", []).unwrap();
    // As a program leaves it that was killed.
    let left = directory.path().join("left");
    fs::create_dir(&left).unwrap();
    for suffix in ["", "-wal"] {
        let name = format!("live.db{suffix}");
        fs::copy(directory.path().join(&name), left.join(&name)).unwrap();
    }
    for path in [live, left.join("live.db")] {
        let run = import_unaltered(&path).run(id(1));
        assert_eq!(run.summary.workflow_name.as_deref(), Some("only in the WAL"));
    }
}

#[test]
fn a_transaction_cut_off_by_a_crash_is_undone_in_a_copy() {
    let directory = tempfile::tempdir().unwrap();
    let live = directory.path().join("live.db");
    fs::copy(golden("seed1.db"), &live).unwrap();
    let writer = Connection::open(&live).unwrap();
    writer.execute_batch("PRAGMA cache_size = 1; BEGIN").unwrap();
    let lose = "UPDATE executions SET workflow_name = 'never committed'";
    writer.execute(lose, []).unwrap();
    writer.execute("UPDATE execution_logs SET log_data = log_data || zeroblob(9000)", []).unwrap();
    let left = directory.path().join("left");
    fs::create_dir(&left).unwrap();
    for suffix in ["", "-journal"] {
        let name = format!("live.db{suffix}");
        fs::copy(directory.path().join(&name), left.join(&name)).unwrap();
    }
    let run = import_unaltered(&left.join("live.db")).run(id(1));
    assert_eq!(run.summary.workflow_name.as_deref(), Some("Deploy"));
}

#[test]
fn the_scratch_directory_is_gone_afterwards() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("live.db");
    fs::copy(golden("seed1.db"), &path).unwrap();
    let writer = Connection::open(&path).unwrap();
    writer.pragma_update(None, "journal_mode", "wal").unwrap();
    writer.execute("DELETE FROM execution_logs", []).unwrap();
    let scratch = directory.path().join("scratch");
    let source = Source::open(&path, &scratch).unwrap();
    assert!(scratch.exists());
    drop(source);
    assert!(!scratch.exists());
    fs::create_dir(&scratch).unwrap();
    let taken = Source::open(&path, &scratch).unwrap_err();
    assert!(matches!(taken, StoreError::Io { .. }), "{taken}");
    assert!(scratch.exists(), "a directory of somebody else is not removed");
}

fn refused(path: &Path) -> StoreError {
    let directory = tempfile::tempdir().unwrap();
    Source::open(path, &directory.path().join("scratch")).unwrap_err()
}

#[test]
fn what_is_no_source_is_told_apart() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    assert!(matches!(refused(&path), StoreError::Io { .. }), "it is not there");
    assert!(matches!(refused(directory.path()), StoreError::NotADatabase { .. }));
    fs::write(&path, "id,status\n1,ok\n").unwrap();
    assert!(matches!(refused(&path), StoreError::NotADatabase { .. }));
    fs::write(&path, "").unwrap();
    assert!(refused(&path).to_string().contains("no table"));
    let other = Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE notes (id); CREATE TABLE executions (id, status)").unwrap();
    other.execute_batch("CREATE VIEW ExecutionHistoryEntry AS SELECT * FROM notes").unwrap();
    let foreign = refused(&path);
    assert!(matches!(foreign, StoreError::Foreign { .. }));
    assert!(foreign.to_string().contains("executions, notes"), "{foreign}");
}

#[test]
fn a_history_of_our_own_is_no_source() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("history.db");
    let options = runlog_sqlite::Options::default();
    let connection = Connection::open(&path).unwrap();
    let store = runlog_sqlite::SqliteStore::open(connection, options, crate::driver::NOW).unwrap();
    drop(store);
    assert!(matches!(refused(&path), StoreError::Foreign { .. }));
}
