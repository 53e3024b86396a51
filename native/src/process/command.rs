use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The default of [`Command::piece_bytes_max`]: 16 KiB.
pub const PIECE_BYTES_MAX: usize = 16 * 1024;

/// Whether the process runs on a pseudo-terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TerminalMode {
    /// On a pseudo-terminal if our stdout is a terminal (and one can be had), else on pipes.
    #[default]
    Auto,
    /// On a pseudo-terminal, even where our output goes to a file or a pipe.
    Always,
    /// On pipes.
    Never,
}

/// A program to run, with its arguments and how to run it.
///
/// ```
/// use runlog::process::{Command, TerminalMode};
///
/// let command = Command::new("make").args(["-j", "2"]).terminal(TerminalMode::Never);
/// assert_eq!(command.program(), "make");
/// ```
#[derive(Clone, Debug)]
pub struct Command {
    pub(super) program: OsString,
    pub(super) args: Vec<OsString>,
    /// Variables to set and, without a value, to take out.
    pub(super) environment: Vec<(OsString, Option<OsString>)>,
    pub(super) directory: Option<PathBuf>,
    pub(super) terminal: TerminalMode,
    pub(super) piece_bytes_max: usize,
}

impl Command {
    /// A program by path, or by a name that is looked for in `PATH`.
    #[must_use]
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            environment: Vec::new(),
            directory: None,
            terminal: TerminalMode::Auto,
            piece_bytes_max: PIECE_BYTES_MAX,
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable in the process's environment, which otherwise is ours.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), Some(value.into())));
        self
    }

    /// Takes a variable out of the process's environment, such as a secret that is only for us.
    #[must_use]
    pub fn env_remove(mut self, name: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), None));
        self
    }

    /// Sets the working directory, which otherwise is ours.
    #[must_use]
    pub fn current_dir(mut self, directory: impl AsRef<Path>) -> Self {
        self.directory = Some(directory.as_ref().to_owned());
        self
    }

    /// Chooses between a pseudo-terminal and pipes; [`TerminalMode::Auto`] unless told.
    #[must_use]
    pub fn terminal(mut self, terminal: TerminalMode) -> Self {
        self.terminal = terminal;
        self
    }

    /// The longest piece of a line that is reported at once, in bytes (at least 1);
    /// [`PIECE_BYTES_MAX`] unless told.
    #[must_use]
    pub fn piece_bytes_max(mut self, bytes: usize) -> Self {
        self.piece_bytes_max = bytes.max(1);
        self
    }

    /// The program, as it was given.
    #[must_use]
    pub fn program(&self) -> &OsStr {
        &self.program
    }
}
