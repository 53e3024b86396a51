//! Signals, sudden death, and terminals.

use crate::session::{Session, until};

#[test]
fn ctrl_c_on_a_silent_program_cancels_it() {
    let session = Session::new();
    for mode in ["--pty", "--no-pty"] {
        let line = format!("exec runlog run {mode} -- sh -c 'echo ready; exec sleep 1000'");
        let mut terminal = session.terminal(&line, 80);
        terminal.shows("ready");
        terminal.press("\u{3}");
        let (code, shown) = terminal.end();
        assert_eq!((code, shown.as_str()), (Some(130), "ready\n^C"), "{mode}");
        let run = session.newest();
        assert_eq!((&run["status"], &run["signal"]), (&"cancelled".into(), &2.into()), "{mode}");
    }
}

#[test]
fn a_signal_to_runlog_is_passed_on() {
    let session = Session::new();
    let program = "trap \"exit 7\" TERM; touch ready; while :; do sleep 0.01; done";
    let run = session.background(&format!("runlog run -- sh -c '{program}'"));
    until("the program runs", || session.directory().join("ready").exists().then_some(()));
    session.stdout(&format!("kill -TERM {}", run.0.id()));
    assert_eq!(run.end(), Some(7));
    assert_eq!(session.newest()["exit_code"], 7);
}

#[test]
fn a_run_whose_recorder_was_killed_is_lost() {
    let session = Session::new();
    let run = session.background("runlog run -- sh -c 'echo $$ > pid; exec sleep 1000'");
    until("the program runs", || session.directory().join("pid").exists().then_some(()));
    session.started();
    run.kill();
    insta::assert_snapshot!(session.see("runlog list"), @"
    ID        STATUS  STARTED    TOOK  COMMAND
    id-00001  lost    just now  [took]  sh -c 'echo $$ > pid; exec sleep 1000'
    ");
    let id = session.newest_id();
    let shown = session.stdout(&format!("runlog show {id}"));
    assert!(shown.contains("lost: the process that recorded it died unseen"), "{shown}");
    session.stdout("kill $(cat pid)");
}

#[test]
fn on_a_terminal_the_program_has_a_terminal() {
    let session = Session::new();
    let line = "runlog run -- sh -c 'test -t 1 && test -t 0 && echo on a terminal'";
    let (code, shown) = session.terminal(line, 80).end();
    assert_eq!((code, shown.as_str()), (Some(0), "on a terminal\n"));
    let no_pty = "runlog run --no-pty -- sh -c 'test -t 1 || echo on a pipe'";
    let (code, shown) = session.terminal(no_pty, 80).end();
    assert_eq!((code, shown.as_str()), (Some(0), "on a pipe\n"));
    assert_eq!(
        session.stdout("runlog run --pty -- sh -c 'test -t 1 && echo forced'"),
        "forced\r\n"
    );
}

#[test]
fn the_colours_of_a_program_reach_a_terminal_and_no_pipe() {
    let session = Session::new();
    session.stdout(r"runlog run -- printf '\033[31mred\033[0m\n'");
    let id = session.newest_id();
    assert_eq!(session.stdout(&format!("runlog logs {id}")), "red\n");
    let raw = session.stdout(&format!("runlog logs {id} --raw"));
    assert_eq!(raw, "\u{1b}[31mred\u{1b}[0m\n");
    let line = format!("env -u NO_COLOR runlog logs {id}");
    let (_, shown) = session.terminal(&line, 80).end();
    assert!(shown.starts_with("\u{1b}[31mred\u{1b}[0m\n"), "{shown:?}");
    let (_, shown) = session.terminal(&format!("runlog logs {id}"), 80).end();
    assert_eq!(shown, "red\n");
}
