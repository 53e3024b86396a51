//! `import`: the databases of other programs.

use std::path::Path;

use crate::session::Session;

/// A copy of a database of another program.
fn golden(session: &Session, name: &str) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/import").join(name);
    std::fs::copy(golden, session.directory().join(name)).unwrap();
}

#[test]
fn a_history_is_imported_once_and_its_file_left_as_it_was() {
    let session = Session::new();
    for name in ["seed0-old.db", "seed0-new.db", "seed1.db"] {
        golden(&session, name);
    }
    let before = session.stdout("cksum *.db");
    insta::assert_snapshot!(session.see("runlog import seed0-old.db"), @"
    ! imported 7 executions; 0 log lines
    ! warning: 4 rows could not be imported:
    !   ExecutionHistoryEntry row 8 (not an id): its id is no UUID, or the empty one
    !   ExecutionHistoryEntry row 9 (full-id-00001): its id is no UUID, or the empty one
    !   ExecutionHistoryEntry row 10 (full-id-00002): it has no time: neither ExecutedAt nor UpdatedAt can be read as one
    !   ExecutionHistoryEntry (full-id-00003): changed_at: [time] is ahead of this device's clock: set the clock right, or import again when that time has come
    ! hint: mend them there and import the file again: what is here by now stays as it is
    ");
    insta::assert_snapshot!(session.see("runlog import seed0-new.db"), @"! imported 0 executions, 1 updated, 3 known already, 1 purged here before; 0 log lines");
    insta::assert_snapshot!(session.see("runlog import seed1.db"), @"
    ! imported 2 executions, 6 updated, 1 purged here before; 5 log lines
    ! warning: 8 rows could not be imported:
    !   executions row 12: its id is no UUID, or the empty one
    !   execution_params row 3 (full-id-00001): params: a name is empty
    !   execution_logs row 5 (full-id-00001): its log_data is no text
    !   execution_params row 4 (full-id-00002): its name or its value is no text
    !   executions row 10 (full-id-00003): it has no time: none of its time columns can be read as one
    !   execution_params (full-id-00004): 1 rows belong to no execution that can be imported
    !   execution_logs (full-id-00004): 2 rows belong to no execution that can be imported
    !   executions row 11 (no id): its id is no UUID, or the empty one
    ! hint: mend them there and import the file again: what is here by now stays as it is
    ");
    insta::assert_snapshot!(session.see("runlog import seed1.db"), @"
    ! imported 0 executions, 8 known already, 1 purged here before; 0 log lines
    ! warning: 8 rows could not be imported:
    !   executions row 12: its id is no UUID, or the empty one
    !   execution_params row 3 (full-id-00001): params: a name is empty
    !   execution_logs row 5 (full-id-00001): its log_data is no text
    !   execution_params row 4 (full-id-00002): its name or its value is no text
    !   executions row 10 (full-id-00003): it has no time: none of its time columns can be read as one
    !   execution_params (full-id-00004): 1 rows belong to no execution that can be imported
    !   execution_logs (full-id-00004): 2 rows belong to no execution that can be imported
    !   executions row 11 (no id): its id is no UUID, or the empty one
    ! hint: mend them there and import the file again: what is here by now stays as it is
    ");
    assert_eq!(session.stdout("cksum *.db"), before);
    assert_eq!(session.output("runlog doctor").status.code(), Some(0));
}

#[test]
fn a_file_that_cannot_be_imported_says_why() {
    let session = Session::new();
    session.stdout("echo notes > notes.txt; runlog run -- true");
    insta::assert_snapshot!(session.see("runlog import notes.txt"), @"
    ! error: notes.txt: not a database: the file holds something else
    ! hint: `runlog import --help` says which databases can be read
    [exit 1]
    ");
    insta::assert_snapshot!(session.see("runlog import missing.db"), @"
    ! error: missing.db: reading or writing the database failed: open missing.db: No such file or directory (os error 2)
    ! hint: `runlog import --help` says which databases can be read
    [exit 1]
    ");
    insta::assert_snapshot!(session.see("runlog import history/history.db"), @"
    ! error: history/history.db: a database of another program: it has backends, devices, executions, kept_cells, kept_rows, leases, local_state, log_gaps; what can be imported is ExecutionHistoryEntry and executions with a column start_time
    ! hint: `runlog import --help` says which databases can be read
    [exit 1]
    ");
}
