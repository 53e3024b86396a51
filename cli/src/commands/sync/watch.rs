use std::io::Write;
use std::time::Duration;

use clap::Args;
use runlog::sync::{Held, SyncId, SyncRun, SyncerOptions, SyncerStatus};
use runlog::time::Timestamp;
use serde::Serialize;

use super::run::line;
use crate::context::Context;
use crate::error::Error;
use crate::interrupt;
use crate::secrets::Passphrase;
use crate::text::plain::plain;
use crate::text::when::time_of_day;

/// Sync for as long as this runs: at the start, after each edit, when a relay has news
///
///   runlog sync watch
///
/// Prints a line for each sync and for each thing that holds syncing back. Ctrl-C ends it.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Watch {
    #[command(flatten)]
    passphrase: Passphrase,
    /// Print JSON objects, a line for each change
    #[arg(long)]
    json: bool,
}

/// What is printed for programs.
#[derive(Debug, Serialize)]
struct StatusJson<'a> {
    at: Timestamp,
    held: Option<&'static str>,
    next_at: Option<Timestamp>,
    runs: &'a [SyncRun],
    error: Option<&'a str>,
}

/// How often Ctrl-C is looked for.
const LOOK: Duration = Duration::from_millis(100);

impl Watch {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let runlog = context.open()?;
        let mut options = SyncerOptions::default();
        if runlog.vault_info()?.is_some() {
            options.vault = Some(self.passphrase.unlock(&runlog)?);
        }
        let cancel = interrupt::cancel()?;
        let syncer = runlog.syncer(options)?;
        let mut status = SyncerStatus::default();
        let mut told = Told::default();
        let mut out = context.out();
        while !cancel.is_cancelled() && !status.has_ended {
            status = syncer.wait_for_change(status.version, LOOK);
            if !told.is_news(&status) {
                continue;
            }
            if self.json {
                serde_json::to_writer(&mut out, &json(&status)).map_err(std::io::Error::from)?;
                writeln!(out)?;
            } else {
                print(&mut out, &status)?;
            }
            out.flush()?;
        }
        syncer.stop();
        Ok(())
    }
}

/// What was told last: neither a retry's new moment nor progress is news.
#[derive(Debug, Default)]
struct Told {
    held: Option<&'static str>,
    runs: Vec<SyncId>,
    error: Option<String>,
}

impl Told {
    fn is_news(&mut self, status: &SyncerStatus) -> bool {
        if status.running.is_some() {
            return false;
        }
        let now = Self {
            held: status.held.map(name),
            runs: status.last.iter().map(|run| run.id).collect(),
            error: status.last_error.clone(),
        };
        let is_news = now.held != self.held || now.runs != self.runs || now.error != self.error;
        *self = now;
        is_news
    }
}

fn name(held: Held) -> &'static str {
    match held {
        Held::NoVault => "no_vault",
        Held::Locked => "locked",
        Held::Off => "off",
        Held::NoBackend => "no_backend",
        Held::Throttled { .. } => "throttled",
        Held::Failing { .. } => "failing",
        _ => "held",
    }
}

fn json(status: &SyncerStatus) -> StatusJson<'_> {
    StatusJson {
        at: runlog::now(),
        held: status.held.map(name),
        next_at: status.next_at,
        runs: &status.last,
        error: status.last_error.as_deref(),
    }
}

fn print(out: &mut impl Write, status: &SyncerStatus) -> Result<(), Error> {
    let now = time_of_day(runlog::now());
    for run in &status.last {
        writeln!(out, "{now} {} [{}]", line(run), run.cause.as_str())?;
    }
    if let Some(error) = &status.last_error {
        writeln!(out, "{now} {}", plain(error))?;
    }
    let Some(held) = status.held else { return Ok(()) };
    let held = match held {
        Held::NoVault => "waiting: this history belongs to no vault".to_owned(),
        Held::Locked => "waiting: the vault is locked".to_owned(),
        Held::Off => "waiting: syncing is switched off".to_owned(),
        Held::NoBackend => "waiting: there is no backend".to_owned(),
        Held::Throttled { until } => format!("waiting until {}", time_of_day(until)),
        Held::Failing { until, .. } => format!("failed; again at {}", time_of_day(until)),
        _ => "waiting".to_owned(),
    };
    Ok(writeln!(out, "{now} {held}")?)
}
