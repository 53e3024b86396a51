//! Statuses and endings.

use anstyle::{AnsiColor, Style};
use runlog::model::{Exit, Status};
use runlog::sync_history::NOT_HEARD_FROM_MS;
use runlog::time::Timestamp;

/// The colour of a status.
pub(crate) const fn style(status: Status) -> Style {
    match status {
        Status::Completed => AnsiColor::Green.on_default(),
        Status::Failed => AnsiColor::Red.on_default(),
        Status::Running => AnsiColor::Cyan.on_default(),
        Status::Cancelled => AnsiColor::Yellow.on_default(),
        Status::Lost => AnsiColor::Magenta.on_default(),
        _ => Style::new().dimmed(),
    }
}

/// Since when the device of a run was not heard from, where that is long enough to be told: it may have
/// ended the run, or died with it.
pub(crate) fn unheard_since(heard_at: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    heard_at.filter(|at| now.millis_since(*at) > NOT_HEARD_FROM_MS)
}

/// How a process left, in a word; empty where that is not known.
pub(crate) fn exit(exit: Exit) -> String {
    match exit {
        Exit::Unknown => String::new(),
        Exit::Code(code) => code.to_string(),
        Exit::Signal(signal) => signal_name(signal),
    }
}

/// The name of a signal as `kill -l` prints it, with its number where it has no name.
pub(crate) fn signal_name(signal: i32) -> String {
    // The signals that have one number on every system of today.
    let name = match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        _ => return format!("signal {signal}"),
    };
    name.to_owned()
}
