use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::print_json;
use crate::context::{Context, say, shown};
use crate::error::Error;

/// Copy the history to a file, while others go on recording
///
///   runlog backup ~/backups/history-2026-11-21.db
///
/// The copy is one file, checked for damage, and holds no secret of the vault and no token.
/// `runlog restore-backup` brings it back.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Backup {
    /// Where to; nothing may be there yet
    file: PathBuf,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

impl Backup {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let backup = context.open()?.backup(&self.file)?;
        if self.json {
            let path = shown(&backup.path).to_string();
            let object = json!({ "path": path, "bytes": backup.bytes, "made_at": backup.at });
            return print_json(context, &object);
        }
        say(format_args!("backed up to {} ({} bytes)", shown(&backup.path), backup.bytes));
        Ok(())
    }
}
