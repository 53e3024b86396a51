//! How a sync ended, for people, for programs, and as an exit code.

use std::io::Write;
use std::process::ExitCode;

use runlog::relay::RelayError;
use runlog::sync::{RunStatus, SyncReport, SyncRun};

use super::run::{error_code, line};
use crate::context::{Context, hint, say, warn};
use crate::error::{Error, ErrorKind};
use crate::text::plain::plain;
use crate::text::sync::backend;

/// Tells how a sync ended. Where not all was synced, the code says so and the last line says why.
pub(super) fn tell(context: &Context, report: &SyncReport, json: bool) -> Result<ExitCode, Error> {
    if json {
        let mut out = context.raw_out();
        serde_json::to_writer(&mut out, &report.runs).map_err(std::io::Error::from)?;
        writeln!(out)?;
        out.flush()?;
    }
    for run in &report.runs {
        if !json {
            say(line(run));
        }
        if let Some(error) = &run.error {
            warn(format_args!("{}: {}", plain(backend(run)), plain(error)));
            if let Some(text) = hint_for(run, report) {
                hint(text);
            }
        }
        if let Some(path) = run.backup_path.as_deref().filter(|_| !json) {
            say(format_args!("`runlog restore-backup {}` undoes it", plain(path)));
        }
    }
    Ok(ExitCode::from(code(report)))
}

fn code(report: &SyncReport) -> u8 {
    if report.is_cancelled() {
        return ErrorKind::CANCELLED_CODE;
    }
    match (report.is_complete(), report.is_reached()) {
        (true, _) => 0,
        (false, true) => ErrorKind::Partial.code(),
        (false, false) => ErrorKind::NotSynced.code(),
    }
}

/// What to do about it.
fn hint_for(run: &SyncRun, report: &SyncReport) -> Option<&'static str> {
    let error = report.errors.iter().find(|(id, _)| *id == run.backend);
    match error.map(|(_, error)| error) {
        Some(RelayError::Offline { .. }) => {
            return Some("nothing is lost: what waits is sent at the next sync");
        }
        Some(RelayError::Tls { .. }) => {
            return Some(
                "if the relay's certificate is of your own making, let this system trust it",
            );
        }
        _ => {}
    }
    let text = match (run.status, error_code(run)?) {
        (_, "no_vault") => {
            "`runlog backend remove NAME`, then `runlog backend add URL`, makes room for it there"
        }
        (_, "unauthorised") => {
            "its access was taken away; `runlog vault join` with a new code lets it in again"
        }
        (_, "version") => "upgrade the older of the two programs",
        (RunStatus::Partial, "unequal") => "`runlog sync verify` finds and repairs what differs",
        (RunStatus::Partial, "set_aside") => {
            "it is tried again at each sync; a newer program may be able to read it"
        }
        _ => return None,
    };
    Some(text)
}
