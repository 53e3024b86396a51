use std::io::Write;
use std::str::FromStr;

use clap::Args;
use runlog::history::TrashKeeps;
use runlog::query::ListQuery;

use super::print_json;
use crate::context::Context;
use crate::error::Error;

/// Tell what is in the trash and how long it stays there, or set how long
///
/// What was deleted longer ago is removed for good, with its log: at a sync, once every device
/// knows that it was deleted, and where there is nothing to sync with, at the next command. A run
/// that was pinned, noted or tagged after its delete stays.
///
///   runlog trash
///   runlog trash --keep 90
///   runlog trash --keep forever
///   runlog list --deleted
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Trash {
    /// Keep what is deleted for so many days, or `forever`; another device may still remove it
    #[arg(long, value_name = "DAYS")]
    keep: Option<Keep>,

    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug)]
struct Keep(TrashKeeps);

impl FromStr for Keep {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "forever" {
            return Ok(Self(TrashKeeps::ForEver));
        }
        let days = text.parse().map_err(|_| "give a number of days, or 'forever'".to_owned())?;
        Ok(Self(TrashKeeps::Days(days)))
    }
}

impl Trash {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let runlog = context.open()?;
        if let Some(Keep(keeps)) = self.keep {
            runlog.write(|history| history.set_trash_keeps(keeps))?;
        }
        let mut deleted = ListQuery::newest(0);
        deleted.filter.deleted = true;
        let (keeps, executions) =
            runlog.read(|history| Ok((history.trash_keeps()?, history.count(&deleted)?)))?;
        let days = match keeps {
            TrashKeeps::Days(days) => Some(days),
            TrashKeeps::ForEver => None,
        };
        if self.json {
            let trash = serde_json::json!({ "executions": executions, "keep_days": days });
            return print_json(context, &trash);
        }
        let noun = if executions == 1 { "execution" } else { "executions" };
        let mut out = context.out();
        writeln!(out, "{executions} {noun} in the trash")?;
        match days {
            Some(1) => writeln!(out, "what is deleted stays for 1 day")?,
            Some(days) => writeln!(out, "what is deleted stays for {days} days")?,
            None => writeln!(out, "what is deleted stays until another device removes it")?,
        }
        Ok(out.flush()?)
    }
}
