//! Where a test plays: streams whose other ends it holds, and a sink that keeps everything.

use std::fs::File;
use std::io::{self, PipeReader, Read};
use std::os::fd::AsFd;
use std::thread;

use runlog::process::{Command, Exit, Sink, SpawnError, Stdio, Stream, TerminalMode, run_on};

/// What a run reported.
#[derive(Default)]
pub(crate) struct Reported {
    pub(crate) pid: u32,
    pub(crate) lines: Vec<(Stream, Vec<u8>, bool)>,
    pub(crate) events: Vec<String>,
}

impl Sink for Reported {
    fn started(&mut self, pid: u32) {
        self.pid = pid;
    }
    fn line(&mut self, stream: Stream, _time_ms: i64, bytes: &[u8], continued: bool) {
        self.lines.push((stream, bytes.to_vec(), continued));
    }
    fn event(&mut self, _time_ms: i64, json: &str) {
        self.events.push(json.to_owned());
    }
}

impl Reported {
    /// The complete lines of one stream as text, pieces put together.
    pub(crate) fn text(&self, stream: Stream) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = Vec::new();
        for (_, bytes, continued) in self.lines.iter().filter(|line| line.0 == stream) {
            line.extend_from_slice(bytes);
            if !continued {
                lines.push(String::from_utf8_lossy(&line).into_owned());
                line.clear();
            }
        }
        lines
    }
}

/// What a run reported, showed and gave back.
pub(crate) struct Played {
    pub(crate) exit: Result<Exit, SpawnError>,
    pub(crate) reported: Reported,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

impl Played {
    pub(crate) fn exit(&self) -> Exit {
        *self.exit.as_ref().expect("the process starts")
    }
}

/// A shell script on pipes.
pub(crate) fn script(text: &str) -> Command {
    Command::new("sh").args(["-c", text]).terminal(TerminalMode::Never)
}

/// Runs on pipes that are read to their ends, without input.
pub(crate) fn play(command: &Command) -> Played {
    let mut reported = Reported::default();
    let (exit, stdout, stderr) = play_to(command, &mut reported).expect("pipes can be had");
    Played { exit, reported, stdout, stderr }
}

/// The result, and what was shown on stdout and stderr.
type Shown = (Result<Exit, SpawnError>, Vec<u8>, Vec<u8>);

pub(crate) fn play_to(command: &Command, sink: &mut dyn Sink) -> io::Result<Shown> {
    let null = File::open("/dev/null")?;
    let (stdout, stdout_writer) = io::pipe()?;
    let (stderr, stderr_writer) = io::pipe()?;
    let reading = [stdout, stderr].map(|pipe| thread::spawn(move || read_all(pipe)));
    let stdio =
        Stdio { stdin: null.as_fd(), stdout: stdout_writer.as_fd(), stderr: stderr_writer.as_fd() };
    let exit = run_on(command, stdio, sink, || 0);
    drop((stdout_writer, stderr_writer));
    let [stdout, stderr] = reading.map(|thread| thread.join().expect("reading does not panic"));
    Ok((exit, stdout?, stderr?))
}

fn read_all(mut pipe: PipeReader) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    pipe.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads until `end` has come, and gives all that was read.
pub(crate) fn read_until(from: &mut impl Read, end: &str) -> io::Result<String> {
    let mut read = Vec::new();
    let mut byte = [0];
    while !read.ends_with(end.as_bytes()) {
        match from.read(&mut byte) {
            Ok(1..) => read.push(byte[0]),
            Ok(0) => {
                let read = String::from_utf8_lossy(&read).into_owned();
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, read));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(String::from_utf8_lossy(&read).into_owned())
}
