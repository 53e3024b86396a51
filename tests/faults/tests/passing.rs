//! What the disk does where no fault strikes: it counts, and is in nobody's way.

use std::os::unix::fs::symlink;
use std::path::Path;

use runlog_faults::{
    ChildEnd, Fault, Plan, arm, disarm, open, run_in_child, struck, sweep, writes_seen,
};
use rusqlite::Connection;

const BROKEN: Plan = Plan { fault: Fault::IoError, at: 1, sticky: true };

fn table(db: &Connection, name: &str) -> rusqlite::Result<()> {
    db.execute_batch(&format!("CREATE TABLE {name} (id INTEGER)"))
}

#[test]
fn databases_do_not_share_a_disk() {
    let directory = tempfile::tempdir().expect("a directory");
    let [broken, sound] = ["broken.db", "sound.db"].map(|name| directory.path().join(name));
    arm(&broken, BROKEN);
    table(&open(&sound).expect("opens"), "a").expect("nothing is wrong with this one");
    table(&open(&broken).expect("opens"), "a").expect_err("the first write fails");
    assert!(writes_seen(&sound) > 3);
    assert_eq!((struck(&sound), struck(&broken) > 0), (0, true));
}

#[test]
fn an_open_connection_obeys_and_recovers_when_disarmed() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("runs.db");
    let db = open(&path).expect("opens");
    db.pragma_update(None, "journal_mode", "wal").expect("a WAL");
    table(&db, "a").expect("before the fault");
    arm(&path, BROKEN);
    table(&db, "b").expect_err("the fault");
    disarm(&path);
    let seen = writes_seen(&path);
    table(&db, "b").expect("after the fault");
    assert!(writes_seen(&path) > seen, "counts go on");
}

#[test]
fn a_database_is_armed_by_any_of_its_names() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("runs.db");
    let link = directory.path().join("link");
    symlink(directory.path(), &link).expect("a link");
    arm(&link.join("runs.db"), BROKEN);
    table(&open(&path).expect("opens"), "a").expect_err("the same database");
    disarm(&directory.path().join("link/./runs.db"));
    table(&open(&link.join("runs.db")).expect("opens"), "a").expect("disarmed");
}

#[test]
fn the_error_is_that_of_the_call() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut codes = Vec::new();
    for fault in [Fault::IoError, Fault::DiskFull] {
        sweep(fault, false, |plan| {
            let path = directory.path().join(format!("{plan}.db"));
            arm(&path, plan);
            let answer = table(&open(&path).expect("opens"), "a");
            let code = answer.err().and_then(|error| Some(error.sqlite_error()?.extended_code));
            codes.extend(code);
            struck(&path) > 0
        });
    }
    use rusqlite::ffi::{SQLITE_FULL, SQLITE_IOERR_DELETE, SQLITE_IOERR_FSYNC, SQLITE_IOERR_WRITE};
    for code in [SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC, SQLITE_IOERR_DELETE, SQLITE_FULL] {
        assert!(codes.contains(&code), "{code} is not among {codes:?}");
    }
}

#[test]
fn reads_through_a_memory_map_see_what_was_written() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("runs.db");
    let db = open(&path).expect("opens");
    let mapped_bytes: i64 =
        db.query_row("PRAGMA mmap_size = 1048576", (), |row| row.get(0)).expect("is passed on");
    assert_eq!(mapped_bytes, 1 << 20);
    table(&db, "a").expect("is written");
    for id in 1..=500 {
        db.execute("INSERT INTO a VALUES (?1)", [id]).expect("is written");
    }
    drop(db);
    let db = open(&path).expect("opens");
    db.execute_batch("PRAGMA mmap_size = 1048576").expect("is passed on");
    let sum: i64 = db.query_row("SELECT sum(id) FROM a", (), |row| row.get(0)).expect("is read");
    assert_eq!(sum, 500 * 501 / 2);
}

#[test]
fn attached_databases_fail_as_one() {
    let count = |path: &Path| {
        let db = Connection::open(path).expect("opens");
        db.query_row("SELECT count(*) FROM a", (), |row| row.get::<_, i64>(0)).expect("is read")
    };
    let points = sweep(Fault::IoError, false, |plan| {
        let directory = tempfile::tempdir().expect("a directory");
        let [first, second] = ["first.db", "second.db"].map(|name| directory.path().join(name));
        let db = open(&first).expect("opens");
        table(&db, "a").expect("no fault yet");
        table(&open(&second).expect("opens"), "a").expect("no fault yet");
        db.execute("ATTACH ?1 AS other", [second.to_str()]).expect("attached");
        arm(&first, plan);
        let answer = db.execute_batch(
            "BEGIN; INSERT INTO main.a VALUES (1); INSERT INTO other.a VALUES (1); COMMIT;",
        );
        drop(db);
        let expected = if answer.is_ok() { (1, 1) } else { (0, 0) };
        assert_eq!((count(&first), count(&second)), expected, "{plan}");
        struck(&first) > 0
    });
    assert!(points > 5, "only {points} fault points");
}

#[test]
fn a_child_finishes_or_says_why_not() {
    const CHILD: &str = "RUNLOG_FAULTS_CHILD";
    match std::env::var(CHILD).as_deref() {
        Ok("finish") => return,
        Ok(other) => assert_eq!(other, "finish", "the child was told to fail"),
        Err(_) => {}
    }
    let test = "a_child_finishes_or_says_why_not";
    assert_eq!(run_in_child(test, [(CHILD, "finish")]).expect("it ends well"), ChildEnd::Finished);
    let failed = run_in_child(test, [(CHILD, "fail")]).expect_err("the test fails there");
    assert!(failed.to_string().contains("the child was told to fail"), "{failed}");
    run_in_child("no_such_test", [(CHILD, "finish")]).expect_err("nothing was run");
}
