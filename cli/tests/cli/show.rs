//! `show`, and the ways in which an execution is named.

use crate::session::Session;

#[test]
fn an_execution_is_found_by_short_id_prefix_and_full_id() {
    let session = Session::new();
    session.stdout("runlog run -- true");
    let id = session.newest()["id"].as_str().unwrap().to_owned();
    for name in [id.clone(), id[28..].to_owned(), id[..8].to_owned(), id.replace('-', "")] {
        assert_eq!(session.json(&format!("runlog show --json {name}"))["id"], id.as_str());
    }
}

#[test]
fn an_id_that_names_none_or_several() {
    let session = Session::new();
    session.stdout("runlog run -- true; runlog run -- true");
    insta::assert_snapshot!(session.see("runlog show ffffffff"), @"
    ! error: no execution has an id that begins or ends with 'id-00001'
    ! hint: `runlog list` prints the ids; with --deleted, those in the trash
    [exit 3]
    ");
    let prefix = session.newest()["id"].as_str().unwrap()[..4].to_owned();
    let seen = session.see(&format!("runlog show {prefix}")).replace(&prefix, "[prefix]");
    insta::assert_snapshot!(seen, @"
    ! error: '[prefix]' matches several executions: id-00001, id-00002
    ! hint: use one of these short ids
    [exit 3]
    ");
}

#[test]
fn everything_that_was_added_is_shown() {
    let session = Session::new();
    session.stdout("runlog run -p a=1 -p b='two words' -- sh -c 'echo one; echo two'");
    let id = session.newest_id();
    session.stdout(&format!(
        "runlog tag {id} good; runlog pin {id}; printf 'first\\nsecond\\n' | runlog note {id} -"
    ));
    insta::assert_snapshot!(session.see(&format!("runlog show {id}")), @"
    Execution   full-id-00001  (short id id-00001)
    Status      completed, exit code 0
    Workflow    sh  (command)
    Command     sh -c 'echo one; echo two'
    Program     /usr/bin/sh
    Directory   [dir]
    Started     [time]  (just now)
    Ended       [time]  (just now)
    Took  [took]
    Params      a = 1
                b = two words
    Tags        good
    Note        first
                second
    Pinned      yes
    User        ada
    Host        [host]
    Device      [device]
    Log         2 lines: runlog logs id-00001
    ");
}

#[test]
fn a_running_execution_is_shown_as_such() {
    let session = Session::new();
    // The program may be faster than the thread that writes its start down.
    let shows = "for n in $(seq 500); do runlog show $RUNLOG_PARENT_ID 2>/dev/null && break; sleep 0.01; done";
    let shown = session.stdout(&format!("runlog run -- sh -c '{shows}'"));
    assert!(shown.contains("Status      running\n"), "{shown}");
    assert!(!shown.contains("Ended"), "{shown}");
}
