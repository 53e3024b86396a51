//! The database, opened anew for each call.
//!
//! A server lives as long as its assistant, for days. A connection that it kept would show a file
//! that was since moved away, replaced by a restored backup or migrated by a newer program, and
//! would never judge runs whose process has died meanwhile. Opening takes some milliseconds, far
//! less than an assistant needs to read the answer.

use std::path::PathBuf;

use runlog::Runlog;
use runlog::history::{HistoryError, HistoryReader};
use runlog::id::IdPattern;
use runlog::model::Execution;

use super::error::ToolError;

/// Where the history is, or will be.
#[derive(Debug)]
pub(super) struct History {
    path: PathBuf,
}

impl History {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Reads within one transaction; `None` where nothing has been recorded yet.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&HistoryReader<'_>) -> Result<T, HistoryError>,
    ) -> Result<Option<T>, ToolError> {
        let missing = self.path.try_exists().is_ok_and(|exists| !exists);
        if missing {
            return Ok(None);
        }
        Ok(Some(Runlog::open(&self.path)?.read(work)?))
    }

    /// Reads about one execution: of a full id, an unambiguous beginning or a short id.
    pub(super) fn read_execution<T>(
        &self,
        handle_id: &str,
        work: impl FnOnce(&HistoryReader<'_>, Execution) -> Result<T, HistoryError>,
    ) -> Result<T, ToolError> {
        let pattern: IdPattern = handle_id.parse().map_err(|_| {
            let message = format!("'{handle_id}' is not an execution id");
            ToolError::new(
                message,
                "take a handle_id of list_execution_history, or 4 to 32 hexadecimal digits of one",
            )
        })?;
        let found = self.read(|history| {
            let id = match history.find(&pattern) {
                Ok(id) => id,
                Err(HistoryError::NoMatch { .. }) => return Ok(Err(ToolError::unknown(&pattern))),
                Err(HistoryError::Ambiguous { matches, .. }) => {
                    return ToolError::ambiguous(history, &pattern, &matches).map(Err);
                }
                Err(error) => return Err(error),
            };
            let Some(execution) = history.execution(id)? else {
                return Ok(Err(ToolError::new(
                    format!("execution {id} is not whole yet"),
                    "parts of it have come from another device, the rest will follow",
                )));
            };
            work(history, execution).map(Ok)
        })?;
        found.unwrap_or_else(|| Err(ToolError::unknown(&pattern)))
    }
}
