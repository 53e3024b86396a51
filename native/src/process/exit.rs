use std::ffi::OsString;
use std::io;

use super::Command;

/// How a process ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exit {
    /// The exit code, if the process ended by itself.
    pub code: Option<i32>,
    /// The signal that ended the process, if one did.
    pub signal: Option<i32>,
    /// Another process still held an output stream when this one had ended; what it writes later
    /// is neither shown nor reported.
    pub output_held: bool,
}

impl Exit {
    /// What to exit with to tell our caller the same, as shells do: the exit code, or 128 and the
    /// signal; 1 in the case, not known to happen, that the end could not be learned.
    ///
    /// ```
    /// use runlog::process::Exit;
    ///
    /// let killed = Exit { signal: Some(15), ..Exit::default() };
    /// assert_eq!(killed.propagated_code(), 143);
    /// ```
    #[must_use]
    pub fn propagated_code(&self) -> i32 {
        self.code.or(self.signal.map(|signal| 128 + signal)).unwrap_or(1)
    }
}

/// Why a process could not be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot run {}: {source}", .program.display())]
pub struct SpawnError {
    program: OsString,
    kind: SpawnErrorKind,
    source: io::Error,
}

/// The kinds of [`SpawnError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpawnErrorKind {
    /// There is no such program (or a script names an interpreter that does not exist).
    NotFound,
    /// The program may not be executed; a directory counts.
    PermissionDenied,
    /// The file is not in a format that the system executes.
    NotExecutable,
    /// The working directory cannot be entered.
    Directory,
    /// A pseudo-terminal was asked for and none can be had.
    Terminal,
    /// This system is not supported.
    Unsupported,
    /// Something else, such as a lack of processes or of memory.
    Other,
}

impl SpawnError {
    pub(super) fn new(command: &Command, source: io::Error) -> Self {
        let kind = kind_of(command, &source);
        Self { program: command.program.clone(), kind, source }
    }

    #[cfg(unix)]
    pub(super) fn terminal(command: &Command, source: io::Error) -> Self {
        Self { program: command.program.clone(), kind: SpawnErrorKind::Terminal, source }
    }

    #[cfg(not(unix))]
    pub(super) fn unsupported(command: &Command) -> Self {
        let source = io::Error::from(io::ErrorKind::Unsupported);
        Self { program: command.program.clone(), kind: SpawnErrorKind::Unsupported, source }
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> SpawnErrorKind {
        self.kind
    }

    /// The exit code that shells give to this failure: 127 if there is no such program, else 126.
    #[must_use]
    pub fn code(&self) -> i32 {
        if self.kind == SpawnErrorKind::NotFound { 127 } else { 126 }
    }
}

fn kind_of(command: &Command, source: &io::Error) -> SpawnErrorKind {
    let directory_fails = || command.directory.as_ref().is_some_and(|path| !path.is_dir());
    match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory if directory_fails() => {
            SpawnErrorKind::Directory
        }
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => SpawnErrorKind::NotFound,
        io::ErrorKind::PermissionDenied => SpawnErrorKind::PermissionDenied,
        #[cfg(unix)]
        _ if source.raw_os_error() == Some(rustix::io::Errno::NOEXEC.raw_os_error()) => {
            SpawnErrorKind::NotExecutable
        }
        _ => SpawnErrorKind::Other,
    }
}
