use std::io::Read;

use clap::Args;
use runlog::id::IdPattern;

use super::{edit_all, listed};
use crate::context::{Context, say};
use crate::error::{Error, ErrorKind};

/// Write a note on an execution, or remove it
///
///   runlog note 1f3a9c02 "the disk was full"
///   git log -1 | runlog note 1f3a9c02 -
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Note {
    /// Which execution
    id: IdPattern,
    /// The note, which replaces an earlier one; - reads it from standard input
    #[arg(required_unless_present = "clear", allow_hyphen_values = true)]
    text: Option<String>,
    /// Remove the note
    #[arg(long, conflicts_with = "text")]
    clear: bool,
}

impl Note {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let text = match self.text {
            Some(text) if text == "-" => Some(from_stdin()?),
            other => other,
        };
        let text = text.as_deref().map(str::trim_end);
        if text == Some("") {
            return Err(
                Error::new(ErrorKind::Usage, "the note is empty").hint("--clear removes a note")
            );
        }
        let edited = edit_all(context, &[self.id], |history, id| history.set_note(id, text))?;
        let done = if text.is_some() { "noted" } else { "removed the note" };
        say(format_args!("{done} on {}", listed(&edited)));
        Ok(())
    }
}

fn from_stdin() -> Result<String, Error> {
    // One byte more than a note may have shows that it is too long, however much there is.
    let most = runlog::model::LIMITS.note as u64 + 1;
    let mut text = Vec::new();
    std::io::stdin().take(most).read_to_end(&mut text).map_err(|error| {
        Error::new(ErrorKind::Failed, format!("reading standard input failed: {error}"))
    })?;
    String::from_utf8(text)
        .map_err(|_| Error::new(ErrorKind::Failed, "standard input is not text in UTF-8"))
}
