//! Tags, notes, pins, the trash.

use crate::session::Session;

fn with_two_runs() -> (Session, String, String) {
    let session = Session::new();
    session.stdout("runlog run -- echo first");
    let first = session.newest_id();
    session.stdout("runlog run -- echo second");
    let second = session.newest_id();
    (session, first, second)
}

#[test]
fn tags() {
    let (session, id, _) = with_two_runs();
    insta::assert_snapshot!(session.see(&format!("runlog tag {id} nightly release")), @"! id-00001 is tagged nightly, release");
    insta::assert_snapshot!(session.see(&format!("runlog tag {id} nightly --remove")), @"! id-00001 is no longer tagged nightly");
    insta::assert_snapshot!(session.see("runlog list --tag release"), @"
    ID        STATUS     STARTED    TOOK  EXIT  TAGS     COMMAND
    id-00001  completed  just now  [took]     0  release  echo first
    ");
    insta::assert_snapshot!(session.see("runlog list --tag nightly"), @"! no execution matches");
    insta::assert_snapshot!(session.see(&format!("runlog tag {id}")), @"
    ! error: the following required arguments were not provided:
    !   <TAG>...
    ! 
    ! Usage: runlog tag <ID> <TAG>...
    ! 
    ! For more information, try '--help'.
    [exit 2]
    ");
}

#[test]
fn notes() {
    let (session, id, _) = with_two_runs();
    insta::assert_snapshot!(session.see(&format!("runlog note {id} 'the disk was full'")), @"! noted on id-00001");
    assert_eq!(session.json(&format!("runlog show --json {id}"))["note"], "the disk was full");
    session.stdout(&format!("printf 'two\\nlines\\n' | runlog note {id} -"));
    assert_eq!(session.json(&format!("runlog show --json {id}"))["note"], "two\nlines");
    insta::assert_snapshot!(session.see(&format!("runlog note {id} --clear")), @"! removed the note on id-00001");
    assert_eq!(session.json(&format!("runlog show --json {id}"))["note"], serde_json::Value::Null);
    insta::assert_snapshot!(session.see(&format!("runlog note {id} ''")), @"
    ! error: the note is empty
    ! hint: --clear removes a note
    [exit 2]
    ");
    let long = format!("head -c 70000 /dev/zero | tr '\\0' x | runlog note {id} -");
    insta::assert_snapshot!(session.see(&long), @"
    ! error: note: 65537 bytes long, at most 65536 are kept
    [exit 1]
    ");
}

#[test]
fn the_trash_keeps_what_is_deleted_for_so_many_days() {
    let (session, first, second) = with_two_runs();
    session.see(&format!("runlog delete {first} {second}"));
    insta::assert_snapshot!(session.see("runlog trash"), @"
    2 executions in the trash
    what is deleted stays for 30 days
    ");
    insta::assert_snapshot!(session.see("runlog trash --keep forever --json"), @r#"{"executions":2,"keep_days":null}"#);
    insta::assert_snapshot!(session.see("runlog trash --keep soon"), @"
    ! error: invalid value 'soon' for '--keep <DAYS>': give a number of days, or 'forever'
    ! 
    ! For more information, try '--help'.
    [exit 2]
    ");
    session.see("runlog trash --keep 0");
    insta::assert_snapshot!(session.see("runlog list --deleted"), @"! nothing in the trash matches");
    insta::assert_snapshot!(session.see(&format!("runlog restore {first}")), @"
    ! error: no execution has an id that begins or ends with 'id-00001'
    ! hint: `runlog list` prints the ids; with --deleted, those in the trash
    [exit 3]
    ");
}

#[test]
fn pins() {
    let (session, first, second) = with_two_runs();
    insta::assert_snapshot!(session.see(&format!("runlog pin {first} {second}; runlog list")), @"
    ID         STATUS     STARTED    TOOK  EXIT  COMMAND
    id-00001*  completed  just now  [took]     0  echo second
    id-00002*  completed  just now  [took]     0  echo first
    ! pinned id-00002, id-00001
    ");
    insta::assert_snapshot!(session.see(&format!("runlog pin {first} --off; runlog list")), @"
    ID         STATUS     STARTED    TOOK  EXIT  COMMAND
    id-00001*  completed  just now  [took]     0  echo second
    id-00002   completed  just now  [took]     0  echo first
    ! unpinned id-00002
    ");
}

#[test]
fn the_trash() {
    let (session, first, second) = with_two_runs();
    insta::assert_snapshot!(session.see(&format!("runlog delete {first} {second}")), @"! moved to the trash: id-00001, id-00002");
    insta::assert_snapshot!(session.see("runlog list"), @"
    ! the history is empty
    ! hint: `runlog run -- make test` runs a program and records it
    ");
    insta::assert_snapshot!(session.see("runlog list --deleted"), @"
    ID        STATUS     STARTED    TOOK  EXIT  COMMAND
    id-00001  completed  just now  [took]     0  echo second
    id-00002  completed  just now  [took]     0  echo first
    ");
    insta::assert_snapshot!(session.see(&format!("runlog tag {first} late")), @"
    ! error: execution id-00001 is in the trash
    ! hint: `runlog restore id-00001` takes it out again
    [exit 1]
    ");
    insta::assert_snapshot!(session.see(&format!("runlog delete {first}")), @"
    ! error: execution id-00001 is in the trash already
    [exit 1]
    ");
    insta::assert_snapshot!(session.see(&format!("runlog restore {first}")), @"! restored id-00001");
    insta::assert_snapshot!(session.see(&format!("runlog restore {first}")), @"
    ! error: execution id-00001 is not in the trash
    ! hint: `runlog list --deleted` shows the trash
    [exit 1]
    ");
    assert_eq!(session.stdout(&format!("runlog logs {first}")), "first\n");
}

#[test]
fn several_ids_are_edited_together_or_not_at_all() {
    let (session, first, second) = with_two_runs();
    insta::assert_snapshot!(session.see(&format!("runlog delete {first} ffffffff {second}")), @"
    ! error: no execution has an id that begins or ends with 'id-00001'; nothing was changed
    ! hint: `runlog list` prints the ids; with --deleted, those in the trash
    [exit 3]
    ");
    assert_eq!(session.json("runlog list --json").as_array().unwrap().len(), 2);
    session.stdout(&format!("runlog delete {first}"));
    insta::assert_snapshot!(session.see(&format!("runlog restore {first} {second}")), @"
    ! error: execution id-00001 is not in the trash; nothing was changed
    ! hint: `runlog list --deleted` shows the trash
    [exit 1]
    ");
    assert_eq!(session.json("runlog list --json --deleted").as_array().unwrap().len(), 1);
    insta::assert_snapshot!(session.see(&format!("runlog restore {first} {first}")), @"! restored id-00001");
}
