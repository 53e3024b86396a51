//! What a store can fail with.

use crate::codec::DecodeError;

/// Why a store could not do what it was asked. In every case nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file is no SQLite database.
    #[error("not a database: {detail}")]
    NotADatabase {
        /// What was found.
        detail: String,
    },
    /// The file is a database of another program.
    #[error("a database of another program: {detail}")]
    Foreign {
        /// What was found.
        detail: String,
    },
    /// The database is damaged.
    #[error("the database is damaged: {detail}")]
    Corrupt {
        /// What was found.
        detail: String,
    },
    /// A newer program wrote the database.
    #[error(
        "the database has schema version {found}, this program knows versions up to {known}: \
         upgrade the program; the database was not touched"
    )]
    Newer {
        /// The version in the database.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// Another process held the database for longer than the time allowed.
    #[error("another process kept the database locked for more than {waited_ms} ms: try again")]
    Busy {
        /// How long was waited, in milliseconds.
        waited_ms: u64,
    },
    /// The disk or the quota is full.
    #[error("no space left for the database: free some; what was stored before is safe")]
    Full,
    /// The database can be read but not written.
    #[error("the database cannot be written: {detail}")]
    ReadOnly {
        /// What was found.
        detail: String,
    },
    /// A migration failed; the database is as it was.
    #[error("migration {number} ({name}) failed, the database is as it was: {detail}")]
    Migration {
        /// Number of the migration.
        number: u32,
        /// Its name.
        name: &'static str,
        /// Why, and how to go back.
        detail: String,
    },
    /// A row with this key is there already.
    #[error("a row with this key is there already")]
    RowExists,
    /// No row has this key.
    #[error("no row has this key")]
    RowMissing,
    /// Stored bytes are not what was written.
    #[error("stored bytes do not decode: {0}")]
    Decode(#[from] DecodeError),
    /// Reading or writing failed below the store.
    #[error("reading or writing the database failed: {detail}")]
    Io {
        /// What was reported.
        detail: String,
    },
}
