//! How a run ends, and how it fails to begin.

use std::fs;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::thread;

use runlog::process::{Command, Exit, SpawnErrorKind, Stdio, Stream, TerminalMode, run_on};

use crate::stage::{Reported, play, read_until, script};

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[test]
fn exit_codes_and_signals_are_told_and_propagated() {
    let exit = play(&script("exit 7")).exit();
    assert_eq!((exit.code, exit.signal, exit.propagated_code()), (Some(7), None, 7));
    let exit = play(&script("kill -9 $$")).exit();
    assert_eq!((exit.code, exit.signal, exit.propagated_code()), (None, Some(9), 137));
}

#[test]
fn the_process_id_is_told() {
    let played = play(&script("echo $$"));
    assert_eq!(played.reported.text(Stream::Stdout), [played.reported.pid.to_string()]);
}

#[test]
fn output_that_another_process_holds_does_not_keep_the_run() -> Outcome {
    // The background process ends when the test closes its input, after the run.
    let (stdin, writer) = io::pipe()?;
    let (mut stdout, stdout_writer) = io::pipe()?;
    let stdio = Stdio {
        stdin: stdin.as_fd(),
        stdout: stdout_writer.as_fd(),
        stderr: stdout_writer.as_fd(),
    };
    let mut reported = Reported::default();
    let text = "exec 3<&0; cat <&3 & seq 1 5000; exit 3";
    let exit = run_on(&script(text), stdio, &mut reported, || 0)?;
    assert_eq!(exit, Exit { code: Some(3), signal: None, output_held: true });
    assert_eq!(reported.text(Stream::Stdout).len(), 5000);
    read_until(&mut stdout, "\n5000\n")?;
    drop(writer);
    Ok(())
}

#[test]
fn a_background_process_that_never_pauses_does_not_keep_the_run() -> Outcome {
    let (mut stdout, stdout_writer) = io::pipe()?;
    let reading = thread::spawn(move || io::copy(&mut stdout, &mut io::sink()));
    let null = fs::File::open("/dev/null")?;
    let stdio =
        Stdio { stdin: null.as_fd(), stdout: stdout_writer.as_fd(), stderr: stdout_writer.as_fd() };
    struct Ignored;
    impl runlog::process::Sink for Ignored {
        fn line(&mut self, _: Stream, _: i64, _: &[u8], _: bool) {}
        fn event(&mut self, _: i64, _: &str) {}
    }
    let exit = run_on(&script("yes & exit 0"), stdio, &mut Ignored, || 0)?;
    assert!(exit.output_held);
    drop(stdout_writer);
    reading.join().map_err(|_| "reading panicked")??;
    Ok(())
}

#[test]
fn a_process_that_closes_its_output_early_is_waited_for() -> Outcome {
    let (stdin, mut writer) = io::pipe()?;
    let null = fs::File::options().write(true).open("/dev/null")?;
    let run = thread::spawn(move || {
        let stdio = Stdio { stdin: stdin.as_fd(), stdout: null.as_fd(), stderr: null.as_fd() };
        run_on(&script("exec >&- 2>&-; read a; exit 9"), stdio, &mut Reported::default(), || 0)
    });
    writer.write_all(b"go\n")?;
    let exit = run.join().map_err(|_| "the runner panicked")??;
    assert_eq!(exit, Exit { code: Some(9), signal: None, output_held: false });
    Ok(())
}

#[test]
fn what_cannot_be_started_says_why() -> Outcome {
    let directory = tempfile::tempdir()?;
    let plain = directory.path().join("plain");
    fs::write(&plain, "text")?;
    let broken = directory.path().join("broken");
    fs::write(&broken, "\u{7f}ELF but not really")?;
    fs::set_permissions(&broken, fs::Permissions::from_mode(0o755))?;
    let orphan = directory.path().join("orphan");
    fs::write(&orphan, "#!/no/such/interpreter\n")?;
    fs::set_permissions(&orphan, fs::Permissions::from_mode(0o755))?;

    let cases = [
        (Command::new("no-such-program-anywhere"), SpawnErrorKind::NotFound, 127),
        (Command::new("/no/such/program"), SpawnErrorKind::NotFound, 127),
        (Command::new(&orphan), SpawnErrorKind::NotFound, 127),
        (Command::new(directory.path()), SpawnErrorKind::PermissionDenied, 126),
        (Command::new(&plain), SpawnErrorKind::PermissionDenied, 126),
        (Command::new("true").current_dir("/no/such"), SpawnErrorKind::Directory, 126),
    ];
    for (command, kind, code) in cases {
        for mode in [TerminalMode::Never, TerminalMode::Always] {
            let error = play(&command.clone().terminal(mode)).exit.err().ok_or("it started")?;
            assert_eq!((error.kind(), error.code()), (kind, code), "{error}");
        }
    }
    let played = play(&Command::new(&broken).terminal(TerminalMode::Never));
    let error = played.exit.err().ok_or("it started")?;
    assert_eq!((error.kind(), error.code()), (SpawnErrorKind::NotExecutable, 126));
    assert!(error.to_string().contains("broken"));
    Ok(())
}
