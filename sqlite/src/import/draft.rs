//! An execution while it is put together from a row: what does not fit is kept beside it.

use runlog_core::history::{Imported, ImportedEnd};
use runlog_core::id::{DeviceId, ExecutionId};
use runlog_core::log::Lines;
use runlog_core::model::{Ending, Exit, InvalidValue, Kind, LIMITS, NewExecution, WorkflowId};
use runlog_core::time::Timestamp;
use rusqlite::types::ValueRef;
use serde_json::Value as Json;

use super::fields;
use super::status::{self, Said};

/// Largest attribute that is taken over, in bytes of JSON.
const ATTRIBUTE_BYTES_MAX: usize = 64 << 10;
/// What all of them may take together: room is left for what is said about the import.
const ATTRIBUTES_BYTES_MAX: usize = LIMITS.attributes / 2;

/// When a source says that something was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// When it began, or was made.
    pub(super) started_at: Timestamp,
    /// When it was recorded.
    pub(super) created_at: Timestamp,
    /// When the source last changed it.
    pub(super) changed_at: Timestamp,
    /// When it ended.
    pub(super) ended_at: Option<Timestamp>,
    /// When it was last heard of.
    pub(super) heard_at: Timestamp,
}

#[derive(Debug)]
pub(super) struct Draft {
    pub(super) execution: NewExecution,
    attribute_bytes: usize,
    cut: Vec<String>,
}

impl Draft {
    /// A text that is no workflow id is made one, and kept.
    pub(super) fn new(
        id: ExecutionId,
        kind: Kind,
        workflow: &str,
        at: Timestamp,
    ) -> Result<Self, InvalidValue> {
        let clean: String =
            workflow.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let clean = fields::cut(clean.trim().to_owned(), LIMITS.workflow_id);
        let name = WorkflowId::new(clean).or_else(|_| WorkflowId::new(kind.as_str()))?;
        let execution = NewExecution::new(id, kind, name.as_str(), at)?;
        let mut draft = Self { execution, attribute_bytes: 0, cut: Vec::new() };
        if name.as_str() != workflow && !workflow.is_empty() {
            draft.note("imported_workflow_id", workflow.into());
        }
        Ok(draft)
    }

    /// The text, cut where it is too long, which is noted.
    pub(super) fn fit(&mut self, field: &str, text: String, bytes_max: usize) -> String {
        if text.len() > bytes_max {
            self.cut.push(field.to_owned());
        }
        fields::cut(text, bytes_max)
    }

    /// A short text of a column, where it holds one.
    pub(super) fn short(&mut self, field: &str, value: ValueRef<'_>) -> Option<String> {
        let text = fields::text_of(value)?;
        Some(self.fit(field, text, LIMITS.short_text))
    }

    /// Takes over columns that no field covers.
    pub(super) fn keep(&mut self, columns: Vec<(&str, ValueRef<'_>)>) {
        for (name, value) in columns {
            if value != ValueRef::Null {
                self.note(name, fields::json_of(value));
            }
        }
    }

    /// Takes over a value that its column should not hold.
    pub(super) fn keep_odd(&mut self, name: &str, value: ValueRef<'_>, is_read: bool) {
        if !is_read {
            self.keep(vec![(name, value)]);
        }
    }

    /// Sets an attribute.
    pub(super) fn note(&mut self, name: &str, value: Json) {
        let value = match value {
            Json::String(text) => Json::String(self.fit(name, text, ATTRIBUTE_BYTES_MAX / 2)),
            other => other,
        };
        let bytes = name.len() + value.to_string().len();
        let all = self.attribute_bytes + bytes;
        if bytes > ATTRIBUTE_BYTES_MAX || all > ATTRIBUTES_BYTES_MAX {
            self.cut.push(fields::cut(name.to_owned(), 256));
            return;
        }
        self.attribute_bytes = all;
        self.execution.attributes.set(name, value);
    }

    /// Ends the draft by what the source says about its status.
    pub(super) fn finish(
        mut self,
        device: DeviceId,
        status: Option<&str>,
        exit_code: Option<i32>,
        times: Times,
        log: Lines,
    ) -> Imported {
        let (said, is_said_again) = status::read(status, exit_code);
        if let Some(text) = status.filter(|_| !is_said_again) {
            self.note("imported_status", text.into());
        }
        self.execution.created_at = times.created_at;
        self.execution.started_at = Some(times.started_at);
        let last_known = times.ended_at.unwrap_or(times.heard_at);
        let end = match said {
            Said::Ended(outcome) => {
                if times.ended_at.is_none() {
                    self.note("imported_ended_at_approximate", true.into());
                }
                let exit = exit_code.map_or(Exit::Unknown, Exit::Code);
                Some(ImportedEnd::Reported(Ending { outcome, ended_at: last_known, exit }))
            }
            Said::Lost => Some(ImportedEnd::Lost(last_known)),
            Said::NotStarted => {
                self.execution.started_at = None;
                if times.started_at != times.created_at {
                    self.note("imported_start_time", times.started_at.to_string().into());
                }
                if let Some(at) = times.ended_at {
                    self.note("imported_end_time", at.to_string().into());
                }
                None
            }
        };
        if let (Said::Lost | Said::NotStarted, Some(code)) = (said, exit_code) {
            self.note("imported_exit_code", code.into());
        }
        if !self.cut.is_empty() {
            // Names only, and few: columns are at most 2,000, and attributes have a limit.
            self.cut.truncate(64);
            self.execution.attributes.set("imported_cut", self.cut);
        }
        let (execution, changed_at) = (self.execution, times.changed_at);
        Imported { execution, device, end, deleted: false, changed_at, log }
    }
}
