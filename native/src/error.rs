//! What opening and recording can fail with.

use std::io;
use std::path::{Path, PathBuf};

use runlog_core::history::HistoryError;
use runlog_core::store::StoreError;

/// Why something was not done. Nothing that was recorded before is lost in any case.
///
/// ```
/// let directory = tempfile::tempdir().unwrap();
/// let path = directory.path().join("notes.txt");
/// std::fs::write(&path, "this is not a database").unwrap();
/// let error = runlog::Runlog::open(&path).unwrap_err();
/// assert!(error.is_not_a_database());
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database cannot be used. The predicates of this type tell why.
    #[error("{}: {source}", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// What is the matter with it.
        source: StoreError,
    },
    /// The history refused an operation.
    #[error(transparent)]
    History(HistoryError),
    /// A file or directory beside the database cannot be used.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of patterns holds one that cannot be used.
    #[error("{}, line {line}: {reason}", path.display())]
    MaskPattern {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// What is wrong with the pattern.
        reason: String,
    },
    /// The recorder has stopped: its thread is gone.
    #[error("the recorder has stopped")]
    Stopped,
    /// The recorder could not write, and says so to everybody who waits.
    #[error("recording failed: {message}")]
    Recording {
        /// What the store said.
        message: String,
        /// The store's error, where it was one.
        source: Option<StoreError>,
    },
}

impl Error {
    pub(crate) fn database(path: &Path) -> impl FnOnce(StoreError) -> Self {
        let path = path.to_owned();
        move |source| Self::Database { path, source }
    }

    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }

    /// What the store reported, where it was the store.
    pub fn store(&self) -> Option<&StoreError> {
        match self {
            Self::Database { source, .. } => Some(source),
            Self::History(HistoryError::Store(source)) => Some(source),
            Self::Recording { source, .. } => source.as_ref(),
            _ => None,
        }
    }

    /// The file is no database, or one of another program.
    pub fn is_not_a_database(&self) -> bool {
        matches!(self.store(), Some(StoreError::NotADatabase { .. } | StoreError::Foreign { .. }))
    }

    /// The database is damaged: restore a backup, or export what can be read.
    pub fn is_corrupt(&self) -> bool {
        matches!(self.store(), Some(StoreError::Corrupt { .. } | StoreError::Decode(_)))
    }

    /// A newer program wrote the database: upgrade this one.
    pub fn is_newer(&self) -> bool {
        matches!(self.store(), Some(StoreError::Newer { .. }))
    }

    /// Another process held the database for too long: try again.
    pub fn is_locked(&self) -> bool {
        matches!(self.store(), Some(StoreError::Busy { .. }))
    }

    /// The disk is full: free some space, then go on.
    pub fn is_disk_full(&self) -> bool {
        matches!(self.store(), Some(StoreError::Full))
    }

    /// The database, or its directory, cannot be written.
    pub fn is_read_only(&self) -> bool {
        match self {
            Self::File { source, .. } => matches!(
                source.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
            ),
            _ => matches!(self.store(), Some(StoreError::ReadOnly { .. })),
        }
    }
}

impl From<HistoryError> for Error {
    fn from(error: HistoryError) -> Self {
        Self::History(error)
    }
}
