use clap::Args;
use runlog::id::IdPattern;

use super::{edit_all, listed};
use crate::context::{Context, say};
use crate::error::Error;

/// Take executions out of the trash
///
///   runlog list --deleted
///   runlog restore 1f3a9c02
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Restore {
    /// Which executions: all of them or, where one cannot be restored, none
    #[arg(required = true, value_name = "ID")]
    ids: Vec<IdPattern>,
}

impl Restore {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let edited = edit_all(context, &self.ids, |history, id| history.restore(id))?;
        say(format_args!("restored {}", listed(&edited)));
        Ok(())
    }
}
