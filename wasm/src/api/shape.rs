//! Values as JavaScript has them.

use runlog_core::log::LogEntry;
use runlog_core::model::{Execution, Status, Summary};
use runlog_core::store::BackendId;
use runlog_core::sync::run::Direction;
use runlog_core::time::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::arguments::{Argument, Mistake, Text};

/// A backend, named by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BackendName(pub(super) BackendId);

impl Argument for BackendName {
    fn of(field: &str, value: Value) -> Result<Self, Mistake> {
        let Text(id) = Text::<Uuid>::of(field, value)?;
        Ok(Self(BackendId(id.as_u128())))
    }
}

/// A direction, as JavaScript names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way(pub(super) Direction);

impl Argument for Way {
    fn of(field: &str, value: Value) -> Result<Self, Mistake> {
        Ok(Self(match String::of(field, value)?.as_str() {
            "both" => Direction::Bidirectional,
            "up" => Direction::LocalToRemote,
            "down" => Direction::RemoteToLocal,
            other => return Err(Mistake::new(field, format!("'{other}' is unknown"))),
        }))
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes of hexadecimal digits; `None` where the text is something else.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

/// An execution as listings show it.
pub(super) fn summary(summary: &Summary) -> Value {
    let exit = summary.ending.map(|ending| ending.exit).unwrap_or_default();
    json!({
        "id": summary.id,
        "shortId": summary.id.short(),
        "kind": summary.kind,
        "workflowId": summary.workflow_id,
        "workflowName": summary.workflow_name,
        "status": summary.status(),
        "startedAt": summary.started_at.map(Timestamp::as_millis),
        "endedAt": summary.ended_at().map(Timestamp::as_millis),
        "endedAtApproximate": summary.status() == Status::Lost,
        "durationMs": summary.duration_ms(),
        "exitCode": exit.code(),
        "signal": exit.signal(),
        "argv": summary.argv,
        "binaryPath": summary.binary_path,
        "workingDirectory": summary.working_directory,
        "user": summary.user,
        "deviceId": summary.device_id,
        "hostName": summary.host_name,
        "parentId": summary.parent_id,
        "retryOf": summary.retry_of,
        "engineId": summary.engine_id,
        "usedFallback": summary.used_fallback,
        "tags": summary.tags,
        "note": summary.note,
        "pinned": summary.pinned,
        "createdAt": summary.created_at.as_millis(),
        "updatedAt": summary.updated_at.as_millis(),
        "deleted": summary.deleted,
    })
}

/// An execution with everything but its log.
pub(super) fn execution(execution: &Execution) -> Value {
    let mut value = summary(&execution.summary);
    if let Value::Object(fields) = &mut value {
        fields.insert("compiledPrompt".to_owned(), json!(execution.compiled_prompt));
        fields.insert("params".to_owned(), json!(execution.params));
        fields.insert("attributes".to_owned(), json!(execution.attributes));
    }
    value
}

/// A line, or what is missing between two.
pub(super) fn log_entry(entry: &LogEntry<'_>) -> Value {
    match entry {
        LogEntry::Line(sequence, line) => json!({
            "type": "line",
            "sequence": sequence,
            "time": line.time.as_millis(),
            "stream": line.stream,
            "level": line.level,
            "continued": line.continued,
            "text": String::from_utf8_lossy(line.bytes),
        }),
        LogEntry::Gap(gap) => json!({
            "type": "gap",
            "first": gap.first,
            "last": gap.last,
            "bytes": gap.bytes,
            "reason": gap.reason.as_str(),
        }),
    }
}
