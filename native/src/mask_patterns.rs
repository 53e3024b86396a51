//! Patterns of the user in a file.

use std::io::ErrorKind;
use std::path::Path;

use runlog_core::mask::Pattern;

use crate::Error;

/// Reads a file with patterns of what is to be masked: a regular expression a line, as it stands;
/// empty lines and lines that begin with `#` are left out. A file that is not there holds none.
///
/// # Errors
/// [`Error::MaskPattern`] with the line of a pattern that cannot be used, [`Error::File`] where the
/// file cannot be read.
///
/// ```
/// use runlog::{Masking, Options, read_mask_patterns};
///
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("mask-patterns");
/// std::fs::write(&path, "# badges\nbadge-\\d{6}\n").unwrap();
/// let mut options = Options::default();
/// options.masking = Masking::On { patterns: read_mask_patterns(&path)? };
///
/// std::fs::write(&path, "badge-(").unwrap();
/// assert!(read_mask_patterns(&path).unwrap_err().to_string().contains("line 1: unclosed group"));
/// # Ok::<(), runlog::Error>(())
/// ```
pub fn read_mask_patterns(path: impl AsRef<Path>) -> Result<Vec<Pattern>, Error> {
    let path = path.as_ref();
    let text = match std::fs::read_to_string(path) {
        // Where the directory cannot be one, opening the history says so.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        read => read.map_err(Error::file("read", path))?,
    };
    let lines = text.lines().enumerate().filter(|(_, line)| {
        let line = line.trim_start();
        !line.is_empty() && !line.starts_with('#')
    });
    let patterns = lines.map(|(index, line)| {
        line.parse().map_err(|error: runlog_core::mask::InvalidPattern| Error::MaskPattern {
            path: path.to_owned(),
            line: index + 1,
            reason: error.reason,
        })
    });
    patterns.collect()
}
