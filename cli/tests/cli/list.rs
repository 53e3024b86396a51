//! `list`: filters, orders, pages, tables.

use crate::session::Session;

/// Four runs: what differs is what the filters ask for.
fn with_runs() -> Session {
    let session = Session::new();
    session.stdout("runlog run --workflow build --tag ci --param env=test -- true");
    session.output("runlog run --workflow build --param env=prod -- false");
    session.stdout("runlog run --workflow deploy --kind job --tag ci --tag slow -- sleep 0.3");
    session.output("runlog run --name 'A name' -- sh -c 'exit 3'");
    session
}

fn workflows(session: &Session, arguments: &str) -> Vec<String> {
    let listed = session.json(&format!("runlog list --json {arguments}"));
    let listed = listed.as_array().unwrap().iter();
    listed.map(|run| run["workflow_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_table_of_what_ran() {
    insta::assert_snapshot!(with_runs().see("runlog list"), @"
    ID        STATUS     STARTED    TOOK  EXIT  TAGS     COMMAND
    id-00001  failed     just now  [took]     3           A name: sh -c 'exit 3'
    id-00002  completed  just now  [took]     0  ci,slow  deploy: sleep 0.3
    id-00003  failed     just now  [took]     1           build: false
    id-00004  completed  just now  [took]     0  ci       build: true
    ");
}

#[test]
fn each_filter_finds_its_runs() {
    let session = with_runs();
    let cases: [(&str, &[&str]); 17] = [
        ("--workflow build", &["build", "build"]),
        ("--kind job", &["deploy"]),
        ("--status failed", &["sh", "build"]),
        ("--status running", &[]),
        ("--tag ci", &["deploy", "build"]),
        ("--param env=prod", &["build"]),
        ("--param env=", &[]),
        ("--exit-code 3", &["sh"]),
        ("--device this --exit-code 1", &["build"]),
        ("--device 00000000-0000-0000-0000-000000000001", &[]),
        ("--since 1h", &["sh", "deploy", "build", "build"]),
        ("--until 2020-01-01", &[]),
        ("--until 2020-01-01T00:00:00Z", &[]),
        ("--min-duration 250ms --max-duration 1h", &["deploy"]),
        ("--deleted", &[]),
        ("--workflow build --status completed", &["build"]),
        ("-n 2 --offset 1", &["deploy", "build"]),
    ];
    for (arguments, expected) in cases {
        assert_eq!(workflows(&session, arguments), expected, "{arguments}");
    }
}

#[test]
fn orders() {
    let session = with_runs();
    assert_eq!(workflows(&session, "--sort oldest"), ["build", "build", "deploy", "sh"]);
    assert_eq!(workflows(&session, "--sort longest -n 1"), ["deploy"]);
    assert_eq!(workflows(&session, "--sort shortest")[3], "deploy");
}

#[test]
fn pages_follow_each_other_by_cursor() {
    let session = with_runs();
    insta::assert_snapshot!(session.see("runlog list -n 2"), @"
    ID        STATUS     STARTED    TOOK  EXIT  TAGS     COMMAND
    id-00001  failed     just now  [took]     3           A name: sh -c 'exit 3'
    id-00002  completed  just now  [took]     0  ci,slow  deploy: sleep 0.3
    ! more: repeat the command with --cursor [cursor]
    ");
    let stderr = String::from_utf8(session.output("runlog list -n 2").stderr).unwrap();
    let cursor = stderr.split_whitespace().last().unwrap();
    assert_eq!(workflows(&session, &format!("-n 2 --cursor {cursor}")), ["build", "build"]);
    let wrong_order = format!("runlog list --sort oldest --cursor {cursor}");
    insta::assert_snapshot!(session.see(&wrong_order), @"
    ! error: '[cursor]' is not a cursor of this listing
    ! hint: use the one that the page before has printed, with the same --sort
    [exit 2]
    ");
}

#[test]
fn an_empty_history_says_what_to_do() {
    let session = Session::new();
    insta::assert_snapshot!(session.see("runlog list"), @"
    ! the history is empty
    ! hint: `runlog run -- make test` runs a program and records it
    ");
    insta::assert_snapshot!(session.see("runlog list --status failed"), @"! no execution matches");
    insta::assert_snapshot!(session.see("runlog list --deleted"), @"! nothing in the trash matches");
    insta::assert_snapshot!(session.see("runlog list --json"), @"[]");
}

#[test]
fn a_table_fits_the_terminal_and_is_whole_in_a_pipe() {
    let session = Session::new();
    let long = "x".repeat(200);
    session.stdout(&format!("runlog run --tag a-tag-that-is-long -- echo {long}"));
    let (_, shown) = session.terminal("runlog list", 70).end();
    assert!(shown.lines().all(|line| line.chars().count() <= 70), "{shown}");
    assert!(shown.contains('…'), "{shown}");
    assert!(session.stdout("runlog list").contains(&long));
}

#[test]
fn statuses_are_coloured_on_a_terminal_unless_told_otherwise() {
    let session = with_runs();
    let red = "\u{1b}[31mfailed";
    let shown = |line: &str| session.terminal(line, 100).end().1;
    assert!(shown("env -u NO_COLOR runlog list").contains(red));
    assert!(!shown("runlog list").contains('\u{1b}'));
    assert!(!shown("env -u NO_COLOR runlog list --color never").contains('\u{1b}'));
    assert!(session.stdout("runlog list --color always").contains(red));
    assert!(!session.stdout("env -u NO_COLOR runlog list").contains('\u{1b}'));
}

#[test]
fn arguments_cannot_reach_the_terminal_as_commands() {
    let session = Session::new();
    session.stdout(r"runlog run -- echo $(printf 'a\033[2Jb')");
    let listed = session.stdout("runlog list --color always");
    assert!(listed.contains(r"a\u{1b}[2Jb"), "{listed}");
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let session = with_runs();
    insta::assert_snapshot!(session.see("runlog list | true; runlog list --json | head -c 1"), @"[");
    session.stdout("runlog run -- seq 300000 > /dev/null");
    let id = session.newest_id();
    insta::assert_snapshot!(session.see(&format!("runlog logs {id} | head -2")), @"
    1
    2
    ");
}
