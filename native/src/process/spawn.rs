use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command as StdCommand};

use pty_process::blocking::{Command as TerminalCommand, Pts, open};
use rustix::termios::{OptionalActions, isatty, tcgetattr, tcsetattr, tcsetwinsize};

use super::outer::{OuterTerminal, Stdio};
use super::tap::{Tap, TapSettings};
use super::{Command, SpawnError, Stream, TerminalMode};

/// Larger than the kernel's 64 KiB, so that fewer, larger blocks are read from a busy process.
#[cfg(any(target_os = "linux", target_os = "android"))]
const PIPE_BYTES: usize = 256 * 1024;

/// A process that was started, and our ends of its streams.
pub(super) struct Spawned<'fd> {
    pub(super) child: Child,
    /// Stdout, or the pseudo-terminal, comes first.
    pub(super) taps: Vec<Tap<'fd>>,
    pub(super) terminal: Option<InnerTerminal<'fd>>,
}

/// The process's pseudo-terminal, seen from outside.
pub(super) struct InnerTerminal<'fd> {
    /// The process's side. While it is open here, a process that closes its own streams for a
    /// while does not hang up. Given up when the process has ended.
    pub(super) keeper: Option<OwnedFd>,
    /// The terminal whose keys go to the process, if its input is not redirected.
    pub(super) outer: Option<OuterTerminal<'fd>>,
    pub(super) stdio: Stdio<'fd>,
}

pub(super) fn spawn<'fd>(command: &Command, stdio: Stdio<'fd>) -> Result<Spawned<'fd>, SpawnError> {
    let terminal = match command.terminal {
        TerminalMode::Always => {
            Some(open_terminal(stdio).map_err(|error| SpawnError::terminal(command, error))?)
        }
        TerminalMode::Auto if isatty(stdio.stdout) => open_terminal(stdio).ok(),
        TerminalMode::Auto | TerminalMode::Never => None,
    };
    match terminal {
        Some((ours, theirs)) => on_terminal(command, stdio, ours, theirs),
        None => on_pipes(command, stdio),
    }
    .map_err(|error| SpawnError::new(command, error))
}

fn on_pipes<'fd>(command: &Command, stdio: Stdio<'fd>) -> io::Result<Spawned<'fd>> {
    let (stdout, stdout_writer) = pipe()?;
    let (stderr, stderr_writer) = pipe()?;
    // The command holds the writing ends: it must be gone before the first read.
    let child = std_command(command)
        .stdin(stdio.stdin.try_clone_to_owned()?)
        .stdout(stdout_writer)
        .stderr(stderr_writer)
        .spawn()?;
    let piece_bytes_max = command.piece_bytes_max;
    let settings = |stream, with_events| TapSettings {
        stream,
        on_terminal: false,
        with_events,
        piece_bytes_max,
    };
    let taps = vec![
        Tap::new(stdout, stdio.stdout, &settings(Stream::Stdout, false)),
        Tap::new(stderr, stdio.stderr, &settings(Stream::Stderr, true)),
    ];
    Ok(Spawned { child, taps, terminal: None })
}

fn on_terminal<'fd>(
    command: &Command,
    stdio: Stdio<'fd>,
    ours: OwnedFd,
    theirs: Pts,
) -> io::Result<Spawned<'fd>> {
    let keeper = Some(theirs.as_fd().try_clone_to_owned()?);
    let mut outer = OuterTerminal::new(stdio.stdin);
    let mut on_terminal = TerminalCommand::from(std_command(command));
    if outer.is_none() {
        on_terminal = on_terminal.stdin(stdio.stdin.try_clone_to_owned()?);
    }
    let mut stderr = None;
    if isatty(stdio.stdout) && !isatty(stdio.stderr) {
        let (reader, writer) = pipe()?;
        on_terminal = on_terminal.stderr(writer);
        stderr = Some(reader);
    }
    let child = on_terminal.spawn(theirs).map_err(into_io)?;
    if let Some(outer) = &mut outer {
        outer.enter_raw();
    }
    let settings = |stream, on_terminal, with_events| TapSettings {
        stream,
        on_terminal,
        with_events,
        piece_bytes_max: command.piece_bytes_max,
    };
    let with_events = stderr.is_none();
    let mut taps = vec![Tap::new(ours, stdio.stdout, &settings(Stream::Stdout, true, with_events))];
    let stderr =
        stderr.map(|fd| Tap::new(fd, stdio.stderr, &settings(Stream::Stderr, false, true)));
    taps.extend(stderr);
    Ok(Spawned { child, taps, terminal: Some(InnerTerminal { keeper, outer, stdio }) })
}

/// A pseudo-terminal with the settings and the size of the terminal that we are on.
fn open_terminal(stdio: Stdio<'_>) -> io::Result<(OwnedFd, Pts)> {
    let (ours, theirs) = open().map_err(into_io)?;
    let ours = OwnedFd::from(ours);
    if let Ok(settings) = tcgetattr(stdio.stdin).or_else(|_| tcgetattr(stdio.stdout)) {
        tcsetattr(&theirs, OptionalActions::Now, &settings)?;
    }
    tcsetwinsize(&theirs, stdio.size())?;
    rustix::io::ioctl_fionbio(&ours, true)?;
    Ok((ours, theirs))
}

/// A pipe whose reading end, ours, never blocks.
fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = io::pipe()?;
    let reader = OwnedFd::from(reader);
    rustix::io::ioctl_fionbio(&reader, true)?;
    // Where the user's share of pipe memory is used up, the usual size does as well.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = rustix::pipe::fcntl_setpipe_size(&reader, PIPE_BYTES);
    Ok((reader, OwnedFd::from(writer)))
}

fn std_command(command: &Command) -> StdCommand {
    let mut std_command = StdCommand::new(&command.program);
    std_command.args(&command.args);
    for (name, value) in &command.environment {
        match value {
            Some(value) => std_command.env(name, value),
            None => std_command.env_remove(name),
        };
    }
    if let Some(directory) = &command.directory {
        std_command.current_dir(directory);
    }
    std_command
}

fn into_io(error: pty_process::Error) -> io::Error {
    match error {
        pty_process::Error::Io(error) => error,
        pty_process::Error::Rustix(error) => error.into(),
        #[allow(unreachable_patterns, reason = "there are more with the crate's feature `async`")]
        other => io::Error::other(other),
    }
}
