//! What every command works with: where the history is, and where to print.

use std::fmt;
use std::io::{self, BufWriter, StdoutLock};
use std::path::{Path, PathBuf};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use runlog::time::Timestamp;
use runlog::{Masking, Options, Runlog};

use crate::error::{Error, ErrorKind};

/// The history of this call, and its time.
#[derive(Debug)]
pub(crate) struct Context {
    home: Option<PathBuf>,
    /// One moment for all that is said to be so long ago.
    pub(crate) now: Timestamp,
}

/// Standard output: buffered, and stripped of control sequences where they are not wanted.
pub(crate) type Out = BufWriter<AutoStream<StdoutLock<'static>>>;

/// What marks a warning.
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// What stands back.
pub(crate) const DIM: Style = Style::new().dimmed();

impl Context {
    pub(crate) fn new(home: Option<PathBuf>) -> Self {
        Self { home, now: runlog::now() }
    }

    /// The directory of the history, where the user chose one, as an absolute path.
    pub(crate) fn chosen_home(&self) -> Option<PathBuf> {
        let home = self.home.as_ref()?;
        Some(std::path::absolute(home).unwrap_or_else(|_| home.clone()))
    }

    /// The directory of the history.
    pub(crate) fn home(&self) -> Result<PathBuf, Error> {
        if let Some(home) = &self.home {
            return Ok(home.clone());
        }
        let strategy = etcetera::base_strategy::choose_native_strategy().map_err(|error| {
            Error::new(ErrorKind::Database, format!("no place for the history: {error}"))
                .hint("name a directory with --home or RUNLOG_HOME")
        })?;
        Ok(etcetera::BaseStrategy::data_dir(&strategy).join("runlog"))
    }

    /// The database of the history.
    pub(crate) fn database(&self) -> Result<PathBuf, Error> {
        Ok(self.home()?.join("history.db"))
    }

    /// Opens the history, made where it is missing.
    pub(crate) fn open(&self) -> Result<Runlog, Error> {
        self.open_with(Options::default())
    }

    /// Opens the history as told.
    pub(crate) fn open_with(&self, options: Options) -> Result<Runlog, Error> {
        let path = self.database()?;
        let began = std::time::Instant::now();
        let runlog = Runlog::open_with(&path, options)?;
        tracing::info!(path = %path.display(), took = ?began.elapsed(), "history opened");
        Ok(runlog)
    }

    /// How what this call writes is masked: with the patterns of the user, unless that is switched
    /// off by `no_mask` or RUNLOG_NO_MASK.
    pub(crate) fn masking(&self, no_mask: bool) -> Result<Masking, Error> {
        let off = std::env::var_os("RUNLOG_NO_MASK").is_some_and(|value| !value.is_empty());
        if no_mask || off {
            return Ok(Masking::Off);
        }
        let path = self.home()?.join("mask-patterns");
        Ok(Masking::On { patterns: runlog::read_mask_patterns(path)? })
    }

    /// Standard output for people.
    pub(crate) fn out(&self) -> Out {
        BufWriter::with_capacity(64 << 10, AutoStream::auto(io::stdout().lock()))
    }

    /// Standard output for programs: what is written is what comes out.
    pub(crate) fn raw_out(&self) -> BufWriter<StdoutLock<'static>> {
        BufWriter::with_capacity(64 << 10, io::stdout().lock())
    }

    /// How many columns a line may fill; `None` where the output is not looked at on a terminal.
    pub(crate) fn width(&self) -> Option<usize> {
        use std::io::IsTerminal;
        if !io::stdout().is_terminal() {
            return None;
        }
        let from_environment = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
        let of_terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        Some(from_environment.or_else(of_terminal).filter(|width| *width > 0).unwrap_or(80))
    }
}

/// Says on stderr what was done.
pub(crate) fn say(message: impl fmt::Display) {
    anstream::eprintln!("{message}");
}

/// Says on stderr what the user should know.
pub(crate) fn warn(message: impl fmt::Display) {
    anstream::eprintln!("{WARNING}warning:{WARNING:#} {message}");
}

/// Says on stderr what to do about it.
pub(crate) fn hint(message: impl fmt::Display) {
    anstream::eprintln!("{DIM}hint:{DIM:#} {message}");
}

/// A path as it is shown.
pub(crate) fn shown(path: &Path) -> impl fmt::Display + '_ {
    path.display()
}
