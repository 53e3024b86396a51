//! What a tool tells an assistant that asked for something it cannot have.

use std::fmt::{self, Write};

use runlog::history::{HistoryError, HistoryReader};
use runlog::id::{ExecutionId, IdPattern};

use crate::error::Error;

/// Why a tool has no answer, and what to do about it: text for a reader that can ask again.
#[derive(Debug)]
pub(super) struct ToolError {
    message: String,
    hint: Option<String>,
}

impl ToolError {
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: Some(hint.into()) }
    }

    /// No execution has such an id.
    pub(super) fn unknown(pattern: &IdPattern) -> Self {
        Self::new(
            format!("no execution has an id that begins or ends with '{pattern}'"),
            "call list_execution_history: it gives the handle_id of each execution",
        )
    }

    /// Several executions have such an id.
    pub(super) fn ambiguous(
        history: &HistoryReader<'_>,
        pattern: &IdPattern,
        matches: &[ExecutionId],
    ) -> Result<Self, HistoryError> {
        let mut message = format!("'{pattern}' is ambiguous; it may mean");
        for id in matches {
            let Some(execution) = history.execution(*id)? else { continue };
            let summary = &execution.summary;
            let began = summary.started_at.unwrap_or(summary.created_at);
            let (workflow, status) = (&summary.workflow_id, summary.status());
            // Writing to a string does not fail.
            let _ = write!(message, "\n  {id}  {workflow}, {status}, started {began}");
        }
        Ok(Self::new(message, "call again with one of these as handle_id"))
    }

    /// The arguments do not fit the tool's input schema.
    pub(super) fn arguments(tool: &str, error: &serde_json::Error) -> Self {
        let hint = format!("see the input schema of {tool}, correct the arguments and call again");
        Self::new(format!("the arguments of {tool} are wrong: {error}"), hint)
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "\nhint: {hint}"))
    }
}

impl From<Error> for ToolError {
    fn from(error: Error) -> Self {
        let hint = error.hint_text().map(str::to_owned);
        Self { message: error.message().to_owned(), hint }
    }
}

impl From<runlog::Error> for ToolError {
    fn from(error: runlog::Error) -> Self {
        Error::from(error).into()
    }
}

impl From<HistoryError> for ToolError {
    fn from(error: HistoryError) -> Self {
        Error::from(error).into()
    }
}
