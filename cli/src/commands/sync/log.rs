use std::io::Write;

use clap::Args;
use runlog::id::IdPattern;
use runlog::sync_history::{LogCursor, LogQuery, SyncLogRow};
use runlog::time::Timestamp;

use super::{print_json, run_of};
use crate::context::{Context, DIM, say};
use crate::error::{Error, ErrorKind};
use crate::text::plain::plain;
use crate::text::table::{Cell, Column, Table};
use crate::text::{sync, when};

/// Tell what became of each execution in each sync, newest first
///
///   runlog sync log --entity 1f3a9c02
///   runlog sync log --errors
///   runlog sync log --run 5d1e07aa --changes
///
/// A row without an execution stands for a whole run. Of an execution, the rows of whole full runs
/// are shown as well.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Log {
    /// What became of this execution
    #[arg(long, value_name = "ID")]
    entity: Option<IdPattern>,
    /// Of this run: its id, or the end of it that `sync history` prints
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// Only where something changed
    #[arg(long)]
    changes: bool,
    /// Only failures
    #[arg(long)]
    errors: bool,
    /// At most this many
    #[arg(long, short = 'n', default_value = "50", value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Go on behind the page that printed this cursor
    #[arg(long)]
    cursor: Option<String>,
    /// Print a JSON array, each row with its run in it
    #[arg(long)]
    json: bool,
}

impl Log {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let cursor = self.cursor.as_deref().map(parse_cursor).transpose()?;
        let runlog = context.open()?;
        let query = LogQuery {
            entity: self.entity.as_ref().map(|pattern| runlog.find(pattern)).transpose()?,
            run: self.run.as_deref().map(|text| run_of(&runlog, text)).transpose()?,
            changes_only: self.changes,
            errors_only: self.errors,
        };
        let page = runlog.sync_log(&query, cursor, self.limit as usize)?;
        if self.json {
            print_json(context, &page.rows)?;
        } else if page.rows.is_empty() {
            let all = query == LogQuery::default() && cursor.is_none();
            say(if all { "nothing was synced yet" } else { "no row matches" });
        } else {
            let mut table = Table::new(COLUMNS);
            page.rows.iter().for_each(|row| table.push(cells(row, context.now)));
            let mut out = context.out();
            table.print(&mut out, context.width())?;
            out.flush()?;
        }
        if let Some(next) = page.next {
            say(format_args!("{DIM}more: repeat the command with --cursor {next}{DIM:#}"));
        }
        Ok(())
    }
}

fn parse_cursor(text: &str) -> Result<LogCursor, Error> {
    text.parse().map_err(|_| {
        Error::new(ErrorKind::Usage, format!("'{text}' is not a cursor of the sync log"))
            .hint("use the one that the page before has printed")
    })
}

const COLUMNS: [Column; 10] = [
    Column { title: "WHEN", right: false, cut_to: None },
    Column { title: "EXECUTION", right: false, cut_to: None },
    Column { title: "OF", right: false, cut_to: Some(6) },
    Column { title: "WAY", right: false, cut_to: None },
    Column { title: "RESULT", right: false, cut_to: None },
    Column { title: "WHY", right: false, cut_to: None },
    Column { title: "RUN", right: false, cut_to: None },
    Column { title: "TYPE", right: false, cut_to: None },
    Column { title: "BACKEND", right: false, cut_to: Some(8) },
    Column { title: "WHAT WENT WRONG", right: false, cut_to: Some(15) },
];

fn cells(row: &SyncLogRow, now: Timestamp) -> [Cell; 10] {
    let entry = &row.entry;
    let entity = entry.entity_id.map(|id| id.short()).unwrap_or_default();
    let of = entry.entity_type.as_deref().map_or_else(|| "run".into(), plain);
    let wrong = entry.error.as_deref().map(plain).unwrap_or_default();
    [
        Cell::styled(when::ago(entry.at, now), DIM),
        Cell::new(entity),
        Cell::new(of),
        Cell::new(sync::direction(entry.direction)),
        sync::result(entry.result),
        Cell::new(entry.outcome.map(|why| why.as_str().replace('_', " ")).unwrap_or_default()),
        Cell::styled(sync::short(&entry.run), DIM),
        sync::sync_type(entry.sync_type),
        Cell::new(plain(sync::backend(&row.run))),
        Cell::styled(wrong, sync::FAILED),
    ]
}
