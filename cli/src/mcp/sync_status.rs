//! The tool `get_sync_status`.

use runlog::sync_history::{BackendOverview, BackendState, OverallState, Problems};
use runlog::time::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::ToolError;
use super::history::History;
use super::schema;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    /// up_to_date only while every backend that takes part is. no_backend: this history stays on
    /// this device, and nothing waits. off: no backend takes part.
    #[schemars(schema_with = "schema::overall_state")]
    state: OverallState,
    /// Since when it is not up to date, in UTC; null where it is, or where that is not known.
    #[schemars(schema_with = "schema::optional_time")]
    since: Option<Timestamp>,
    /// Each place that this device syncs with.
    backends: Vec<Backend>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Backend {
    /// Its name.
    name: String,
    /// How this device stands toward it; of several reasons, the gravest.
    #[schemars(schema_with = "schema::backend_state")]
    state: BackendState,
    /// The same in words, with every reason.
    words: String,
    /// Since when it is not up to date, in UTC.
    #[schemars(schema_with = "schema::optional_time")]
    since: Option<Timestamp>,
    /// When it last answered, in UTC; null where it never did.
    #[schemars(schema_with = "schema::optional_time")]
    heard_at: Option<Timestamp>,
    /// How many items wait to be handed over; counted up to 10000.
    waiting: u64,
    /// How many records it has that were not got yet, as far as is known.
    to_get: u64,
    /// What it refused, by reason.
    refused: Vec<Problem>,
    /// What came from it and cannot be applied yet, by reason.
    set_aside: Vec<Problem>,
    /// How far its clock is ahead of this device's, in milliseconds.
    clock_offset_ms: i64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Problem {
    /// The reason's stable code.
    code: String,
    /// How many; counted up to 10000.
    count: u64,
    /// The reason of the newest, in words.
    reason: String,
    /// Since when there is one, in UTC.
    #[schemars(schema_with = "schema::time")]
    since: Timestamp,
}

/// Tells whether this device is up to date.
pub(super) fn get(history: &History, _: Input) -> Result<Output, ToolError> {
    let overview = history.read(|history| history.sync_overview(runlog::now()))?;
    let Some(overview) = overview else {
        // Nothing was recorded yet.
        return Ok(Output { state: OverallState::NoBackend, since: None, backends: Vec::new() });
    };
    let backends = overview.backends.into_iter().map(Backend::from).collect();
    Ok(Output { state: overview.state, since: overview.since, backends })
}

impl From<BackendOverview> for Backend {
    fn from(backend: BackendOverview) -> Self {
        let problems = |of: Vec<Problems>| of.into_iter().map(Problem::from).collect();
        Self {
            name: backend.name,
            state: backend.state,
            words: backend.words,
            since: backend.since,
            heard_at: backend.heard_at,
            waiting: backend.waiting.count,
            to_get: backend.to_get,
            refused: problems(backend.refused),
            set_aside: problems(backend.set_aside),
            clock_offset_ms: backend.clock_offset_ms,
        }
    }
}

impl From<Problems> for Problem {
    fn from(problems: Problems) -> Self {
        let Problems { code, number, reason, since, .. } = problems;
        Self { code, count: number.count, reason, since }
    }
}
