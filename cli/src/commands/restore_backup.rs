use std::path::PathBuf;

use clap::Args;
use runlog::Runlog;
use serde_json::json;

use super::print_json;
use crate::context::{Context, hint, say, shown};
use crate::error::Error;
use crate::interrupt;

/// Put the history of a backup in the place of this one
///
///   runlog restore-backup ~/backups/history-2026-11-21.db
///
/// The history that is here is backed up beside itself first. The restored one goes on as a new
/// device: what was never synced is stamped anew, and the next sync compares everything. Where the
/// backup was made before a sync, that sync is undone: what was written here since is carried over, and
/// its backends are left switched off, so that they do not bring back at once what came with it.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct RestoreBackup {
    /// The backup
    file: PathBuf,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

impl RestoreBackup {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let restored = Runlog::restore(context.database()?, &self.file, &interrupt::cancel()?)?;
        let runlog = context.open()?;
        let mut names = Vec::new();
        for backend in runlog.backends()? {
            if restored.paused.contains(&backend.id) {
                names.push(backend.name);
            }
        }
        let replaced = restored.replaced.as_ref().map(|path| shown(path).to_string());
        if self.json {
            let object = json!({
                "made_at": restored.made_at, "replaced": replaced, "paused_backends": names,
                "carried_over": restored.carried_over,
            });
            return print_json(context, &object);
        }
        match restored.made_at {
            Some(at) => say(format_args!("restored the history of {at}")),
            None => say("restored the history"),
        }
        if let Some(path) = replaced {
            say(format_args!("what was here is in {path}"));
        }
        if !names.is_empty() {
            say(format_args!("switched off: {}", names.join(", ")));
            hint("`runlog backend enable NAME` syncs with it again");
        }
        Ok(())
    }
}
