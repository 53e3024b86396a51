//! Runlog side by side with plain SQLite, in one process and one run. See `README.md`.

mod baseline;
mod benches;
mod by_hand;
mod corpus;
mod measure;
mod produce;
mod report;
mod setup;
mod tune;
mod workload;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use report::Finding;
use setup::Setup;

/// Whatever goes wrong ends the run.
pub(crate) type Failed = Box<dyn std::error::Error>;

/// Runlog side by side with plain SQLite
#[derive(Debug, Parser)]
struct Arguments {
    /// Runs only the benches whose name contains this
    filter: Option<String>,
    /// A small workload once: shows that every bench runs, says nothing about speed
    #[arg(long)]
    quick: bool,
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

const BENCHES: [(&str, Bench); 10] = [
    ("executions", benches::executions::run),
    ("recorder", benches::recorder::run),
    ("merge", benches::merge::run),
    ("clocks", benches::clock_bytes::run),
    ("scale", benches::scale::run),
    ("log-size", benches::log_size::run),
    ("command", benches::command::run),
    ("pipe", benches::pipe::run),
    ("long-line", benches::long_line::run),
    ("sync", benches::sync::run),
];

fn main() -> Result<ExitCode, Failed> {
    let arguments = Arguments::parse();
    let setup = Setup::new(arguments.quick)?;
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
