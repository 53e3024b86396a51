//! Copies of a database.

use std::path::{Path, PathBuf};

use runlog_core::store::StoreError;
use rusqlite::Connection;

use crate::files;

/// Copies the database beside itself before it is migrated from version `from`, unless a copy of
/// that version is there from an earlier attempt. Says where the copy is.
///
/// # Errors
/// The store's own errors; then nothing is migrated.
pub(crate) fn before_migration(
    connection: &Connection,
    path: &Path,
    from: u32,
) -> Result<PathBuf, StoreError> {
    let target = files::beside(path, &format!(".before-v{}", from + 1));
    if target.exists() {
        return Ok(target);
    }
    let partial = files::beside(&target, ".partial");
    let failed = |detail: String| StoreError::Io {
        detail: format!("the backup before the migration failed: {detail}"),
    };
    let _ = std::fs::remove_file(&partial);
    files::create_private_file(&partial).map_err(|error| failed(error.to_string()))?;
    let written = (|| -> rusqlite::Result<()> {
        let mut copy = Connection::open(&partial)?;
        let backup = rusqlite::backup::Backup::new(connection, &mut copy)?;
        backup.run_to_completion(1024, std::time::Duration::ZERO, None)
    })();
    if let Err(error) = written {
        let _ = std::fs::remove_file(&partial);
        return Err(runlog_sqlite::store_error(&error));
    }
    std::fs::rename(&partial, &target).map_err(|error| failed(error.to_string()))?;
    Ok(target)
}
