use clap::Args;
use runlog::history::HistoryError;
use runlog::id::IdPattern;

use super::{edit_all, listed};
use crate::context::{Context, say};
use crate::error::{Error, ErrorKind};

/// Move executions to the trash
///
///   runlog delete 1f3a9c02 77c0d1e4
///   runlog list --deleted
///   runlog restore 1f3a9c02
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Delete {
    /// Which executions: all of them or, where one cannot be deleted, none
    #[arg(required = true, value_name = "ID")]
    ids: Vec<IdPattern>,
}

impl Delete {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let mut in_trash = None;
        let edited = edit_all(context, &self.ids, |history, id| {
            history.delete(id).inspect_err(|error| {
                if matches!(error, HistoryError::InTrash { .. }) {
                    in_trash = Some(id);
                }
            })
        });
        if let (Err(_), Some(id)) = (&edited, in_trash) {
            let message = format!("execution {} is in the trash already", id.short());
            let error = Error::new(ErrorKind::Failed, message);
            return Err(if self.ids.len() > 1 { error.and("nothing was changed") } else { error });
        }
        let edited = listed(&edited?);
        say(format_args!("moved to the trash: {edited}"));
        Ok(())
    }
}
