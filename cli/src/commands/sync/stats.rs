use std::io::Write;

use clap::Args;
use runlog::sync_history::{STATS_DAYS_MAX, SyncStats};

use super::print_json;
use crate::context::{Context, Out};
use crate::error::Error;
use crate::text::duration::Took;
use crate::text::table::{Cell, Column, Table};
use crate::text::{size, sync};

/// Tell how syncing went over some days
///
///   runlog sync stats --days 30
///
/// Days are those of UTC; the last one is today. The success rate is the share of completed runs
/// among those that completed, were partial or failed.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Stats {
    /// Over how many days
    #[arg(long, default_value = "7", value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=i64::from(STATS_DAYS_MAX)))]
    days: u32,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

impl Stats {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let stats = context.open()?.sync_stats(self.days)?;
        if self.json {
            return print_json(context, &stats);
        }
        let mut out = context.out();
        print(&stats, context.width(), &mut out)?;
        Ok(out.flush()?)
    }
}

fn print(stats: &SyncStats, width: Option<usize>, out: &mut Out) -> Result<(), Error> {
    let mut field = |name: &str, value: String| writeln!(out, "{name:13} {value}");
    let SyncStats { total, completed, partial, failures, cancelled, running, .. } = stats;
    let parts = [
        (completed, "completed"),
        (partial, "partial"),
        (failures, "failed"),
        (cancelled, "cancelled"),
        (running, "running"),
    ];
    let parts = parts.iter().filter(|(number, _)| **number > 0);
    let parts: Vec<String> = parts.map(|(number, name)| format!("{number} {name}")).collect();
    let parts = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
    field("Runs", format!("{total}{parts}"))?;
    field("Success rate", format!("{:.0} %", stats.success_rate * 100.0))?;
    field("Average", Took(stats.average_duration_ms).to_string())?;
    field("Moved", format!("{} records, {}", stats.rows, size::bytes(stats.bytes)))?;
    if *total == 0 {
        return Ok(());
    }
    writeln!(out)?;
    let mut table = Table::new(columns("WAY"));
    for of in stats.by_direction.iter().filter(|of| of.total > 0) {
        let way = sync::direction(of.direction);
        table.push(row(way.to_owned(), [of.total, of.completed, of.failures, of.rows]));
    }
    table.print(out, width)?;
    writeln!(out)?;
    let mut table = Table::new(columns("DAY"));
    for day in &stats.per_day {
        let date = day.day.to_string()[..10].to_owned();
        table.push(row(date, [day.total, day.completed, day.failures, day.rows]));
    }
    Ok(table.print(out, width)?)
}

const fn columns(first: &'static str) -> [Column; 5] {
    [
        Column { title: first, right: false, cut_to: None },
        Column { title: "RUNS", right: true, cut_to: None },
        Column { title: "COMPLETED", right: true, cut_to: None },
        Column { title: "FAILED", right: true, cut_to: None },
        Column { title: "ROWS", right: true, cut_to: None },
    ]
}

fn row(first: String, [total, completed, failures, rows]: [u64; 4]) -> [Cell; 5] {
    let failed = if failures > 0 { sync::FAILED } else { anstyle::Style::new() };
    [
        Cell::new(first),
        Cell::new(total.to_string()),
        Cell::new(completed.to_string()),
        Cell::styled(failures.to_string(), failed),
        Cell::new(rows.to_string()),
    ]
}
