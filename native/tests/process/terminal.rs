//! The process on a pseudo-terminal, and what becomes of the terminal around it.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{self, JoinHandle};

use pty_process::blocking::{Pty, open};
use runlog::process::{Command, Exit, Sink, SpawnError, Stdio, Stream, TerminalMode, run_on};
use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcgetwinsize, tcsetwinsize};

use crate::stage::{Reported, read_until, script};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A terminal that the test holds, with a run on it.
struct Stage {
    keys_and_screen: Pty,
    theirs: OwnedFd,
    run: Option<JoinHandle<Result<(Exit, Reported), SpawnError>>>,
}

impl Stage {
    fn begin(text: &str, size: Option<(u16, u16)>) -> Result<Self, Box<dyn std::error::Error>> {
        let (keys_and_screen, theirs) = open()?;
        let theirs = theirs.as_fd().try_clone_to_owned()?;
        if let Some((ws_row, ws_col)) = size {
            tcsetwinsize(&theirs, Winsize { ws_row, ws_col, ws_xpixel: 0, ws_ypixel: 0 })?;
        }
        let command = script(text).terminal(TerminalMode::Auto);
        let fd = theirs.try_clone()?;
        let run = thread::spawn(move || {
            let mut reported = Reported::default();
            let stdio = Stdio { stdin: fd.as_fd(), stdout: fd.as_fd(), stderr: fd.as_fd() };
            run_on(&command, stdio, &mut reported, || 0).map(|exit| (exit, reported))
        });
        Ok(Self { keys_and_screen, theirs, run: Some(run) })
    }

    fn shows(&mut self, end: &str) -> io::Result<String> {
        read_until(&mut self.keys_and_screen, end)
    }

    fn press(&mut self, keys: &str) -> io::Result<()> {
        self.keys_and_screen.write_all(keys.as_bytes())
    }

    fn end(&mut self) -> Result<(Exit, Reported), Box<dyn std::error::Error>> {
        let run = self.run.take().ok_or("the run has ended")?;
        Ok(run.join().map_err(|_| "the runner panicked")??)
    }
}

#[test]
fn all_streams_are_a_terminal_and_the_session_has_it() -> Outcome {
    let mut stage = Stage::begin("test -t 0 && test -t 1 && test -t 2 && tty </dev/tty", None)?;
    let shown = stage.shows("\r\n")?;
    let (exit, reported) = stage.end()?;
    assert_eq!(exit, Exit { code: Some(0), ..Exit::default() });
    assert!(shown.starts_with("/dev/"), "{shown}");
    assert_eq!(reported.text(Stream::Stdout), [shown.trim_end()]);
    Ok(())
}

#[test]
fn the_size_is_that_of_the_outer_terminal_and_follows_it() -> Outcome {
    let text = "trap 'stty size; exit 0' WINCH; stty size; while :; do read a; done";
    let mut stage = Stage::begin(text, Some((33, 101)))?;
    stage.shows("33 101\r\n")?;
    let size = Winsize { ws_row: 44, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&stage.theirs, size)?;
    // A terminal tells only those whom it controls; here nobody but the test does.
    kill_process(getpid(), Signal::WINCH)?;
    stage.press("\n")?;
    stage.shows("44 120\r\n")?;
    assert_eq!(stage.end()?.0.code, Some(0));
    Ok(())
}

#[test]
fn without_a_terminal_around_it_the_size_is_the_usual_one() -> Outcome {
    let (stdin, _keep) = io::pipe()?;
    let (mut stdout, writer) = io::pipe()?;
    let stdio = Stdio { stdin: stdin.as_fd(), stdout: writer.as_fd(), stderr: writer.as_fd() };
    let command =
        script("stty size </dev/tty; test -t 2; echo code $?").terminal(TerminalMode::Always);
    let exit = run_on(&command, stdio, &mut Reported::default(), || 0)?;
    assert_eq!(exit.code, Some(0));
    assert_eq!(read_until(&mut stdout, "code 0\r\n")?, "24 80\r\ncode 0\r\n");
    Ok(())
}

#[test]
fn keys_reach_the_process_and_the_outer_terminal_is_raw_meanwhile() -> Outcome {
    let mut stage = Stage::begin("printf 'name? '; read name; echo got $name", None)?;
    let before = tcgetattr(&open()?.1)?.local_modes;
    stage.shows("name? ")?;
    stage.press("Ada\r")?;
    // The echo is the inner terminal's, and there is one only.
    assert_eq!(stage.shows("got Ada\r\n")?, "Ada\r\ngot Ada\r\n");
    let (_, reported) = stage.end()?;
    assert_eq!(reported.text(Stream::Stdout), ["name? Ada", "got Ada"]);
    assert_eq!(tcgetattr(&stage.theirs)?.local_modes, before);
    Ok(())
}

#[test]
fn the_outer_terminal_is_raw_only_during_the_run() -> Outcome {
    let mut stage = Stage::begin("printf 'press'; read key", None)?;
    // The process reports after it has seen a key, which was read in raw mode.
    stage.shows("press")?;
    stage.press("x")?;
    stage.shows("x")?;
    let modes = LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG;
    assert!(!tcgetattr(&stage.theirs)?.local_modes.intersects(modes));
    stage.press("\r")?;
    stage.end()?;
    assert!(tcgetattr(&stage.theirs)?.local_modes.contains(modes));
    Ok(())
}

#[test]
fn a_panic_leaves_the_outer_terminal_as_it_was() -> Outcome {
    struct Panicking;
    impl Sink for Panicking {
        fn line(&mut self, _: Stream, _: i64, _: &[u8], _: bool) {
            std::panic::resume_unwind(Box::new("on purpose"));
        }
        fn event(&mut self, _: i64, _: &str) {}
    }
    let (_screen, theirs) = open()?;
    let before = tcgetattr(&theirs)?.local_modes;
    let stdio = Stdio { stdin: theirs.as_fd(), stdout: theirs.as_fd(), stderr: theirs.as_fd() };
    let run = || run_on(&Command::new("echo").args(["a"]), stdio, &mut Panicking, || 0);
    assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
    assert_eq!(tcgetattr(&theirs)?.local_modes, before);
    Ok(())
}

#[test]
fn ctrl_c_and_ctrl_d_mean_what_the_inner_terminal_makes_of_them() -> Outcome {
    let mut stage = Stage::begin("echo ready; exec sleep 1000", None)?;
    stage.shows("ready\r\n")?;
    stage.press("\x03")?;
    assert_eq!(stage.end()?.0.signal, Some(Signal::INT.as_raw()));

    let mut stage = Stage::begin("echo ready; cat; echo end of input; exit 6", None)?;
    stage.shows("ready\r\n")?;
    stage.press("\x04")?;
    stage.shows("end of input\r\n")?;
    assert_eq!(stage.end()?.0.code, Some(6));
    Ok(())
}

#[test]
fn redirected_streams_stay_redirected() -> Outcome {
    let (mut screen, theirs) = open()?;
    let (stdin, mut input) = io::pipe()?;
    let (mut stderr, errors) = io::pipe()?;
    input.write_all(b"from a pipe\n")?;
    drop(input);
    let mut reported = Reported::default();
    let stdio = Stdio { stdin: stdin.as_fd(), stdout: theirs.as_fd(), stderr: errors.as_fd() };
    let text = r#"cat; test -t 1 && echo '@runlog {"n":1}' >&2; printf 'to a pipe\n' >&2"#;
    let exit = run_on(&Command::new("sh").args(["-c", text]), stdio, &mut reported, || 0)?;
    assert_eq!(exit.code, Some(0));
    read_until(&mut screen, "from a pipe\r")?;
    assert_eq!(read_until(&mut stderr, "\n")?, "to a pipe\n");
    assert_eq!(reported.text(Stream::Stdout), ["from a pipe"]);
    assert_eq!(reported.text(Stream::Stderr), ["to a pipe"]);
    assert_eq!(reported.events, [r#"{"n":1}"#]);
    Ok(())
}

#[test]
fn events_are_taken_out_of_the_one_stream() -> Outcome {
    let text = r#"echo a; echo '@runlog {"n":1}' >&2; echo b"#;
    let mut stage = Stage::begin(text, None)?;
    assert_eq!(stage.shows("b\r\n")?, "a\r\nb\r\n");
    let (_, reported) = stage.end()?;
    assert_eq!(reported.events, [r#"{"n":1}"#]);
    assert_eq!(reported.text(Stream::Stdout), ["a", "b"]);
    Ok(())
}

#[test]
fn all_of_a_long_output_arrives() -> Outcome {
    let mut stage = Stage::begin("seq 1 50000", None)?;
    stage.shows("\n50000\r\n")?;
    let (_, reported) = stage.end()?;
    assert_eq!(reported.text(Stream::Stdout).len(), 50_000);
    Ok(())
}

#[test]
fn a_process_that_leaves_its_terminal_is_not_hung_up() -> Outcome {
    let text = "exec >/dev/null 2>&1 </dev/null; echo on >/dev/tty; read a </dev/tty; exit 7";
    let mut stage = Stage::begin(text, None)?;
    stage.shows("on\r\n")?;
    stage.press("\r")?;
    assert_eq!(stage.end()?.0.code, Some(7));
    Ok(())
}

#[test]
fn a_screen_that_goes_away_hangs_up() -> Outcome {
    let mut stage = Stage::begin("echo ready; exec sleep 1000", None)?;
    stage.shows("ready\r\n")?;
    let Stage { keys_and_screen, theirs: _theirs, run } = stage;
    drop(keys_and_screen);
    let run = run.ok_or("the run has ended")?;
    let (exit, _) = run.join().map_err(|_| "the runner panicked")??;
    assert_eq!(exit.signal, Some(Signal::HUP.as_raw()));
    Ok(())
}

#[test]
fn a_background_process_on_the_terminal_does_not_keep_the_run() -> Outcome {
    let (stdin, writer) = io::pipe()?;
    let null = File::options().write(true).open("/dev/null")?;
    let stdio = Stdio { stdin: stdin.as_fd(), stdout: null.as_fd(), stderr: null.as_fd() };
    let mut reported = Reported::default();
    let text = "trap '' HUP; exec 3<&0; cat <&3 & seq 1 3000";
    let command = script(text).terminal(TerminalMode::Always);
    let exit = run_on(&command, stdio, &mut reported, || 0)?;
    assert_eq!(exit, Exit { code: Some(0), signal: None, output_held: true });
    assert_eq!(reported.text(Stream::Stdout).len(), 3000);
    drop(writer);
    Ok(())
}

#[test]
fn the_outer_terminal_keeps_its_size() -> Outcome {
    let mut stage = Stage::begin("stty rows 10 cols 20; stty size", Some((30, 90)))?;
    stage.shows("10 20\r\n")?;
    stage.end()?;
    assert_eq!(tcgetwinsize(&stage.theirs)?.ws_col, 90);
    Ok(())
}
