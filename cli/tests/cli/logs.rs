//! `logs`: parts, filters, following.

use runlog::model::Kind;
use runlog::{NewRun, Options, Overflow, Runlog};

use crate::session::{Session, until};

fn with_log() -> (Session, String) {
    let session = Session::new();
    session.stdout("runlog run -- sh -c 'for n in 1 2 3; do echo out $n; echo \"ERROR err $n\" >&2; sleep 0.05; done'");
    let id = session.newest_id();
    (session, id)
}

#[test]
fn parts_of_a_log() {
    let (session, id) = with_log();
    let logs = |arguments: &str| session.stdout(&format!("runlog logs {id} {arguments}"));
    assert_eq!(logs("--stream stdout"), "out 1\nout 2\nout 3\n");
    assert_eq!(logs("--stream stdout --tail 1"), "out 3\n");
    assert_eq!(logs("--level warn --range ..2"), "ERROR err 1\n");
    assert_eq!(logs("--tail 0"), "");
    assert_eq!(logs("--range 7.."), "");
    assert_eq!(logs("--range 1..6").lines().count(), 6);
    assert_eq!(logs("--range 3").lines().count(), 1);
    assert_eq!(logs("--tail 100").lines().count(), 6);
    let timed = logs("--time --tail 1");
    assert_eq!(timed.find(' '), Some("12:34:56.789".len()), "{timed}");
    insta::assert_snapshot!(session.see(&format!("runlog logs {id} --range 5..2")), @"
    ! error: invalid value '5..2' for '--range <A..B>': it ends before it begins
    ! 
    ! For more information, try '--help'.
    [exit 2]
    ");
}

#[test]
fn a_long_line_is_one_line() {
    let session = Session::new();
    session.stdout("runlog run -- sh -c 'yes é | head -n 20000 | tr -d \"\\n\"; echo; echo next'");
    let id = session.newest_id();
    let text = session.stdout(&format!("runlog logs {id}"));
    assert_eq!(text.lines().map(str::len).collect::<Vec<_>>(), [40_000, 4]);
    let json = session.stdout(&format!("runlog logs {id} --json"));
    let continued = json.lines().filter(|line| line.contains("\"continued\":true")).count();
    assert_eq!((json.lines().count(), continued), (4, 2));
}

#[test]
fn lines_that_are_gone_are_told_about() {
    let session = Session::new();
    let mut options = Options::default();
    options.log_limits.lines = 8_000;
    options.recorder.overflow = Overflow::Wait;
    let runlog = Runlog::open_with(session.database(), options).unwrap();
    let run = runlog.recorder().unwrap().start(NewRun::new(Kind::Job, "long").unwrap()).unwrap();
    for number in 1..=20_000 {
        run.stdout(number.to_string());
        // What is dropped is decided once a write, so it would depend on how fast the writer is.
        if number % 1_000 == 0 {
            run.flush().unwrap();
        }
    }
    run.finish_completed().unwrap();
    let id = session.newest_id();
    insta::assert_snapshot!(session.see(&format!("runlog logs {id} --range 1999..2002")), @"
    1999
    2000
    ! … lines 2001 to 14000 are gone: the log is larger than what is kept of one
    ");
    insta::assert_snapshot!(session.see(&format!("runlog logs {id} --range 2000..2001 --json")), @r#"
    {"seq":2000,"time":"[time]","stream":"stdout","level":null,"text":"2000"}
    {"dropped":{"first":2001,"last":14000,"reason":"limit"}}
    "#);
}

#[test]
fn a_follower_sees_what_another_process_records_until_it_ends() {
    let session = Session::new();
    let program = "echo one; while [ ! -e go ]; do sleep 0.01; done; echo two; exit 3";
    let run = session.background(&format!("runlog run -- sh -c '{program}'"));
    let id = session.started();
    let mut follower = session.background(&format!("runlog logs --follow {id}"));
    let mut lines = follower.lines();
    assert_eq!(lines.next().unwrap().unwrap(), "one");
    std::fs::write(session.directory().join("go"), "").unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), "two");
    assert!(lines.next().is_none());
    assert_eq!(follower.end(), Some(0));
    assert_eq!(run.end(), Some(3));
}

#[test]
fn a_follower_begins_at_the_tail_and_ends_with_the_range() {
    let session = Session::new();
    let program = "seq 5; while [ ! -e go ]; do sleep 0.01; done; seq 6 10";
    let run = session.background(&format!("runlog run -- sh -c '{program}'"));
    let id = session.started();
    until("five lines are recorded", || {
        (session.stdout(&format!("runlog logs {id}")).lines().count() == 5).then_some(())
    });
    let mut tail = session.background(&format!("runlog logs --follow --tail 1 {id}"));
    let mut range = session.background(&format!("runlog logs --follow --range 4..7 {id}"));
    let mut tail_lines = tail.lines();
    assert_eq!(tail_lines.next().unwrap().unwrap(), "5");
    std::fs::write(session.directory().join("go"), "").unwrap();
    let rest: Vec<_> = tail_lines.map(Result::unwrap).collect();
    assert_eq!(rest, ["6", "7", "8", "9", "10"]);
    assert_eq!(range.lines().map(Result::unwrap).collect::<Vec<_>>(), ["4", "5", "6", "7"]);
    assert_eq!(run.end(), Some(0));
}

#[test]
fn a_follower_notices_that_the_recorder_was_killed() {
    let session = Session::new();
    let run = session.background("runlog run -- sh -c 'echo $$ > pid; echo one; exec sleep 1000'");
    let id = session.started();
    let mut follower = session.background(&format!("runlog logs --json --follow {id}"));
    let mut lines = follower.lines();
    assert!(lines.next().unwrap().unwrap().contains("\"text\":\"one\""));
    run.kill();
    assert!(lines.next().is_none());
    assert_eq!(follower.end(), Some(0));
    assert_eq!(session.newest()["status"], "lost");
    session.stdout("kill $(cat pid)");
}
