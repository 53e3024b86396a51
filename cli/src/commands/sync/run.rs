//! A run as JSON, and in a line.

use runlog::sync::{RunStatus, SyncRun, Verification};
use runlog::time::Timestamp;
use serde::Serialize;

use crate::text::plain::plain;

/// A run for programs.
#[derive(Debug, Serialize)]
pub(super) struct RunJson<'a> {
    id: uuid::Uuid,
    job_id: uuid::Uuid,
    backend: &'a str,
    direction: &'static str,
    sync_type: &'static str,
    cause: &'static str,
    status: &'static str,
    started_at: Timestamp,
    completed_at: Option<Timestamp>,
    duration_ms: Option<u64>,
    phase: &'static str,
    rows_done: u64,
    rows_total: u64,
    percent: u8,
    counts: runlog::sync::Counts,
    bytes_up: u64,
    bytes_down: u64,
    verification: &'a [Verification],
    error: Option<&'a str>,
    error_code: Option<&'a str>,
    backup_path: Option<&'a str>,
}

impl<'a> RunJson<'a> {
    pub(super) fn of(run: &'a SyncRun) -> Self {
        Self {
            id: run.id.0,
            job_id: run.job.0,
            backend: backend_of(run),
            direction: run.direction.as_str(),
            sync_type: run.sync_type.as_str(),
            cause: run.cause.as_str(),
            status: run.status.as_str(),
            started_at: run.started_at,
            completed_at: run.completed_at,
            duration_ms: run.duration_ms,
            phase: run.phase.as_str(),
            rows_done: run.rows_done,
            rows_total: run.rows_total,
            percent: run.percent,
            counts: run.counts,
            bytes_up: run.bytes_up,
            bytes_down: run.bytes_down,
            verification: &run.verification,
            error: run.error.as_deref(),
            error_code: error_code(run),
            backup_path: run.backup_path.as_deref(),
        }
    }
}

/// The stable code of what went wrong.
pub(super) fn error_code(run: &SyncRun) -> Option<&str> {
    run.error_details.as_ref()?.get("code")?.as_str()
}

/// The name of a run's backend: the end that is not this device.
pub(super) fn backend_of(run: &SyncRun) -> &str {
    match run.direction {
        runlog::sync::Direction::RemoteToLocal => &run.source,
        _ => &run.target,
    }
}

/// What a run did, in a line.
pub(super) fn line(run: &SyncRun) -> String {
    let mut line = format!("{}: {}", plain(backend_of(run)), run.status.as_str());
    let counts = run.counts;
    let counted = [
        (counts.created, "created"),
        (counts.updated, "updated"),
        (counts.deleted, "deleted"),
        (counts.failed, "not taken"),
    ];
    let counted: Vec<String> = counted
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if !counted.is_empty() {
        line.push_str(&format!(", {}", counted.join(", ")));
    } else if run.status == RunStatus::Completed {
        line.push_str(", nothing new");
    }
    line.push_str(&format!(" ({} up, {} down)", bytes(run.bytes_up), bytes(run.bytes_down)));
    line
}

/// A number of bytes for people.
pub(super) fn bytes(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}
