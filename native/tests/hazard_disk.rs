//! A disk that is full, files that are no database, directories that cannot be written.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use runlog::model::{Kind, Status};
use runlog::query::ListQuery;
use runlog::{Error, NewRun, Runlog};

fn database(directory: &Path) -> std::path::PathBuf {
    directory.join("history.db")
}

fn record(runlog: &Runlog, text: &str) -> Result<runlog::id::ExecutionId, Error> {
    let run = runlog.recorder()?.start(NewRun::new(Kind::Job, "nightly")?)?;
    run.stdout(text);
    let id = run.id();
    run.finish_completed().map(|()| id)
}

#[test]
fn the_file_and_its_directory_are_private() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("made/on/demand/history.db");
    let runlog = Runlog::open(&path).unwrap();
    record(&runlog, "private").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for suffix in ["-wal", "-shm"] {
        let mut beside = path.clone().into_os_string();
        beside.push(suffix);
        assert_eq!(mode(Path::new(&beside)), 0o600, "{suffix}");
    }
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = database(directory.path());
    for (content, says) in [
        (&b"just some notes, longer than a header"[..], "the file holds something else"),
        (b"SQLite f", "cut off after 8 bytes"),
    ] {
        fs::write(&path, content).unwrap();
        let error = Runlog::open(&path).unwrap_err();
        assert!(error.is_not_a_database(), "{error:?}");
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(fs::read(&path).unwrap(), content);
    }
    let error = Runlog::open(directory.path()).unwrap_err();
    assert!(error.to_string().contains("it is a directory"), "{error}");
}

#[test]
fn a_truncated_database_is_told_to_be_damaged() {
    let directory = tempfile::tempdir().unwrap();
    let path = database(directory.path());
    let runlog = Runlog::open(&path).unwrap();
    for number in 0..50 {
        record(&runlog, &format!("{number} {}", "text ".repeat(2_000))).unwrap();
    }
    drop(runlog);
    let whole = fs::metadata(&path).unwrap().len();
    fs::File::options().write(true).open(&path).unwrap().set_len(whole / 2).unwrap();
    let found = Runlog::open(&path).and_then(|runlog| {
        let findings = runlog.with_store(|store| store.check());
        runlog.list(&ListQuery::newest(1_000)).map(|_| findings)
    });
    match found {
        Err(error) => assert!(error.is_corrupt(), "{error:?}"),
        Ok(findings) => assert!(findings.is_err() || !findings.unwrap().is_empty()),
    }
}

/// A full disk: what was recorded stays, the error says so, and recording goes on once there is
/// room, without a restart.
#[test]
fn a_full_disk_loses_nothing_and_recording_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let path = database(directory.path());
    let runlog = Runlog::open(&path).unwrap();
    let first = record(&runlog, "before").unwrap();
    // `max_page_count` holds for one connection, so the limit is put on the one that writes here.
    let limit = |pages: i64| {
        runlog.with_store(|store| {
            store.connection().pragma_update(None, "max_page_count", pages).unwrap();
        });
    };
    limit(1);
    let at = runlog::now();
    let attempt = |note: &str| {
        runlog.write(|tx| {
            for number in 0..200u32 {
                let id = runlog::new_execution_id();
                let mut new = runlog::model::NewExecution::new(id, Kind::Job, "big", at)?;
                new.note = Some(format!("{note} {number} {}", "x".repeat(4_000)));
                tx.start(&new)?;
            }
            Ok(())
        })
    };
    let error = attempt("refused").unwrap_err();
    assert!(error.is_disk_full(), "{error:?}");
    assert!(error.to_string().contains("free some"), "{error}");
    assert_eq!(runlog.list(&ListQuery::newest(10)).unwrap().executions.len(), 1);
    limit(1_000_000);
    attempt("accepted").unwrap();
    assert_eq!(runlog.get(first).unwrap().unwrap().status(), Status::Completed);
    assert_eq!(runlog.read(|h| h.count(&ListQuery::newest(1))).unwrap(), 201);
    assert_eq!(runlog.with_store(|store| store.check()).unwrap(), []);
}

/// K1: a newer program's database is refused, never guessed at, and not touched.
#[test]
fn a_newer_database_is_refused_untouched() {
    let directory = tempfile::tempdir().unwrap();
    let path = database(directory.path());
    let runlog = Runlog::open(&path).unwrap();
    runlog.with_store(|store| {
        store.connection().pragma_update(None, "user_version", 999).unwrap();
    });
    drop(runlog);
    let before = fs::read(&path).unwrap();
    let error = Runlog::open(&path).unwrap_err();
    assert!(error.is_newer(), "{error:?}");
    assert!(error.to_string().contains("999"), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

/// Another process that holds the write lock for too long is told apart from every other trouble.
#[test]
fn a_lock_held_too_long_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let path = database(directory.path());
    let holder = Runlog::open(&path).unwrap();
    let mut options = runlog::Options::default();
    options.busy_timeout = std::time::Duration::from_millis(20);
    let other = Runlog::open_with(&path, options).unwrap();
    let id = record(&holder, "x").unwrap();
    let error =
        holder.write(|_| Ok(other.write(|tx| tx.set_pinned(id, true)))).unwrap().unwrap_err();
    assert!(error.is_locked(), "{error:?}");
    other.write(|tx| tx.set_pinned(id, true)).unwrap();
}
/// K1: before a database with rows is migrated, a copy of it is put beside it.
#[test]
fn a_migration_is_backed_up_first() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/v1.db");
    let directory = tempfile::tempdir().unwrap();
    let path = database(directory.path());
    fs::copy(&golden, &path).unwrap();
    let runlog = Runlog::open(&path).unwrap();
    assert!(runlog.read(|h| h.count(&ListQuery::newest(1))).unwrap() > 0);
    let backup = directory.path().join("history.db.before-v2");
    let copy = runlog_sqlite::rusqlite::Connection::open(&backup).unwrap();
    let version: u32 = copy.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, 1);
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
}
