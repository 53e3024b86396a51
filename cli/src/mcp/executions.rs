//! The tool `list_execution_history`.

use runlog::history::{HistoryError, HistoryReader};
use runlog::id::ExecutionId;
use runlog::model::{Kind, Status, Summary, WorkflowId};
use runlog::query::{ListQuery, PAGE_MAX};
use runlog::time::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::ToolError;
use super::history::History;
use super::schema;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// At most this many executions.
    #[serde(default = "default_limit")]
    #[schemars(range(min = 1, max = PAGE_MAX))]
    limit: u32,
    /// Skip this many of the newest executions first; take next_offset of the previous answer.
    #[serde(default)]
    offset: u32,
    /// Only executions of this workflow, by its exact id. Where no workflow was named, a recorded
    /// command has the name of its program, such as make, as workflow_id.
    workflow_id: Option<String>,
}

const fn default_limit() -> u32 {
    10
}

#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Output {
    /// The executions, newest first.
    executions: Vec<Listed>,
    /// How many executions there are in all, of the workflow where one was asked for.
    total: u64,
    /// The offset at which the next page begins; null on the last page.
    next_offset: Option<u64>,
    /// Whether there are executions behind this page.
    has_more: bool,
}

/// One execution.
#[derive(Debug, Serialize, JsonSchema)]
struct Listed {
    /// What get_status and get_logs take as handle_id; it stays valid for ever.
    #[schemars(with = "String")]
    handle_id: ExecutionId,
    /// Which workflow, program or template was executed.
    #[schemars(with = "String")]
    workflow_id: WorkflowId,
    /// Its name for people, where it has one.
    workflow_name: Option<String>,
    /// What was executed.
    #[schemars(schema_with = "schema::kind")]
    kind: Kind,
    /// running until it has ended; lost where the process that recorded it died unseen.
    #[schemars(schema_with = "schema::status")]
    status: Status,
    /// When it began, in UTC; null where it has not.
    #[schemars(schema_with = "schema::optional_time")]
    started_at: Option<Timestamp>,
    /// When it ended, in UTC; null where it has not. Of a lost one, when it was last heard of.
    #[schemars(schema_with = "schema::optional_time")]
    ended_at: Option<Timestamp>,
    /// Of a running one of another device: when that device was last heard from, in UTC. Whether such
    /// an execution still goes on is not known here.
    #[schemars(schema_with = "schema::optional_time")]
    device_heard_at: Option<Timestamp>,
    /// How long it took, in milliseconds; null where it has not ended.
    duration_ms: Option<u64>,
    /// The exit code; null where it has not ended, was ended by a signal or is no process.
    exit_code: Option<i32>,
}

impl Listed {
    fn new(history: &HistoryReader<'_>, summary: Summary) -> Result<Self, HistoryError> {
        Ok(Self {
            handle_id: summary.id,
            kind: summary.kind,
            status: summary.status(),
            started_at: summary.started_at,
            ended_at: summary.ended_at(),
            device_heard_at: history.device_heard_at(&summary)?,
            duration_ms: summary.duration_ms(),
            exit_code: summary.ending.and_then(|ending| ending.exit.code()),
            workflow_id: summary.workflow_id,
            workflow_name: summary.workflow_name,
        })
    }
}

/// Lists executions.
pub(super) fn list(history: &History, input: Input) -> Result<Output, ToolError> {
    let Input { limit, offset, workflow_id } = input;
    if !(1..=PAGE_MAX).contains(&limit) {
        return Err(ToolError::new(
            format!("limit is {limit}; it must be 1 to {PAGE_MAX}"),
            "read further pages with offset",
        ));
    }
    let mut query = ListQuery::newest(limit);
    query.offset = u64::from(offset);
    query.filter.workflow_id = workflow_id;
    let page = history.read(|history| {
        let listed = history.list(&query)?.executions.into_iter();
        let listed = listed.map(|summary| Listed::new(history, summary));
        Ok((listed.collect::<Result<Vec<_>, _>>()?, history.count(&query)?))
    })?;
    let Some((executions, total)) = page else { return Ok(Output::default()) };
    let end = query.offset + executions.len() as u64;
    let has_more = !executions.is_empty() && end < total;
    Ok(Output { executions, total, next_offset: has_more.then_some(end), has_more })
}
