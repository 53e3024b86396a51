//! A run in a line, and why it ended as it did.

use runlog::sync::{RunStatus, SyncRun};

use crate::text::plain::plain;
use crate::text::size::bytes;
use crate::text::sync::backend;

/// The stable code of what went wrong.
pub(super) fn error_code(run: &SyncRun) -> Option<&str> {
    run.error_details.as_ref()?.get("code")?.as_str()
}

/// What a run did, in a line.
pub(super) fn line(run: &SyncRun) -> String {
    let mut line = format!("{}: {}", plain(backend(run)), run.status.as_str());
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
