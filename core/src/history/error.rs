//! What an operation can fail with.

use crate::clock::ClockError;
use crate::id::{ExecutionId, IdPattern};
use crate::model::{InvalidValue, Status};
use crate::store::StoreError;

/// Why an operation was not done. In every case nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A value that the model does not admit.
    #[error(transparent)]
    Invalid(#[from] InvalidValue),
    /// The logical clock cannot go on.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// No execution has the id.
    #[error("no execution has the id {id}")]
    NotFound {
        /// The id.
        id: ExecutionId,
    },
    /// No execution's id matches.
    #[error("no execution has an id that begins or ends with '{pattern}'")]
    NoMatch {
        /// What was asked for.
        pattern: IdPattern,
    },
    /// Several executions' ids match.
    #[error("'{pattern}' is ambiguous: {}", list(.matches))]
    Ambiguous {
        /// What was asked for.
        pattern: IdPattern,
        /// Some of them.
        matches: Vec<ExecutionId>,
    },
    /// An execution with this id is there already.
    #[error("an execution with the id {id} is there already")]
    Exists {
        /// The id.
        id: ExecutionId,
    },
    /// The execution is in the trash.
    #[error("execution {id} is in the trash: restore it first")]
    InTrash {
        /// The id.
        id: ExecutionId,
    },
    /// The execution is not in the trash.
    #[error("execution {id} is not in the trash: delete it first")]
    NotInTrash {
        /// The id.
        id: ExecutionId,
    },
    /// A status cannot be left in the asked direction.
    #[error("execution {id} is {status}: it cannot {action}")]
    Transition {
        /// The id.
        id: ExecutionId,
        /// Where it is.
        status: Status,
        /// What was asked for.
        action: &'static str,
    },
    /// Something about the run is newer than its delete, so it is kept.
    #[error("execution {id} is kept: its {what} is newer than its delete")]
    KeptByEdit {
        /// The id.
        id: ExecutionId,
        /// What is newer.
        what: &'static str,
    },
}

fn list(ids: &[ExecutionId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
