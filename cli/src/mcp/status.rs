//! The tool `get_status`.

use runlog::id::ExecutionId;
use runlog::model::{Kind, Status, WorkflowId};
use runlog::time::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::ToolError;
use super::history::History;
use super::schema;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// Which execution: a handle_id of list_execution_history, an unambiguous beginning of one, or
    /// its last 8 digits (the short id that the command line prints).
    handle_id: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    /// The full id of the execution.
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
    /// When it ended, in UTC; null where it has not.
    #[schemars(schema_with = "schema::optional_time")]
    ended_at: Option<Timestamp>,
    /// Whether ended_at is when a lost execution was last heard of, rather than its end.
    ended_at_approximate: bool,
    /// Of a running one of another device: when that device was last heard from, in UTC. Whether such
    /// an execution still goes on is not known here.
    #[schemars(schema_with = "schema::optional_time")]
    device_heard_at: Option<Timestamp>,
    /// How long it took, in milliseconds; null where it has not ended.
    duration_ms: Option<u64>,
    /// The exit code, where it ended with one.
    exit_code: Option<i32>,
    /// The number of the signal that ended it, where one did.
    signal: Option<i32>,
    /// The last sequence of its log; 0 where the log is empty. get_logs reads it.
    last_seq: u64,
    /// Whether it was deleted and lies in the trash.
    deleted: bool,
}

/// Tells where an execution is in its life.
pub(super) fn get(history: &History, input: &Input) -> Result<Output, ToolError> {
    history.read_execution(&input.handle_id, |history, execution| {
        let summary = execution.summary;
        let status = summary.status();
        let exit = summary.ending.map(|ending| ending.exit).unwrap_or_default();
        Ok(Output {
            handle_id: summary.id,
            kind: summary.kind,
            status,
            started_at: summary.started_at,
            ended_at: summary.ended_at(),
            ended_at_approximate: status == Status::Lost,
            device_heard_at: history.device_heard_at(&summary)?,
            duration_ms: summary.duration_ms(),
            exit_code: exit.code(),
            signal: exit.signal(),
            last_seq: history.last_sequence(summary.id)?,
            deleted: summary.deleted,
            workflow_id: summary.workflow_id,
            workflow_name: summary.workflow_name,
        })
    })
}
