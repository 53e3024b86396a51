//! Running a process and recording it.

use std::path::PathBuf;

use runlog_core::log::{LineRef, Stream};
use runlog_core::model::{Ending, Exit, Outcome};
use runlog_core::time::Timestamp;

use crate::process::{self, Command, Sink, SpawnError};
use crate::recorder::event_level;
use crate::{Error, Run, system};

/// How a recorded process went.
#[derive(Debug)]
pub struct Finished {
    /// How it left, or why it could not be started.
    pub process: Result<process::Exit, SpawnError>,
    /// Whether all of it was recorded; without a recorder there is nothing to say.
    pub recorded: Result<(), Error>,
}

impl Finished {
    /// The code to leave with: the process's own, 128 + its signal, or what a shell says of a
    /// program that it cannot start (127 not found, 126 not executable).
    pub fn code(&self) -> i32 {
        match &self.process {
            Ok(exit) => exit.propagated_code(),
            Err(error) => error.code(),
        }
    }
}

/// Runs a process on our own standard streams and records it into `run`; with `None` it runs all the
/// same. A process that could not be started is recorded as failed, with the reason.
///
/// ```no_run
/// use runlog::model::Kind;
/// use runlog::process::Command;
/// use runlog::{NewRun, Runlog, run_recorded};
///
/// let recorder = Runlog::open("history.db")?.recorder()?;
/// let run = recorder.start(NewRun::new(Kind::Command, "make")?)?;
/// let finished = run_recorded(&Command::new("make").args(["test"]), Some(run));
/// std::process::exit(finished.code());
/// # Ok::<(), runlog::Error>(())
/// ```
pub fn run_recorded(command: &Command, run: Option<Run>) -> Finished {
    let mut recording = Recording { run };
    let process = process::run(command, &mut recording, || system::now().as_millis());
    let recorded = recording.end(&process);
    Finished { process, recorded }
}

/// What the process prints, on its way to the recorder.
struct Recording {
    run: Option<Run>,
}

impl Sink for Recording {
    fn line(&mut self, stream: process::Stream, time_ms: i64, bytes: &[u8], continued: bool) {
        let Some(run) = &self.run else { return };
        let stream = match stream {
            process::Stream::Stdout => Stream::Stdout,
            process::Stream::Stderr => Stream::Stderr,
        };
        let time = Timestamp::from_millis(time_ms);
        run.line(LineRef { time, stream, level: None, continued, bytes });
    }

    fn event(&mut self, time_ms: i64, json: &str) {
        let Some(run) = &self.run else { return };
        let level = serde_json::from_str(json).ok().and_then(|event| event_level(&event));
        run.event_text(Timestamp::from_millis(time_ms), json, level);
    }
}

impl Recording {
    fn end(self, process: &Result<process::Exit, SpawnError>) -> Result<(), Error> {
        let Some(run) = self.run else { return Ok(()) };
        let now = system::now();
        match process {
            Ok(exit) => {
                if exit.output_held {
                    run.event(&serde_json::json!({
                        "type": "output_held",
                        "level": "warn",
                        "message": "the process has ended, another one still holds its output; \
                                    what it prints from here on is not recorded",
                    }))?;
                }
                let exit = match (exit.code, exit.signal) {
                    (Some(code), _) => Exit::Code(code),
                    (None, Some(signal)) => Exit::Signal(signal),
                    (None, None) => Exit::Unknown,
                };
                run.finish(Ending::of_process(exit, now))
            }
            Err(error) => {
                run.event(&serde_json::json!({
                    "type": "spawn_failed",
                    "level": "error",
                    "message": error.to_string(),
                }))?;
                let exit = Exit::Code(error.code());
                run.finish(Ending { outcome: Outcome::Failed, ended_at: now, exit })
            }
        }
    }
}

/// The path that a program's name stands for on this machine.
pub fn find_program(name: &std::ffi::OsStr) -> Option<PathBuf> {
    if PathBuf::from(name).components().count() > 1 {
        return std::fs::canonicalize(name).ok();
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(name)).find(|path| path.is_file())
}
