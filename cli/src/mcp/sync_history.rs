//! The tool `get_sync_history`.

use runlog::history::{HistoryError, HistoryReader};
use runlog::sync_history::{Cause, Direction, RunFilter, RunStatus, SyncRun, SyncType};
use runlog::time::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::ToolError;
use super::history::History;
use super::schema;

/// Most runs in an answer.
const LIMIT_MAX: u32 = 1_000;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// At most this many runs.
    #[serde(default = "default_limit")]
    #[schemars(range(min = 1, max = LIMIT_MAX))]
    limit: u32,
    /// Skip this many of the newest runs first; take next_offset of the previous answer.
    #[serde(default)]
    offset: u32,
}

const fn default_limit() -> u32 {
    10
}

#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Output {
    /// The runs, newest first. A run is one sync with one backend.
    runs: Vec<Run>,
    /// The offset at which the next page begins; null on the last page.
    next_offset: Option<u64>,
    /// Whether there are runs behind this page.
    has_more: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Run {
    /// The id of the run.
    sync_id: String,
    /// The backend's id.
    backend_id: String,
    /// Where changes come from, in words.
    source: String,
    /// Where they go, in words.
    target: String,
    /// remote_to_local only pulls, local_to_remote only pushes, bidirectional does both.
    #[schemars(schema_with = "schema::direction")]
    direction: Direction,
    /// full looks at everything, incremental at what is new, specific at chosen executions.
    #[schemars(schema_with = "schema::sync_type")]
    sync_type: SyncType,
    /// What set it off.
    #[schemars(schema_with = "schema::cause")]
    cause: Cause,
    /// partial: some of it was refused or set aside.
    #[schemars(schema_with = "schema::run_status")]
    status: RunStatus,
    /// When it began, in UTC.
    #[schemars(schema_with = "schema::time")]
    started_at: Timestamp,
    /// When it ended, in UTC; null while it goes on.
    #[schemars(schema_with = "schema::optional_time")]
    completed_at: Option<Timestamp>,
    /// How long it took, in milliseconds.
    duration_ms: Option<u64>,
    /// Records that it moved.
    rows_done: u64,
    /// Entities that became new, on either side.
    created: u64,
    /// Entities that changed.
    updated: u64,
    /// Entities that went.
    deleted: u64,
    /// Records that were refused or set aside.
    failed: u64,
    /// What went wrong, where something did.
    error: Option<String>,
}

/// Lists runs of syncing.
pub(super) fn list(history: &History, input: Input) -> Result<Output, ToolError> {
    let Input { limit, offset } = input;
    if !(1..=LIMIT_MAX).contains(&limit) {
        let message = format!("limit is {limit}; it must be 1 to {LIMIT_MAX}");
        return Err(ToolError::new(message, "call again with a smaller limit and page by offset"));
    }
    let (limit, offset) = (limit as usize, offset as usize);
    let found = history.read(|history| page(history, offset, limit))?;
    let Some((runs, has_more)) = found else { return Ok(Output::default()) };
    let next_offset = has_more.then_some((offset + runs.len()) as u64);
    Ok(Output { runs: runs.into_iter().map(Run::from).collect(), next_offset, has_more })
}

/// The page behind the newest `offset` runs, and whether there is another one.
fn page(
    history: &HistoryReader<'_>,
    mut offset: usize,
    limit: usize,
) -> Result<(Vec<SyncRun>, bool), HistoryError> {
    const SKIPPED_AT_ONCE: usize = 1_000;
    let filter = RunFilter::default();
    let mut after = None;
    while offset > 0 {
        let skipped = history.sync_runs(&filter, after, offset.min(SKIPPED_AT_ONCE))?;
        let Some(last) = skipped.last() else { return Ok((Vec::new(), false)) };
        after = Some(last.id);
        offset -= skipped.len();
    }
    let mut runs = history.sync_runs(&filter, after, limit + 1)?;
    let has_more = runs.len() > limit;
    runs.truncate(limit);
    Ok((runs, has_more))
}

impl From<SyncRun> for Run {
    fn from(run: SyncRun) -> Self {
        Self {
            sync_id: run.id.to_string(),
            backend_id: run.backend.to_string(),
            source: run.source,
            target: run.target,
            direction: run.direction,
            sync_type: run.sync_type,
            cause: run.cause,
            status: run.status,
            started_at: run.started_at,
            completed_at: run.completed_at,
            duration_ms: run.duration_ms,
            rows_done: run.rows_done,
            created: run.counts.created,
            updated: run.counts.updated,
            deleted: run.counts.deleted,
            failed: run.counts.failed,
            error: run.error,
        }
    }
}
