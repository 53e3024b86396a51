use std::io::Write;
use std::process::ExitCode;

use clap::Args;
use runlog::sync_history::{BackendOverview, Counted, OverallState, Problems, SyncOverview};
use runlog::time::Timestamp;

use super::print_json;
use crate::context::{Context, DIM, Out, hint, say};
use crate::error::Error;
use crate::text::duration::Took;
use crate::text::plain::plain;
use crate::text::table::{Cell, Column, Table};
use crate::text::{size, sync, when};

/// Tell whether this device is up to date, and if not, since when and why
///
///   runlog sync status
///   runlog sync status --check || echo 'something is not synced'
///
/// A backend counts as up to date only while nothing waits for it, it refused nothing, nothing of
/// its is set aside, all that it is known to have was got, the last sync did not fail, and it was
/// heard from within ten minutes.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Status {
    /// Leave with 1 where a backend is not up to date
    #[arg(long)]
    check: bool,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let overview = context.open()?.sync_overview()?;
        if self.json {
            print_json(context, &overview)?;
        } else if overview.state == OverallState::NoBackend {
            say("there is no backend: nothing waits");
            hint("this history stays on this device until a backend is added");
        } else {
            let mut out = context.out();
            print(&overview, context, &mut out)?;
            out.flush()?;
        }
        let alarmed = self.check && overview.warns();
        Ok(if alarmed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

const COLUMNS: [Column; 8] = [
    Column { title: "BACKEND", right: false, cut_to: Some(12) },
    Column { title: "STATE", right: false, cut_to: None },
    Column { title: "HEARD FROM", right: false, cut_to: None },
    Column { title: "LAST SYNC", right: false, cut_to: None },
    Column { title: "WAITING", right: true, cut_to: None },
    Column { title: "TO GET", right: true, cut_to: None },
    Column { title: "REFUSED", right: true, cut_to: None },
    Column { title: "SET ASIDE", right: true, cut_to: None },
];

fn print(overview: &SyncOverview, context: &Context, out: &mut Out) -> Result<(), Error> {
    let now = context.now;
    match (overview.state, overview.since) {
        (OverallState::UpToDate, _) => writeln!(out, "Up to date.")?,
        (OverallState::Off, _) => writeln!(out, "No backend takes part.")?,
        (_, Some(since)) => {
            writeln!(out, "Not up to date since {}.", at(since, now))?;
        }
        _ => writeln!(out, "Not up to date.")?,
    }
    writeln!(out)?;
    let mut table = Table::new(COLUMNS);
    for backend in &overview.backends {
        table.push(row(backend, now));
    }
    table.print(out, context.width())?;
    for backend in &overview.backends {
        details(backend, now, out)?;
    }
    Ok(())
}

fn row(backend: &BackendOverview, now: Timestamp) -> [Cell; 8] {
    let number = |problems: &[Problems]| {
        let count: u64 = problems.iter().map(|one| one.number.count).sum();
        counted(Counted { count, more: problems.iter().any(|one| one.number.more) })
    };
    [
        Cell::new(plain(&backend.name)),
        Cell::styled(backend.state.as_str().replace('_', " "), sync::state(backend.state)),
        Cell::styled(backend.heard_at.map_or("never".to_owned(), |at| when::ago(at, now)), DIM),
        backend.last_run.as_ref().map_or_else(Cell::default, |run| sync::status(run.status)),
        Cell::new(counted(backend.waiting)),
        Cell::new(counted(Counted { count: backend.to_get, more: false })),
        Cell::styled(number(&backend.refused), sync::FAILED),
        Cell::styled(number(&backend.set_aside), sync::FAILED),
    ]
}

/// A number that is not zero.
fn counted(number: Counted) -> String {
    if number.is_zero() {
        return String::new();
    }
    format!("{}{}", if number.more { ">" } else { "" }, number.count)
}

/// What the table has no room for.
fn details(backend: &BackendOverview, now: Timestamp, out: &mut Out) -> Result<(), Error> {
    /// What no network explains.
    const OFFSET_TOLD_MS: u64 = 5_000;
    let mut lines = Vec::new();
    if let Some(since) = backend.since {
        lines.push(format!("{}, since {}", plain(&backend.words), at(since, now)));
    }
    for (what, problems) in [("refused", &backend.refused), ("set aside", &backend.set_aside)] {
        for one in problems {
            let newest = when::ago(one.newest_at, now);
            let (number, code, reason) = (one.number, &one.code, plain(&one.reason));
            lines.push(format!("{number} {what} ({code}), the newest {newest}: {reason}"));
        }
    }
    let offset = backend.clock_offset_ms;
    if offset.unsigned_abs() > OFFSET_TOLD_MS {
        let side = if offset > 0 { "behind" } else { "ahead of" };
        let by = Took(offset.unsigned_abs());
        lines.push(format!("the clock of this device is {by} {side} that of the backend"));
    }
    if let Some(quota) = backend.quota_bytes {
        let used = size::bytes(backend.quota_used_bytes);
        lines.push(format!("{used} of {} used there", size::bytes(quota)));
    }
    for (index, line) in lines.iter().enumerate() {
        if index == 0 {
            writeln!(out, "\n{}", plain(&backend.name))?;
        }
        writeln!(out, "    {line}")?;
    }
    Ok(())
}

fn at(time: Timestamp, now: Timestamp) -> String {
    format!("{} ({})", when::exact(time), when::ago(time, now))
}
