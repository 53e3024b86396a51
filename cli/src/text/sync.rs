//! Words and colours of syncing.

use anstyle::{AnsiColor, Style};
use runlog::sync_history::{BackendState, Direction, EntityResult, RunStatus, SyncRun, SyncType};

use super::table::Cell;

/// What failed stands out wherever it stands.
pub(crate) const FAILED: Style = AnsiColor::Red.on_default();
const FINE: Style = AnsiColor::Green.on_default();
const BETWEEN: Style = AnsiColor::Yellow.on_default();
const GOES_ON: Style = AnsiColor::Cyan.on_default();
const STANDS_BACK: Style = Style::new().dimmed();

pub(crate) fn status(status: RunStatus) -> Cell {
    let style = match status {
        RunStatus::Running => GOES_ON,
        RunStatus::Completed => FINE,
        RunStatus::Failed => FAILED,
        _ => BETWEEN,
    };
    Cell::styled(status.as_str(), style)
}

/// A full run, which looks at everything, differs from the many that look at what is new.
pub(crate) fn sync_type(sync_type: SyncType) -> Cell {
    let style = match sync_type {
        SyncType::Full => AnsiColor::Magenta.on_default(),
        SyncType::Specific => AnsiColor::Blue.on_default(),
        _ => STANDS_BACK,
    };
    Cell::styled(sync_type.as_str(), style)
}

pub(crate) const fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::RemoteToLocal => "pull",
        Direction::LocalToRemote => "push",
        _ => "both ways",
    }
}

pub(crate) fn result(result: Option<EntityResult>) -> Cell {
    match result {
        None => Cell::styled("running", GOES_ON),
        Some(result) => {
            let style = match result {
                EntityResult::Failed => FAILED,
                EntityResult::Skipped => STANDS_BACK,
                _ => FINE,
            };
            Cell::styled(result.as_str(), style)
        }
    }
}

pub(crate) fn state(state: BackendState) -> Style {
    match state {
        BackendState::UpToDate => FINE,
        BackendState::Off => STANDS_BACK,
        BackendState::Syncing | BackendState::Waiting => GOES_ON,
        BackendState::Failing | BackendState::Rejected | BackendState::Unequal => FAILED,
        _ => BETWEEN,
    }
}

/// The name of a run's backend, as it was then.
pub(crate) fn backend(run: &SyncRun) -> &str {
    if run.direction == Direction::RemoteToLocal { &run.source } else { &run.target }
}

/// The end of a run's id, which differs from run to run.
pub(crate) fn short(id: &impl ToString) -> String {
    let id = id.to_string();
    id[id.len().saturating_sub(8)..].to_owned()
}
