//! A history that cannot be used: programs run all the same, and everything says why.

use crate::session::Session;

/// How an unprivileged user runs a line; root may write everywhere.
fn as_nobody(session: &Session, line: &str) -> String {
    let found = session.output("command -v setpriv").status.success();
    assert!(found, "this test needs setpriv: install the package util-linux");
    session.stdout("chmod 755 .");
    session.see(&format!("setpriv --reuid 65534 --regid 65534 --clear-groups sh -c '{line}'"))
}

#[test]
fn a_file_that_is_no_database() {
    let session = Session::new();
    session.stdout("mkdir history && echo 'my notes' > history/history.db");
    insta::assert_snapshot!(session.see("runlog list"), @"
    ! error: [dir]/history/history.db: not a database: the file holds something else
    ! hint: restore a backup, move the file away, or name another directory with --home
    [exit 4]
    ");
    insta::assert_snapshot!(session.see("runlog run -- sh -c 'echo ran; exit 3'"), @"
    ran
    ! warning: this run is not recorded: [dir]/history/history.db: not a database: the file holds something else
    ! hint: restore a backup, move the file away, or name another directory with --home
    [exit 3]
    ");
    insta::assert_snapshot!(session.see("runlog doctor"), @"
    Program     runlog 0.1.0
    Database    [dir]/history/history.db

    open: [dir]/history/history.db: not a database: the file holds something else
        restore a backup, move the file away, or name another directory with --home
    1 thing is wrong.
    [exit 4]
    ");
    assert_eq!(session.stdout("cat history/history.db"), "my notes\n");
}

#[test]
fn a_file_that_was_cut_off() {
    let session = Session::new();
    session.stdout("runlog run -- true && truncate -s 5000 history/history.db");
    session.stdout("rm -f history/history.db-*");
    for line in ["runlog list", "runlog doctor"] {
        let output = session.output(line);
        assert_eq!(output.status.code(), Some(4), "{line}: {output:?}");
    }
    let ran = session.see("runlog run -- echo ran");
    assert!(ran.starts_with("ran\n! warning: this run is not recorded"), "{ran}");
    session.stdout("truncate -s 10 history/history.db");
    insta::assert_snapshot!(session.see("runlog list"), @"
    ! error: [dir]/history/history.db: not a database: the file was cut off after 10 bytes
    ! hint: restore a backup, move the file away, or name another directory with --home
    [exit 4]
    ");
}

#[test]
fn a_database_of_another_program() {
    let session = Session::new();
    session.stdout("mkdir history");
    let other = runlog_sqlite::rusqlite::Connection::open(session.database()).unwrap();
    other.execute_batch("CREATE TABLE notes (text)").unwrap();
    drop(other);
    insta::assert_snapshot!(session.see("runlog list"), @"
    ! error: [dir]/history/history.db: a database of another program: application id 0x00000000, 1 tables and indexes
    ! hint: restore a backup, move the file away, or name another directory with --home
    [exit 4]
    ");
}

#[test]
fn a_directory_that_cannot_be_written() {
    let session = Session::new();
    session.stdout("mkdir history && chmod 755 history");
    insta::assert_snapshot!(as_nobody(&session, "runlog list"), @"
    ! error: [dir]/history/history.db: the database cannot be written: Permission denied (os error 13)
    ! hint: give this user write access, or name another directory with --home or RUNLOG_HOME
    [exit 4]
    ");
    insta::assert_snapshot!(as_nobody(&session, "runlog run -- echo ran"), @"
    ran
    ! warning: this run is not recorded: [dir]/history/history.db: the database cannot be written: Permission denied (os error 13)
    ! hint: give this user write access, or name another directory with --home or RUNLOG_HOME
    ");
}

#[test]
fn a_history_of_another_user() {
    let session = Session::new();
    session.stdout("runlog run -- true && chmod 755 history");
    insta::assert_snapshot!(as_nobody(&session, "runlog list"), @"
    ! error: [dir]/history/history.db: the database cannot be written: Permission denied (os error 13)
    ! hint: give this user write access, or name another directory with --home or RUNLOG_HOME
    [exit 4]
    ");
    insta::assert_snapshot!(as_nobody(&session, "runlog run -- echo ran"), @"
    ran
    ! warning: this run is not recorded: [dir]/history/history.db: the database cannot be written: Permission denied (os error 13)
    ! hint: give this user write access, or name another directory with --home or RUNLOG_HOME
    ");
}

#[test]
fn a_home_that_is_a_file() {
    let session = Session::new();
    session.stdout("touch history");
    insta::assert_snapshot!(session.see("runlog list"), @"
    ! error: cannot make the directory [dir]/history: File exists (os error 17)
    ! hint: name another directory with --home or RUNLOG_HOME
    [exit 4]
    ");
    insta::assert_snapshot!(session.see("runlog run -- echo ran"), @"
    ran
    ! warning: this run is not recorded: cannot make the directory [dir]/history: File exists (os error 17)
    ! hint: name another directory with --home or RUNLOG_HOME
    ");
}

#[test]
fn without_runlog_home_the_data_directory_of_the_platform_is_used() {
    let session = Session::new();
    session.stdout("unset RUNLOG_HOME; runlog run -- true");
    assert!(session.directory().join(".local/share/runlog/history.db").exists());
    session.stdout("RUNLOG_HOME= runlog list; XDG_DATA_HOME=$PWD/data RUNLOG_HOME= runlog list");
    assert!(session.directory().join("data/runlog/history.db").exists());
}
