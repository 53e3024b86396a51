//! Signals go through us, once. Handlers belong to a whole process, so each test has a runner in a
//! process of its own: this very test program, told to run only [`a_runner_of_its_own`].

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command as StdCommand, Stdio as StdStdio};
use std::thread;

use pty_process::blocking::open;
use runlog::process::{Command, Stdio, Stream, TerminalMode, run, run_on};
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, waitpid};

use crate::stage::{Reported, read_until, script};

type Outcome = Result<(), Box<dyn std::error::Error>>;

const SCRIPT: &str = "RUNLOG_TEST_SCRIPT";
const KILL_AFTER: &str = "RUNLOG_TEST_KILL_AFTER";
const INNER: [&str; 3] = ["signals::a_runner_of_its_own", "--exact", "--nocapture"];

#[test]
// Run by the other tests in a process of its own; without their script it has nothing to do.
fn a_runner_of_its_own() -> Outcome {
    let Ok(text) = std::env::var(SCRIPT) else { return Ok(()) };
    let exit = run(&script(&text), &mut Reported::default(), || 0)?;
    if std::env::var(KILL_AFTER).is_ok() {
        kill_process(getpid(), Signal::TERM)?;
        loop {
            thread::park();
        }
    }
    std::process::exit(exit.propagated_code());
}

fn runner(text: &str) -> io::Result<Child> {
    StdCommand::new(std::env::current_exe()?)
        .args(INNER)
        .env(SCRIPT, text)
        .stdin(StdStdio::piped())
        .stdout(StdStdio::piped())
        .stderr(StdStdio::piped())
        .spawn()
}

/// A script that says when it is ready and then waits for signals, not for time.
fn waiting(traps: &str) -> String {
    format!("sleep 1000 >/dev/null 2>&1 & s=$!; {traps}; echo ready; while :; do wait; done")
}

fn ready(runner: &mut Child) -> io::Result<Pid> {
    read_until(runner.stdout.as_mut().ok_or(io::ErrorKind::Other)?, "ready\n")?;
    Ok(Pid::from_child(runner))
}

#[test]
fn signals_are_passed_on_and_survived() -> Outcome {
    for (signal, name) in [
        (Signal::TERM, "TERM"),
        (Signal::INT, "INT"),
        (Signal::HUP, "HUP"),
        (Signal::QUIT, "QUIT"),
        (Signal::USR1, "USR1"),
        (Signal::USR2, "USR2"),
    ] {
        let trap = format!("trap 'kill $s; echo got {name}; exit 3' {name}");
        let mut runner = runner(&waiting(&trap))?;
        kill_process(ready(&mut runner)?, signal)?;
        let output = runner.wait_with_output()?;
        assert_eq!(String::from_utf8_lossy(&output.stdout), format!("got {name}\n"));
        assert_eq!(output.status.code(), Some(3), "{name}");
    }
    Ok(())
}

#[test]
fn a_signal_that_ends_the_process_is_told() -> Outcome {
    let mut runner = runner("echo ready; exec sleep 1000")?;
    kill_process(ready(&mut runner)?, Signal::USR1)?;
    assert_eq!(runner.wait()?.code(), Some(128 + Signal::USR1.as_raw()));
    Ok(())
}

#[test]
fn stopping_stops_both_and_continuing_continues_both() -> Outcome {
    let mut runner = runner(&waiting("trap 'kill $s; echo continued; exit 0' CONT"))?;
    let pid = ready(&mut runner)?;
    kill_process(pid, Signal::TSTP)?;
    let (_, status) = waitpid(Some(pid), WaitOptions::UNTRACED)?.ok_or("no status")?;
    assert!(status.stopped());
    kill_process(pid, Signal::CONT)?;
    let output = runner.wait_with_output()?;
    assert_eq!(output.stdout, b"continued\n");
    assert_eq!(output.status.code(), Some(0));
    Ok(())
}

#[test]
fn a_signal_ignored_from_the_start_stays_ignored() -> Outcome {
    let text = "kill -HUP $PPID; kill -HUP $$; echo alive; kill -TERM $PPID; exec sleep 1000";
    let output = StdCommand::new("sh")
        .args(["-c", "trap '' HUP; exec \"$@\"", "sh"])
        .arg(std::env::current_exe()?)
        .args(INNER)
        .env(SCRIPT, text)
        .output()?;
    assert!(String::from_utf8_lossy(&output.stdout).ends_with("alive\n"));
    assert_eq!(output.status.code(), Some(128 + Signal::TERM.as_raw()));
    Ok(())
}

#[test]
fn after_a_run_signals_have_their_default_action_again() -> Outcome {
    let output = StdCommand::new(std::env::current_exe()?)
        .args(INNER)
        .env(SCRIPT, "true")
        .env(KILL_AFTER, "yes")
        .output()?;
    assert_eq!(output.status.signal(), Some(Signal::TERM.as_raw()));
    Ok(())
}

#[test]
fn a_signal_is_passed_on_while_nobody_reads_what_is_shown() -> Outcome {
    let text = "trap 'kill $y; echo gone >&2; exit 4' TERM; yes & y=$!; while :; do wait; done";
    let mut runner = runner(text)?;
    let mut stdout = runner.stdout.take().ok_or("no output")?;
    let mut stderr = runner.stderr.take().ok_or("no error output")?;
    read_until(&mut stdout, "y\ny\n")?;
    kill_process(Pid::from_child(&runner), Signal::TERM)?;
    read_until(&mut stderr, "gone\n")?;
    io::copy(&mut stdout, &mut io::sink())?;
    assert_eq!(runner.wait()?.code(), Some(4));
    Ok(())
}

/// The runner runs on a terminal (made by another runner), with the process on pipes beside it in
/// the foreground. Ctrl-C comes from the terminal driver to both. The process then sends USR1
/// through the runner, which comes after any INT that the runner would have passed on.
#[test]
fn ctrl_c_reaches_a_process_on_pipes_once() -> Outcome {
    let traps = "n=0; trap 'n=$((n+1)); kill -USR1 $PPID' INT; \
                 trap 'kill $s; echo INT came $n times; exit 0' USR1";
    let (mut outer, theirs) = open()?;
    let command = Command::new(std::env::current_exe()?)
        .args(INNER)
        .env(SCRIPT, waiting(traps))
        .terminal(TerminalMode::Always);
    let run = thread::spawn(move || {
        let mut reported = Reported::default();
        let fd = theirs.as_fd();
        let stdio = Stdio { stdin: fd, stdout: fd, stderr: fd };
        run_on(&command, stdio, &mut reported, || 0).map(|exit| (exit, reported))
    });
    read_until(&mut outer, "ready\r\n")?;
    outer.write_all(b"\x03")?;
    read_until(&mut outer, "times\r\n")?;
    let (exit, reported) = run.join().map_err(|_| "the runner panicked")??;
    let lines = reported.text(Stream::Stdout);
    assert_eq!(exit.code, Some(0), "{exit:?} {lines:?}");
    assert!(lines.iter().any(|line| line.ends_with("INT came 1 times")), "{lines:?}");
    Ok(())
}

#[test]
fn an_idle_process_costs_nothing() -> Outcome {
    let mut runner = runner("echo ready; read a; cat /proc/$PPID/status")?;
    ready(&mut runner)?;
    // Whatever the runner did since it began, it did not turn round and round: the switches it
    // made of its own accord are those of its start.
    runner.stdin.take().ok_or("no input")?.write_all(b"go\n")?;
    let mut status = String::new();
    runner.stdout.as_mut().ok_or("no output")?.read_to_string(&mut status)?;
    runner.wait()?;
    let switches = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    let switches: u64 = switches.ok_or("not Linux")?.trim().parse()?;
    assert!(switches < 50, "{switches}");
    Ok(())
}
