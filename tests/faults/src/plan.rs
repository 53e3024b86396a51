//! What goes wrong, and when.

use std::fmt;
use std::str::FromStr;

/// What happens to the call that is struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The call does nothing and answers the I/O error of its kind: `SQLITE_IOERR_WRITE`,
    /// `SQLITE_IOERR_TRUNCATE`, `SQLITE_IOERR_FSYNC` or `SQLITE_IOERR_DELETE`.
    IoError,
    /// A write does nothing and answers `SQLITE_FULL`. Strikes writes only: a full disk still
    /// truncates, syncs and deletes.
    DiskFull,
    /// The process ends before the call is carried out; nothing unwinds and nothing is flushed.
    Kill,
    /// The first half of a write reaches the file, then the process ends as by [`Fault::Kill`].
    /// Strikes writes only.
    TornWriteThenKill,
}

/// A fault and the modifying call it strikes.
///
/// As text it is `kill@17`, or `io-error@3+` when sticky: that is what an assertion prints, and
/// what a child process is told.
///
/// ```
/// use runlog_faults::{Fault, Plan};
///
/// let plan = Plan { fault: Fault::IoError, at: 3, sticky: true };
/// assert_eq!(plan.to_string(), "io-error@3+");
/// assert_eq!("io-error@3+".parse(), Ok(plan));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What happens.
    pub fault: Fault,
    /// The modifying call that is struck, counted from 1 since [`arm`](crate::arm). If the fault
    /// does not strike calls of that kind, the next call it does strike.
    pub at: u64,
    /// Whether every later call is struck too: a disk that stays broken, not one that stumbles.
    pub sticky: bool,
}

/// The text is not a [`Plan`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAPlan(String);

impl Fault {
    const ALL: [Fault; 4] =
        [Fault::IoError, Fault::DiskFull, Fault::Kill, Fault::TornWriteThenKill];

    fn name(self) -> &'static str {
        match self {
            Fault::IoError => "io-error",
            Fault::DiskFull => "disk-full",
            Fault::Kill => "kill",
            Fault::TornWriteThenKill => "torn-write-then-kill",
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}{}", self.fault.name(), self.at, if self.sticky { "+" } else { "" })
    }
}

impl FromStr for Plan {
    type Err = NotAPlan;

    fn from_str(text: &str) -> Result<Self, NotAPlan> {
        let parse = || {
            let (name, at) = text.split_once('@')?;
            let fault = Fault::ALL.into_iter().find(|fault| fault.name() == name)?;
            let (at, sticky) = at.strip_suffix('+').map_or((at, false), |at| (at, true));
            Some(Plan { fault, at: at.parse().ok()?, sticky })
        };
        parse().ok_or_else(|| NotAPlan(text.to_owned()))
    }
}

impl fmt::Display for NotAPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a fault plan: {:?}", self.0)
    }
}

impl std::error::Error for NotAPlan {}
