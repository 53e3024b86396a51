//! What SQLite reports, as what a store can fail with.

use runlog_core::codec::DecodeError;
use runlog_core::store::StoreError;
use rusqlite::ErrorCode;

/// A failure inside this crate: of SQLite, or already in the store's terms. Behind a pointer, as every
/// function here hands one on, and most of their results are small.
#[derive(Debug)]
pub(crate) struct Failure(Box<Kind>);

#[derive(Debug)]
enum Kind {
    Sql(rusqlite::Error),
    Store(StoreError),
}

/// The result of everything below the transaction's surface.
pub(crate) type Outcome<T> = Result<T, Failure>;

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self(Box::new(Kind::Sql(error)))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self(Box::new(Kind::Store(error)))
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        StoreError::from(error).into()
    }
}

impl Failure {
    pub(crate) fn corrupt(detail: impl Into<String>) -> Self {
        StoreError::Corrupt { detail: detail.into() }.into()
    }

    /// In the store's terms; `waited_ms` is how long SQLite waits for a lock.
    pub(crate) fn into_store_error(self, waited_ms: u64) -> StoreError {
        match *self.0 {
            Kind::Store(error) => error,
            Kind::Sql(error) => of_sqlite(&error, waited_ms),
        }
    }
}

fn of_sqlite(error: &rusqlite::Error, waited_ms: u64) -> StoreError {
    let detail = error.to_string();
    let Some(code) = error.sqlite_error_code() else {
        return match error {
            // The engine gave what it was asked for; only its type or form is not what we wrote.
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..)
            | rusqlite::Error::QueryReturnedNoRows => StoreError::Corrupt { detail },
            _ => StoreError::Io { detail },
        };
    };
    match code {
        ErrorCode::NotADatabase => StoreError::NotADatabase { detail },
        // A constraint guards what is shown: what breaks one contradicts the model.
        ErrorCode::DatabaseCorrupt | ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch => {
            StoreError::Corrupt { detail }
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy { waited_ms },
        ErrorCode::DiskFull => StoreError::Full,
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => StoreError::ReadOnly { detail },
        _ => StoreError::Io { detail },
    }
}

/// Whether an insert failed because its key is taken.
pub(crate) fn is_taken_key(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
    let code = error.sqlite_error().map(|error| error.extended_code);
    matches!(code, Some(SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY))
}

/// An error of SQLite in the store's terms, for callers that open connections themselves.
pub fn store_error(error: &rusqlite::Error) -> StoreError {
    of_sqlite(error, 0)
}
