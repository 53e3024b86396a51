//! Run a process, show its output unchanged, and hand what it prints to a [`Sink`].
//!
//! The runner knows nothing of stores or recorders: it reads, shows and reports. One thread waits
//! with `poll(2)` for output, for input and for signals; a process that prints nothing costs
//! nothing.
//!
//! ```
//! # #[cfg(unix)] {
//! use runlog::process::{Command, Sink, Stream, TerminalMode, run};
//!
//! #[derive(Default)]
//! struct Count(usize);
//!
//! impl Sink for Count {
//!     fn line(&mut self, _stream: Stream, _time_ms: i64, _bytes: &[u8], _continued: bool) {
//!         self.0 += 1;
//!     }
//!     fn event(&mut self, _time_ms: i64, _json: &str) {}
//! }
//!
//! let mut count = Count::default();
//! let command = Command::new("sh").args(["-c", "echo one; echo two"]);
//! let exit = run(&command.terminal(TerminalMode::Never), &mut count, || 0)?;
//! assert_eq!((exit.propagated_code(), count.0), (0, 2));
//! # }
//! # Ok::<(), runlog::process::SpawnError>(())
//! ```
//!
//! # What the process is given
//!
//! With [`TerminalMode::Auto`], where our stdout is a terminal, a pseudo-terminal; elsewhere two
//! pipes for its stdout and stderr, and our stdin.
//!
//! A stream that the user has redirected stays redirected: beside a pseudo-terminal, `2>errors`
//! gets a pipe of its own and still fills the file and nothing else, and input that comes from a
//! file or a pipe goes straight to the process.
//! What goes through the pseudo-terminal is one stream, reported as [`Stream::Stdout`]. It gets
//! the outer terminal's settings and size, and follows its changes of size. Meanwhile the outer
//! terminal is in raw mode, so that Ctrl-C and Ctrl-D pass as bytes and mean what the process
//! wants them to mean; it is restored at the end, when we are stopped, and when a panic unwinds.
//! In the background the terminal is left alone until the shell brings us to the foreground.
//! Ctrl-Z on a pseudo-terminal suspends nothing but the jobs of a shell that runs in it, as with
//! `script(1)` or `ssh -t`: the process is the leader of its own session.
//!
//! # Lines
//!
//! Output is shown as it comes, byte for byte, partial lines included, and reported line by line in
//! the order in which lines were completed. A line longer than
//! [`Command::piece_bytes_max`] is reported in pieces, so that memory stays bounded
//! whatever the process prints. Time is asked for once per block read.
//!
//! # Structured events
//!
//! A line on stderr (on a pseudo-terminal: on its one stream, unless stderr is redirected) that is
//! [`EVENT_PREFIX`] followed by a JSON object of at most [`EVENT_BYTES_MAX`] bytes is reported as
//! an event and not shown. Anything else behind the prefix is an ordinary line. Bytes are held back
//! only while the line may still become an event. A process should therefore write an event in one
//! `write(2)`, its newline included.
//!
//! # Signals
//!
//! INT, TERM, HUP, QUIT, USR1, USR2, TSTP and CONT are passed on to the process, and do not end us
//! while it runs. With pipes the process stays in our process group, where the terminal driver's
//! signals (Ctrl-C, Ctrl-\, Ctrl-Z, hang-up) reach it without us: those are not passed on, or it
//! would see them twice. A signal that some process sends to the whole group cannot be told from
//! one sent to us alone and does arrive twice. A signal that was ignored when the first run began
//! (`nohup`) stays ignored, by us and by the process. TSTP stops the process and then us.
//!
//! Between runs these signals have their default action again, unless the application had
//! installed a handler of its own before its first run. Install such handlers early.
//!
//! # When output can no longer be shown
//!
//! If what reads our stdout goes away (`| head`), the reading end of the process's stdout is closed
//! in turn: its next write fails with EPIPE or SIGPIPE, as it would without us, and what it wrote
//! until then has been reported. The other stream goes on. On a pseudo-terminal this is a hang-up.
//!
//! # The end
//!
//! A run ends when the process itself ends. Everything that it wrote is read first. If another
//! process still holds a pipe or the pseudo-terminal a tenth of a second later,
//! [`Exit::output_held`] says so and what that one writes afterwards is not read: its next write
//! to the pipe fails with EPIPE or SIGPIPE.
//! Background jobs of a process on a pseudo-terminal get SIGHUP from the kernel when it ends, as
//! they do whenever a terminal's session leader ends; `--no-pty`, `nohup` or `setsid` avoid it.
//!
//! # Systems
//!
//! Tested on Linux, written for Unix. Elsewhere [`run`] fails with
//! [`SpawnErrorKind::Unsupported`].

mod command;
mod exit;
#[cfg(unix)]
mod lines;
#[cfg(unix)]
mod outer;
#[cfg(unix)]
mod running;
#[cfg(unix)]
mod shown;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod spawn;
#[cfg(unix)]
mod tap;
#[cfg(unix)]
mod wait;

use std::time::Duration;

pub use command::{Command, PIECE_BYTES_MAX, TerminalMode};
pub use exit::{Exit, SpawnError, SpawnErrorKind};
#[cfg(unix)]
pub use outer::Stdio;

/// What a line must begin with to be a structured event: the text before its JSON object.
pub const EVENT_PREFIX: &str = "@runlog ";

/// The longest JSON text of a structured event, in bytes. A longer one is an ordinary line.
pub const EVENT_BYTES_MAX: usize = 64 * 1024;

/// Where a line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// The process's standard output, or all that a pseudo-terminal shows.
    Stdout,
    /// The process's standard error.
    Stderr,
}

/// What the runner reports to. It is called from the thread that called [`run`], which shows
/// nothing while a call lasts: a sink queues what it gets and returns.
///
/// Times are what the `now` of the run returned, once per block read.
pub trait Sink {
    /// The process was started and has this id.
    fn started(&mut self, _pid: u32) {}

    /// A line, or one piece of a long one, as read and without its newline; on a pseudo-terminal
    /// without the carriage return before it either.
    ///
    /// `continued` means that the line goes on with the next piece of the same stream. The last
    /// piece of a line has it unset, and so has every line that fits into one piece.
    fn line(&mut self, stream: Stream, time_ms: i64, bytes: &[u8], continued: bool);

    /// A structured event: the text behind [`EVENT_PREFIX`], which is known to be a JSON object.
    fn event(&mut self, time_ms: i64, json: &str);

    /// Called before each wait for something to happen. A returned duration bounds that wait, and
    /// the next call follows at its end at the latest: a sink that batches by time flushes here.
    fn before_wait(&mut self, _time_ms: i64) -> Option<Duration> {
        None
    }
}

/// Runs `command` on our own standard streams until it ends.
///
/// `now` gives the time in UTC milliseconds. Text still buffered in [`std::io::stdout`] should be
/// flushed before, as the runner writes to the file descriptor.
///
/// # Errors
/// [`SpawnError`] if the process could not be started; [`SpawnError::code`] is what a shell would
/// exit with. Once it was started nothing fails: a stream that cannot be read ends there.
pub fn run(
    command: &Command,
    sink: &mut dyn Sink,
    now: impl FnMut() -> i64,
) -> Result<Exit, SpawnError> {
    #[cfg(unix)]
    return run_on(command, Stdio::inherited(), sink, now);
    #[cfg(not(unix))]
    {
        let _ = (sink, now);
        Err(SpawnError::unsupported(command))
    }
}

/// Like [`run`], on other streams than our own.
///
/// # Errors
/// As [`run`].
#[cfg(unix)]
pub fn run_on(
    command: &Command,
    stdio: Stdio<'_>,
    sink: &mut dyn Sink,
    mut now: impl FnMut() -> i64,
) -> Result<Exit, SpawnError> {
    let watch = signals::Watch::begin().map_err(|error| SpawnError::new(command, error))?;
    let spawned = spawn::spawn(command, stdio)?;
    sink.started(spawned.child.id());
    Ok(running::Running::new(spawned, watch, sink, &mut now).until_end())
}
