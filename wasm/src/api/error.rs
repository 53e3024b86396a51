use runlog_core::history::HistoryError;
use runlog_core::model::InvalidValue;
use runlog_core::query::InvalidCursor;
use runlog_core::store::{BackendId, StoreError};
use serde_json::{Value, json};

/// Why a call was not carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// The history refused it, or failed.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// What the call is about does not admit it.
    #[error("{message}")]
    Refused {
        /// Why, as a stable name.
        code: Code,
        /// Why, for people.
        message: String,
    },
    /// The call is not what it should be.
    #[error("{field}: {reason}")]
    Invalid {
        /// The field, as JavaScript names it.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// A stable name of an error, by which a page decides what to do.
pub type Code = &'static str;

impl ApiError {
    pub(crate) fn invalid(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), reason: reason.into() }
    }

    pub(crate) fn refused(code: Code, message: impl Into<String>) -> Self {
        Self::Refused { code, message: message.into() }
    }

    pub(crate) fn unknown_backend(id: BackendId) -> Self {
        Self::refused("unknownBackend", format!("there is no backend '{id}'"))
    }

    /// The code.
    pub fn code(&self) -> Code {
        match self {
            Self::Invalid { .. } => "invalid",
            Self::Refused { code, .. } => code,
            Self::History(error) => history_code(error),
        }
    }

    /// As a page gets it.
    pub fn to_json(&self) -> Value {
        json!({ "code": self.code(), "message": self.to_string() })
    }
}

fn history_code(error: &HistoryError) -> Code {
    match error {
        HistoryError::Invalid(_) => "invalid",
        HistoryError::NotFound { .. } | HistoryError::NoMatch { .. } => "notFound",
        HistoryError::Ambiguous { .. } => "ambiguous",
        HistoryError::Exists { .. } => "exists",
        HistoryError::InTrash { .. } => "inTrash",
        HistoryError::NotInTrash { .. } => "notInTrash",
        HistoryError::Transition { .. } => "transition",
        HistoryError::KeptByEdit { .. } => "keptByEdit",
        HistoryError::Store(StoreError::Corrupt { .. } | StoreError::Decode(_)) => "corrupt",
        HistoryError::Store(StoreError::Full) => "quota",
        HistoryError::Store(StoreError::NotADatabase { .. } | StoreError::Foreign { .. }) => {
            "notADatabase"
        }
        HistoryError::Store(StoreError::Newer { .. }) => "newer",
        HistoryError::Store(_) => "storage",
        _ => "failed",
    }
}

impl From<InvalidValue> for ApiError {
    fn from(error: InvalidValue) -> Self {
        Self::History(error.into())
    }
}

impl From<InvalidCursor> for ApiError {
    fn from(error: InvalidCursor) -> Self {
        Self::invalid("after", error.to_string())
    }
}
