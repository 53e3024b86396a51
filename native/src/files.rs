//! Files that only their user can read.

use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use runlog_core::store::StoreError;
use zeroize::Zeroizing;

use crate::Error;

/// The path with something appended to its file name.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// Makes a directory, and those above it, for this user alone. One that is there stays as it is.
pub(crate) fn create_private_dir(path: &Path) -> Result<(), Error> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(Error::file("make the directory", path))
}

/// Opens a file for writing; one that is made is for this user alone.
pub(crate) fn create_private_file(path: &Path) -> Result<File, Error> {
    private().open(path).map_err(Error::file("make", path))
}

/// Puts a file of this user alone in the place of another, in one step.
pub(crate) fn replace_private_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let partial = beside(path, ".partial");
    let _ = std::fs::remove_file(&partial);
    let mut file = create_private_file(&partial)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.map_err(Error::file("write", &partial))?;
    std::fs::rename(&partial, path).map_err(Error::file("replace", path))
}

/// What is in a small file; `None` where there is none.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file("read", path)(error)),
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// What a SQLite database begins with.
const HEADER: &[u8; 16] = b"SQLite format 3\0";

/// Makes the database file where it is missing, and refuses one that is no database, before SQLite
/// sees it.
pub(crate) fn prepare_database(path: &Path) -> Result<(), Error> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        create_private_dir(parent)?;
    }
    let mut file = match private().open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::IsADirectory => {
            let detail = "it is a directory".to_owned();
            return Err(Error::database(path)(StoreError::NotADatabase { detail }));
        }
        Err(error) if is_read_only(&error) => {
            let detail = error.to_string();
            return Err(Error::database(path)(StoreError::ReadOnly { detail }));
        }
        Err(error) => return Err(Error::file("open", path)(error)),
    };
    judge(path, &mut file)
}

/// Refuses a file that is no database, and leaves it as it is.
pub(crate) fn refuse_what_is_no_database(path: &Path) -> Result<(), Error> {
    let mut file = File::open(path).map_err(Error::file("open", path))?;
    let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() > 0);
    if !is_file {
        let detail = "it is empty or no file".to_owned();
        return Err(Error::database(path)(StoreError::NotADatabase { detail }));
    }
    judge(path, &mut file)
}

/// Looks at how a file begins.
fn judge(path: &Path, file: &mut File) -> Result<(), Error> {
    let mut found = Vec::with_capacity(HEADER.len());
    let read = Read::by_ref(file).take(HEADER.len() as u64).read_to_end(&mut found);
    read.map_err(Error::file("read", path))?;
    if found.is_empty() || found == HEADER {
        return Ok(());
    }
    let detail = if HEADER.starts_with(&found) {
        format!("the file was cut off after {} bytes", found.len())
    } else {
        "the file holds something else".to_owned()
    };
    Err(Error::database(path)(StoreError::NotADatabase { detail }))
}

fn is_read_only(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}
