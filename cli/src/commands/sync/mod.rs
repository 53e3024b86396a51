//! The commands of `runlog sync`, a file each.

mod history;
mod log;
mod now;
mod outcome;
mod progress;
mod run;
mod stats;
mod status;
mod switch;
mod verify;
mod watch;

use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use runlog::Runlog;
use runlog::sync_history::{BackendId, RunFilter, SyncId};

use crate::context::Context;
use crate::error::{Error, ErrorKind};

/// Sync this history with its other devices, and tell how that stands and went
///
///   runlog sync now        once
///   runlog sync watch      for as long as it runs
///   runlog sync status
///   runlog sync history --status failed
///   runlog sync log --entity 1f3a9c02
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Sync {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Now(now::Now),
    Verify(verify::Verify),
    Watch(watch::Watch),
    On(switch::On),
    Off(switch::Off),
    Status(status::Status),
    History(history::History),
    Log(log::Log),
    Stats(stats::Stats),
}

impl Sync {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let done = match self.command {
            Command::Now(now) => return now.run(context),
            Command::Verify(verify) => return verify.run(context),
            Command::Status(status) => return status.run(context),
            Command::Watch(watch) => watch.run(context),
            Command::On(on) => on.run(context),
            Command::Off(off) => off.run(context),
            Command::History(history) => history.run(context),
            Command::Log(log) => log.run(context),
            Command::Stats(stats) => stats.run(context),
        };
        done.map(|()| ExitCode::SUCCESS)
    }
}

/// Prints a value as a JSON document.
fn print_json(context: &Context, value: &impl serde::Serialize) -> Result<(), Error> {
    let mut out = context.raw_out();
    serde_json::to_writer_pretty(&mut out, value).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(out.flush()?)
}

/// The backend of a name.
fn backend_of(runlog: &Runlog, name: &str) -> Result<BackendId, Error> {
    let backends = runlog.read(|history| Ok(history.tx().backends()?))?;
    if let Some(backend) = backends.iter().find(|backend| backend.name == name) {
        return Ok(backend.id);
    }
    let names: Vec<&str> = backends.iter().map(|backend| backend.name.as_str()).collect();
    let error = Error::new(ErrorKind::Failed, format!("there is no backend '{name}'"));
    Err(if names.is_empty() { error } else { error.hint(format!("one of {}", names.join(", "))) })
}

/// Among how many of the newest runs one is found by the end of its id.
const FOUND_AMONG: usize = 1_000;

/// The run of an id, or of the end of one.
fn run_of(runlog: &Runlog, text: &str) -> Result<SyncId, Error> {
    if let Ok(id) = text.parse::<SyncId>() {
        return Ok(id);
    }
    let end = text.to_ascii_lowercase();
    let runs = runlog.sync_runs(&RunFilter::default(), None, FOUND_AMONG)?;
    let mut found = runs.iter().filter(|run| end.len() >= 4 && run.id.to_string().ends_with(&end));
    match (found.next(), found.next()) {
        (Some(run), None) => Ok(run.id),
        (Some(_), Some(_)) => {
            let message = format!("'{text}' is the end of several runs' ids");
            Err(Error::new(ErrorKind::NotFound, message).hint("use a full id: `--json` prints it"))
        }
        _ => Err(Error::new(ErrorKind::NotFound, format!("no run's id ends with '{text}'"))
            .hint("`runlog sync history` prints the ids")),
    }
}
