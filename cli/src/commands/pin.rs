use clap::Args;
use runlog::id::IdPattern;

use super::{edit_all, listed};
use crate::context::{Context, say};
use crate::error::Error;

/// Pin executions, so that they are kept for good
///
///   runlog pin 1f3a9c02
///   runlog pin 1f3a9c02 --off
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Pin {
    /// Which executions: all of them or, where one cannot be pinned, none
    #[arg(required = true, value_name = "ID")]
    ids: Vec<IdPattern>,
    /// Remove the pin
    #[arg(long)]
    off: bool,
}

impl Pin {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let pinned = !self.off;
        let edited = edit_all(context, &self.ids, |history, id| history.set_pinned(id, pinned))?;
        say(format_args!("{} {}", if pinned { "pinned" } else { "unpinned" }, listed(&edited)));
        Ok(())
    }
}
