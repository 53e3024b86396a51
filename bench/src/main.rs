//! Runlog side by side with plain SQLite and PostgreSQL, in one process and one run. See `README.md`.

mod baseline;
mod benches;
mod by_hand;
mod corpus;
mod measure;
mod produce;
mod relay;
mod report;
mod setup;
mod stored;
mod tune;
mod workload;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use report::Finding;
use setup::Setup;

/// Whatever goes wrong ends the run.
pub(crate) type Failed = Box<dyn std::error::Error>;

/// Runlog side by side with plain SQLite and PostgreSQL
#[derive(Debug, Parser)]
struct Arguments {
    /// Runs only the benches whose name contains this
    filter: Option<String>,
    /// A small workload once: shows that every bench runs, says nothing about speed
    #[arg(long)]
    quick: bool,
    /// How often each figure is measured
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: u8,
    #[command(subcommand)]
    command: Option<Other>,
}

#[derive(Debug, Subcommand)]
enum Other {
    /// Prints lines through a logging library: the program that benches run
    #[command(hide = true)]
    Produce { lines: u64 },
    /// Compares levels of compression, sizes of pieces and sizes of pages
    Tune,
}

type Bench = fn(&Setup) -> Result<Vec<Finding>, Failed>;

const BENCHES: [(&str, Bench); 15] = [
    ("executions", benches::executions::run),
    ("recorder", benches::recorder::run),
    ("merge", benches::merge::run),
    ("clocks", benches::clock_bytes::run),
    ("scale", benches::scale::run),
    ("log-size", benches::log_size::run),
    ("command", benches::command::run),
    ("pipe", benches::pipe::run),
    ("long-line", benches::long_line::run),
    ("sync-first", benches::sync_first::run),
    ("sync-scale", benches::sync_scale::run),
    ("sync-postgres", benches::sync_postgres::run),
    ("sync-crowd", benches::sync_crowd::run),
    ("sync-bytes", benches::sync_bytes::run),
    ("sync-seen", benches::sync_seen::run),
];

fn main() -> Result<ExitCode, Failed> {
    let arguments = Arguments::parse();
    let setup = Setup::new(arguments.quick, arguments.rounds.into())?;
    match arguments.command {
        Some(Other::Produce { lines }) => {
            produce::lines(lines);
            return Ok(ExitCode::SUCCESS);
        }
        Some(Other::Tune) => {
            tune::run(&setup)?;
            return Ok(ExitCode::SUCCESS);
        }
        None => {}
    }
    let filter = arguments.filter.unwrap_or_default();
    let mut findings = Vec::new();
    for (name, bench) in BENCHES.iter().filter(|(name, _)| name.contains(&filter)) {
        eprintln!("{name} ...");
        findings.extend(bench(&setup).map_err(|error| format!("{name}: {error}"))?);
    }
    report::print(&findings);
    let missed = report::missed(&findings);
    if missed > 0 && !arguments.quick {
        println!("\n{missed} missed");
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}
