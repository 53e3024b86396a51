//! What a command can fail with: a kind, which gives the exit code, and a hint.

use std::io;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use runlog::BackendError;
use runlog::history::HistoryError;
use runlog::id::ExecutionId;
use runlog::relay::RelayError;
use runlog::sync::SyncError;
use runlog::vault::VaultError;

/// What went wrong, as far as a calling program needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// What was asked for was not done.
    Failed,
    /// The command line makes no sense.
    Usage,
    /// No execution matches, or several do.
    NotFound,
    /// The database cannot be used.
    Database,
    /// A backend was not reached, or a sync was not begun.
    NotSynced,
    /// Some of it was refused or set aside.
    Partial,
    /// There is no vault, or it cannot be opened.
    Vault,
    /// It was told to stop.
    Cancelled,
    /// Nobody reads our output any more: nothing to say, and no failure.
    OutputClosed,
}

impl ErrorKind {
    /// The exit code of what Ctrl-C has stopped: that of a shell for a program that it ended.
    pub(crate) const CANCELLED_CODE: u8 = 130;

    /// The exit code: part of the program's interface, see docs/cli.md.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::OutputClosed => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Database => 4,
            Self::NotSynced => 5,
            Self::Partial => 6,
            Self::Vault => 7,
            Self::Cancelled => Self::CANCELLED_CODE,
        }
    }
}

/// Why a command failed, and what to do about it.
#[derive(Debug)]
pub(crate) struct Error {
    kind: ErrorKind,
    message: String,
    hint: Option<String>,
}

const ERROR: Style = AnsiColor::Red.on_default().bold();

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    /// Says what to do about it.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds to what went wrong.
    #[must_use]
    pub(crate) fn and(mut self, more: &str) -> Self {
        self.message = format!("{}; {more}", self.message);
        self
    }

    /// What went wrong, in a line.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it, where that is known.
    pub(crate) fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The exit code.
    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(self.kind.code())
    }

    /// Tells the user, and says with which code to leave.
    pub(crate) fn report(&self) -> ExitCode {
        if self.kind != ErrorKind::OutputClosed {
            anstream::eprintln!("{ERROR}error:{ERROR:#} {}", self.message);
            if let Some(hint) = &self.hint {
                crate::context::hint(hint);
            }
        }
        self.code()
    }
}

/// Writing to standard output failed; whatever else does I/O says what it did and with which file.
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::new(ErrorKind::OutputClosed, ""),
            _ => Self::new(ErrorKind::Failed, format!("writing the output failed: {error}")),
        }
    }
}

impl From<runlog::Error> for Error {
    fn from(error: runlog::Error) -> Self {
        if let runlog::Error::History(refused) = &error
            && let Some(error) = of_history(refused)
        {
            return error;
        }
        let hint = database_hint(&error);
        let of_database = error.store().is_some() || error.is_read_only();
        let is_file = matches!(error, runlog::Error::File { .. });
        let kind = if of_database || is_file { ErrorKind::Database } else { ErrorKind::Failed };
        let message = error.to_string();
        match hint {
            Some(hint) => Self::new(kind, message).hint(hint),
            None => Self::new(kind, message),
        }
    }
}

impl From<HistoryError> for Error {
    fn from(error: HistoryError) -> Self {
        runlog::Error::from(error).into()
    }
}

/// What the history refuses for a reason of its own.
fn of_history(error: &HistoryError) -> Option<Error> {
    let error = match error {
        HistoryError::NoMatch { .. } | HistoryError::NotFound { .. } => {
            Error::new(ErrorKind::NotFound, error.to_string())
                .hint("`runlog list` prints the ids; with --deleted, those in the trash")
        }
        HistoryError::Ambiguous { pattern, matches } => {
            let shorts: Vec<String> = matches.iter().map(ExecutionId::short).collect();
            let message = format!("'{pattern}' matches several executions: {}", shorts.join(", "));
            Error::new(ErrorKind::NotFound, message).hint("use one of these short ids")
        }
        HistoryError::InTrash { id } => {
            let short = id.short();
            Error::new(ErrorKind::Failed, format!("execution {short} is in the trash"))
                .hint(format!("`runlog restore {short}` takes it out again"))
        }
        HistoryError::NotInTrash { id } => {
            let message = format!("execution {} is not in the trash", id.short());
            Error::new(ErrorKind::Failed, message).hint("`runlog list --deleted` shows the trash")
        }
        HistoryError::Invalid(invalid) => Error::new(ErrorKind::Failed, invalid.to_string()),
        _ => return None,
    };
    Some(error)
}

impl From<BackendError> for Error {
    fn from(error: BackendError) -> Self {
        let message = error.to_string();
        match error {
            BackendError::Runlog(error) => error.into(),
            BackendError::Relay(error) => error.into(),
            BackendError::NeedsAccount { .. } => Self::new(ErrorKind::NotSynced, message).hint(
                "give the account's token, or the code that a new relay shows, by \
                 RUNLOG_ACCOUNT_TOKEN or --account-file",
            ),
            _ => Self::new(ErrorKind::Failed, message),
        }
    }
}

impl From<RelayError> for Error {
    fn from(error: RelayError) -> Self {
        let kind = match &error {
            RelayError::Url(_) => ErrorKind::Usage,
            _ => ErrorKind::NotSynced,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<VaultError> for Error {
    fn from(error: VaultError) -> Self {
        let message = error.to_string();
        let hint = match error {
            VaultError::Runlog(error) => return error.into(),
            VaultError::Relay(error) => return error.into(),
            VaultError::None => {
                "`runlog vault init` makes a vault, `runlog vault join` joins that of another device"
            }
            VaultError::Exists => "`runlog vault status` shows it",
            VaultError::SecretGone | VaultError::File { .. } => {
                "`runlog vault join` brings the secret back by the recovery phrase"
            }
            VaultError::KeyRing { .. } => {
                "`runlog vault join --keep passphrase` keeps the secret in a file instead"
            }
            VaultError::OtherVault => "another history has room for another vault: see --home",
            VaultError::OtherSecret { .. } => "move it away if that vault is not needed here",
            VaultError::NoOffer => "`runlog device pair` on the other device makes a new code",
            _ => return Self::new(ErrorKind::Vault, message),
        };
        Self::new(ErrorKind::Vault, message).hint(hint)
    }
}

impl From<SyncError> for Error {
    fn from(error: SyncError) -> Self {
        let message = error.to_string();
        let hint = match error {
            SyncError::Runlog(error) => return error.into(),
            SyncError::Vault(error) => return error.into(),
            SyncError::Relay(error) => return error.into(),
            SyncError::Off => "`runlog sync on` switches it on",
            SyncError::NoBackend => "`runlog backend add https://relay.example` adds a relay",
            SyncError::UnknownBackend { .. } => "`runlog backend list` prints their names",
            SyncError::Busy { .. } => "wait for it, or end it: `runlog sync watch` is one",
            SyncError::Cancelled => return Self::new(ErrorKind::Cancelled, message),
            _ => return Self::new(ErrorKind::Vault, message),
        };
        Self::new(ErrorKind::NotSynced, message).hint(hint)
    }
}

fn database_hint(error: &runlog::Error) -> Option<&'static str> {
    if error.is_not_a_database() {
        Some("restore a backup, move the file away, or name another directory with --home")
    } else if error.is_newer() {
        Some("upgrade runlog; this program leaves the database as it is")
    } else if error.is_corrupt() {
        Some("`runlog doctor` says more; restore a backup, or move the file away to begin anew")
    } else if error.is_locked() {
        Some("another process is writing for long; try again when it is done")
    } else if error.is_disk_full() {
        Some("free some space on the disk of the history, then try again")
    } else if error.is_read_only() {
        Some("give this user write access, or name another directory with --home or RUNLOG_HOME")
    } else if matches!(error, runlog::Error::File { .. }) {
        Some("name another directory with --home or RUNLOG_HOME")
    } else if matches!(error, runlog::Error::MaskPattern { .. }) {
        Some("mend that line or remove it; --no-mask records without masking")
    } else {
        None
    }
}
