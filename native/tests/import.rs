//! Importing the databases of other programs into a history in a file.
#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

use std::path::{Path, PathBuf};

use runlog::id::ExecutionId;
use runlog::model::Status;
use runlog::query::ListQuery;
use runlog::{ImportReport, Runlog};
use rusqlite::Connection;

const FILES: [&str; 3] = ["seed0-old.db", "seed0-new.db", "seed1.db"];

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/import").join(name)
}

fn id(number: u32) -> ExecutionId {
    format!("0b5e7a10-0000-4000-8000-{number:012}").parse().unwrap()
}

/// Everything of the golden runs that two devices must hold alike.
fn dump(runlog: &Runlog) -> String {
    let dump = runlog.read(|history| {
        let mut dump = String::new();
        for number in 1..=9 {
            let key = runlog_core::schema::RowKey::Execution(id(number));
            let row = history.tx().row(&key, key.table().all_columns())?;
            dump += &format!("{row:?}\n");
            for piece in history.tx().pieces(id(number), 0..=i64::MAX as u64)? {
                let lines = history.tx().piece_lines(piece.log, piece.first)?;
                dump += &format!("{piece:?} {lines:?}\n");
            }
        }
        Ok(dump)
    });
    dump.unwrap()
}

#[test]
fn two_devices_import_alike_and_twice_adds_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let [one, two] =
        ["one.db", "two.db"].map(|name| Runlog::open(directory.path().join(name)).unwrap());
    assert_ne!(one.device(), two.device());
    for file in FILES {
        let bytes = std::fs::read(golden(file)).unwrap();
        let report = one.import_file(golden(file)).unwrap();
        assert!(report.skipped_count > 0 || file == "seed0-new.db");
        assert_eq!(two.import_file(golden(file)).unwrap(), report);
        assert_eq!(dump(&one), dump(&two));
        let again = one.import_file(golden(file)).unwrap();
        let mut expected = ImportReport::default();
        expected.executions_known =
            report.executions_added + report.executions_updated + report.executions_known;
        expected.skipped = report.skipped;
        expected.skipped_count = report.skipped_count;
        assert_eq!(again, expected);
        assert_eq!(dump(&one), dump(&two));
        assert_eq!(std::fs::read(golden(file)).unwrap(), bytes);
    }
}

#[test]
fn what_was_imported_is_listed_and_stays_edited_after_the_history_is_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("history.db");
    let runlog = Runlog::open(&path).unwrap();
    assert_eq!(runlog.import_file(golden("seed1.db")).unwrap().executions_added, 9);
    runlog.write(|tx| tx.set_note(id(1), Some("mine"))).unwrap();
    runlog.write(|tx| tx.delete(id(2))).unwrap();
    runlog.write(|tx| tx.purge(id(2))).unwrap();
    drop(runlog);
    let runlog = Runlog::open(&path).unwrap();
    let report = runlog.import_file(golden("seed1.db")).unwrap();
    assert_eq!((report.executions_known, report.executions_purged), (8, 1));
    let run = runlog.get(id(1)).unwrap().unwrap();
    assert_eq!((run.status(), run.summary.note.as_deref()), (Status::Completed, Some("mine")));
    assert_eq!(runlog.get(id(2)).unwrap(), None);
    assert_eq!(runlog.list(&ListQuery::newest(20)).unwrap().executions.len(), 8);
}

/// More than one transaction, more skipped rows than are listed, and a log in several parts.
#[test]
fn a_large_source() {
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("source.db");
    let connection = Connection::open(&source).unwrap();
    let fill = "CREATE TABLE executions (id, workflow_id, start_time, status); \
         CREATE TABLE execution_logs (execution_id, sequence, timestamp, log_type, log_data); \
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) \
         INSERT INTO executions SELECT printf('0b5e7a10-0000-4000-8000-%012d', i), 'w', \
         1700000000 + i, 'Completed' FROM n; \
         INSERT INTO executions SELECT 'bad ' || workflow_id || rowid, 'w', 1, 'x' FROM executions \
         LIMIT 150; \
         INSERT INTO executions VALUES ('0b5e7a10-0000-4000-8000-000000009999', 'w', 99999999999, \
         'x');
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) \
         INSERT INTO execution_logs SELECT e.id, i, 1, 'RawOutput', printf('%.*c', 1000, 'x') \
         FROM n JOIN executions e ON e.rowid IN (1000, 2651);";
    connection.execute_batch(fill).unwrap();
    drop(connection);
    let runlog = Runlog::open(directory.path().join("history.db")).unwrap();
    let report = runlog.import_file(&source).unwrap();
    assert_eq!((report.executions_added, report.log_lines_added), (2_500, 10_000));
    assert_eq!((report.skipped_count, report.skipped.len()), (151, 100));
    // The log of the one from the future did not come without it.
    let future = runlog.read(|history| history.last_sequence(id(9999))).unwrap();
    assert_eq!(future, 0);
    assert_eq!(runlog.read(|history| history.last_sequence(id(1000))).unwrap(), 10_000);
    let again = runlog.import_file(&source).unwrap();
    assert_eq!((again.executions_added, again.executions_known), (0, 2_500));
    assert_eq!(again.log_lines_added, 0);
}

#[test]
fn what_cannot_be_imported_is_told_by_its_path() {
    let directory = tempfile::tempdir().unwrap();
    let runlog = Runlog::open(directory.path().join("history.db")).unwrap();
    let own = runlog.import_file(runlog.path()).unwrap_err();
    assert!(own.is_not_a_database());
    assert!(own.to_string().contains("history.db"), "{own}");
    let text = directory.path().join("notes.txt");
    std::fs::write(&text, "notes").unwrap();
    assert!(runlog.import_file(&text).unwrap_err().is_not_a_database());
    let cut = directory.path().join("cut.db");
    let bytes = std::fs::read(golden("seed1.db")).unwrap();
    std::fs::write(&cut, &bytes[..bytes.len() - 1024]).unwrap();
    let damaged = runlog.import_file(&cut).unwrap_err();
    assert!(damaged.is_corrupt(), "{damaged}");
    assert!(runlog.import_file(directory.path().join("none.db")).is_err());
}
