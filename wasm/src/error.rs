use rusqlite::ErrorCode;
use sqlite_wasm_rs::vfs::transfer::TransferError;
use sqlite_wasm_vfs::sahpool::OpfsSAHError;
use wasm_bindgen::{JsCast, JsValue};

/// Why a database on OPFS cannot be installed, opened, paused or removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpfsError {
    /// There are no synchronous file handles here: not a dedicated worker, not a secure context,
    /// or a browser that lacks them.
    #[error("OPFS needs a dedicated worker in a secure context of a browser that supports it")]
    NotSupported,

    /// The browser forbids storage to this page: a private window, blocked site data, or a
    /// sandboxed frame.
    #[error("the browser forbids storage here (private window or blocked site data)")]
    Denied(#[source] OpfsSAHError),

    /// Another tab, or another worker of this one, owns the directory.
    #[error("another tab or worker owns the OPFS directory")]
    OwnedElsewhere(#[source] OpfsSAHError),

    /// The origin's quota, or the disk, is used up.
    #[error("the browser's storage quota is used up")]
    Full,

    /// The pool's files are all taken. Journals count as files, too.
    #[error("all {slots} file slots of the OPFS pool are taken")]
    NoFreeSlot {
        /// How many files the pool holds.
        slots: usize,
    },

    /// The database is open already. Two connections in one worker would not see each other's
    /// locks and destroy the file.
    #[error("database {name:?} is open already in this worker")]
    AlreadyOpen {
        /// Name of the database.
        name: String,
    },

    /// A connection is open, or another call is at work, while the pool shall be paused, resumed,
    /// or lose a database.
    #[error("the OPFS pool is in use: close every connection first")]
    InUse(#[source] OpfsSAHError),

    /// The pool is paused: it holds no files until [`resume`](crate::OpfsPool::resume).
    #[error("the OPFS pool is paused")]
    Paused,

    /// A write to the pool's own directory failed half-way, and the pool does not trust what it
    /// knows of it: [`pause`](crate::OpfsPool::pause) and
    /// [`resume`](crate::OpfsPool::resume) read it again. No database is harmed.
    #[error("the OPFS pool must be paused and resumed after a failed write")]
    NeedsPause,

    /// A directory or database name that cannot be used.
    #[error("{0}")]
    InvalidName(#[source] OpfsSAHError),

    /// The pool's directory holds what the pool did not write, or half of it.
    #[error("the OPFS directory is damaged: {0}")]
    Damaged(#[source] OpfsSAHError),

    /// SQLite did not accept the write-ahead log, which durability and speed rest on.
    #[error("SQLite keeps journal mode {mode:?} in place of \"wal\"")]
    NoWriteAheadLog {
        /// The journal mode that SQLite stayed with.
        mode: String,
    },

    /// Any other refusal of the browser or the pool.
    #[error("{0}")]
    Pool(#[source] OpfsSAHError),

    /// Bytes that are to become a database and are none.
    #[error("not a database: {0}")]
    NotADatabase(#[source] TransferError),

    /// Any other refusal of SQLite.
    #[error("{0}")]
    Sqlite(#[source] rusqlite::Error),
}

impl OpfsError {
    /// A name for this kind of error that stays the same from version to version, for the `code`
    /// of a JavaScript error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotSupported => "opfs_not_supported",
            Self::Denied(_) => "opfs_denied",
            Self::OwnedElsewhere(_) => "opfs_owned_elsewhere",
            Self::Full => "opfs_full",
            Self::NoFreeSlot { .. } => "opfs_no_free_slot",
            Self::AlreadyOpen { .. } => "opfs_already_open",
            Self::InUse(_) => "opfs_in_use",
            Self::Paused => "opfs_paused",
            Self::NeedsPause => "opfs_needs_pause",
            Self::InvalidName(_) => "opfs_invalid_name",
            Self::Damaged(_) => "opfs_damaged",
            Self::NoWriteAheadLog { .. } => "opfs_no_write_ahead_log",
            Self::Pool(_) => "opfs_failed",
            Self::NotADatabase(_) => "notADatabase",
            Self::Sqlite(_) => "opfs_sqlite",
        }
    }
}

impl From<OpfsSAHError> for OpfsError {
    fn from(error: OpfsSAHError) -> Self {
        use OpfsSAHError as E;
        if let E::Cleanup { error, .. } = error {
            return Self::from(*error); // What went wrong first.
        }
        if let E::Transfer(error @ TransferError::ImportDb(_)) = error {
            return Self::NotADatabase(error);
        }
        match &error {
            E::NotSupported => Self::NotSupported,
            E::Paused => Self::Paused,
            E::NeedsRecovery => Self::NeedsPause,
            E::FilesInUse | E::FileInUse(_) | E::Busy => Self::InUse(error),
            E::InvalidFilename(_) | E::InvalidDirectory => Self::InvalidName(error),
            E::InvalidHeader { .. } | E::InvalidDirectoryEntry | E::DuplicateFilename(_) => {
                Self::Damaged(error)
            }
            E::Opfs { value, .. } => match exception_name(value).as_deref() {
                Some("NoModificationAllowedError") => Self::OwnedElsewhere(error),
                Some("QuotaExceededError") => Self::Full,
                Some("SecurityError" | "NotAllowedError") => Self::Denied(error),
                _ => Self::Pool(error),
            },
            _ => Self::Pool(error),
        }
    }
}

impl From<rusqlite::Error> for OpfsError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            _ => Self::Sqlite(error),
        }
    }
}

/// The `name` of a DOMException or of any other `Error`.
fn exception_name(value: &JsValue) -> Option<String> {
    let name = js_sys::Reflect::get(value.dyn_ref::<js_sys::Object>()?, &"name".into()).ok()?;
    name.as_string()
}
