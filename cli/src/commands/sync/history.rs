use std::io::Write;

use clap::Args;
use runlog::sync_history::{Direction, RunFilter, RunStatus, SyncRun};
use runlog::time::Timestamp;

use super::{backend_of, print_json};
use crate::context::{Context, DIM, say};
use crate::error::Error;
use crate::text::duration::Took;
use crate::text::plain::plain;
use crate::text::table::{Cell, Column, Table};
use crate::text::{argument, sync, when};

/// List the runs of syncing, newest first
///
///   runlog sync history --status failed --since 2d
///   runlog sync history --json | jq -r '.[].error'
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct History {
    /// At most this many
    #[arg(long, short = 'n', default_value = "20", value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Runs with this status
    #[arg(long, short, value_parser = argument::run_status())]
    status: Option<RunStatus>,
    /// In this direction
    #[arg(long, value_parser = argument::direction())]
    direction: Option<Direction>,
    /// With the backend of this name
    #[arg(long, value_name = "NAME")]
    backend: Option<String>,
    /// Begun at this time or later: 2026-11-21T10:00:00Z, 2026-11-21, or 3h for three hours ago
    #[arg(long, value_name = "TIME", value_parser = when::parse)]
    since: Option<Timestamp>,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

impl History {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let runlog = context.open()?;
        let backend = self.backend.as_deref().map(|name| backend_of(&runlog, name)).transpose()?;
        let filter = RunFilter {
            backend,
            direction: self.direction,
            status: self.status,
            since: self.since,
            ..RunFilter::default()
        };
        let runs = runlog.sync_runs(&filter, None, self.limit as usize)?;
        if self.json {
            return print_json(context, &runs);
        }
        if runs.is_empty() {
            let all = filter == RunFilter::default();
            say(if all { "nothing was synced yet" } else { "no run matches" });
            return Ok(());
        }
        let mut table = Table::new(COLUMNS);
        runs.iter().for_each(|run| table.push(row(run, context.now)));
        let mut out = context.out();
        table.print(&mut out, context.width())?;
        Ok(out.flush()?)
    }
}

const COLUMNS: [Column; 10] = [
    Column { title: "RUN", right: false, cut_to: None },
    Column { title: "STATUS", right: false, cut_to: None },
    Column { title: "STARTED", right: false, cut_to: None },
    Column { title: "TOOK", right: true, cut_to: None },
    Column { title: "BACKEND", right: false, cut_to: Some(8) },
    Column { title: "WAY", right: false, cut_to: None },
    Column { title: "TYPE", right: false, cut_to: None },
    Column { title: "CAUSE", right: false, cut_to: Some(6) },
    Column { title: "ROWS", right: true, cut_to: None },
    Column { title: "WHAT WENT WRONG", right: false, cut_to: Some(15) },
];

fn row(run: &SyncRun, now: Timestamp) -> [Cell; 10] {
    let wrong = run.error.as_deref().map(plain).unwrap_or_default();
    [
        Cell::new(sync::short(&run.id)),
        sync::status(run.status),
        Cell::styled(when::ago(run.started_at, now), DIM),
        Cell::new(run.duration_ms.map(|ms| Took(ms).to_string()).unwrap_or_default()),
        Cell::new(plain(sync::backend(run))),
        Cell::new(sync::direction(run.direction)),
        sync::sync_type(run.sync_type),
        Cell::styled(run.cause.as_str(), DIM),
        Cell::new(run.rows_done.to_string()),
        Cell::styled(wrong, sync::FAILED),
    ]
}
