//! The operations of a writing call.

use std::collections::BTreeMap;

use runlog_core::history::HistoryWriter;
use runlog_core::id::ExecutionId;
use runlog_core::log::{Level, LineRef, Lines, Stream};
use runlog_core::model::{Attributes, Ending, Exit, Kind, NewExecution, Outcome, Params, Tag};
use runlog_core::time::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::ApiError;
use super::shape::Text;
use super::write::Logs;

/// One operation. The JSON form is `{"op": "finish", "id": …, …}`.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Operation {
    Start(Box<Start>),
    Begin { id: Text<ExecutionId>, started_at: i64 },
    Finish(Finish),
    Append { id: Text<ExecutionId>, lines: Vec<Line> },
    Tag { id: Text<ExecutionId>, tag: String },
    Untag { id: Text<ExecutionId>, tag: String },
    Note { id: Text<ExecutionId>, note: Option<String> },
    Pin { id: Text<ExecutionId>, pinned: bool },
    Params { id: Text<ExecutionId>, params: BTreeMap<String, String> },
    Attributes { id: Text<ExecutionId>, attributes: Map<String, Value> },
    Delete { id: Text<ExecutionId> },
    Restore { id: Text<ExecutionId> },
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Start {
    id: Text<ExecutionId>,
    kind: Text<Kind>,
    workflow_id: String,
    created_at: i64,
    started_at: Option<i64>,
    workflow_name: Option<String>,
    #[serde(default)]
    argv: Vec<String>,
    user: Option<String>,
    host_name: Option<String>,
    parent_id: Option<Text<ExecutionId>>,
    retry_of: Option<Text<ExecutionId>>,
    engine_id: Option<String>,
    compiled_prompt: Option<String>,
    used_fallback: Option<bool>,
    note: Option<String>,
    #[serde(default)]
    pinned: bool,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    params: BTreeMap<String, String>,
    #[serde(default)]
    attributes: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Finish {
    id: Text<ExecutionId>,
    outcome: Text<Outcome>,
    ended_at: i64,
    exit_code: Option<i32>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Line {
    time: i64,
    stream: Option<Text<Stream>>,
    level: Option<Text<Level>>,
    /// Of an event, a JSON object.
    text: String,
}

impl Operation {
    pub(super) fn apply(
        &self,
        writer: &mut HistoryWriter<'_>,
        logs: &mut Logs<'_>,
    ) -> Result<(), ApiError> {
        match self {
            Self::Start(start) => writer.start(&start.execution()?)?,
            Self::Begin { id, started_at } => writer.begin_running(id.0, at(*started_at))?,
            Self::Finish(finish) => {
                logs.end(writer, finish.id.0)?;
                writer.finish(finish.id.0, &finish.ending())?;
            }
            Self::Append { id, lines } => {
                let log = logs.of(writer, id.0)?;
                writer.append_log(log, &as_lines(lines)?)?;
            }
            Self::Tag { id, tag } => writer.tag(id.0, &Tag::new(tag.as_str())?)?,
            Self::Untag { id, tag } => writer.untag(id.0, &Tag::new(tag.as_str())?)?,
            Self::Note { id, note } => writer.set_note(id.0, note.as_deref())?,
            Self::Pin { id, pinned } => writer.set_pinned(id.0, *pinned)?,
            Self::Params { id, params } => writer.set_params(id.0, &as_params(params)?)?,
            Self::Attributes { id, attributes } => {
                writer.set_attributes(id.0, &as_attributes(attributes))?;
            }
            Self::Delete { id } => writer.delete(id.0)?,
            Self::Restore { id } => writer.restore(id.0)?,
        }
        Ok(())
    }
}

impl Start {
    fn execution(&self) -> Result<NewExecution, ApiError> {
        let created_at = at(self.created_at);
        let mut new = NewExecution::new(self.id.0, self.kind.0, &self.workflow_id, created_at)?;
        new.started_at = self.started_at.map(at);
        new.workflow_name.clone_from(&self.workflow_name);
        new.argv.clone_from(&self.argv);
        new.user.clone_from(&self.user);
        new.host_name.clone_from(&self.host_name);
        new.parent_id = self.parent_id.map(|id| id.0);
        new.retry_of = self.retry_of.map(|id| id.0);
        new.engine_id.clone_from(&self.engine_id);
        new.compiled_prompt.clone_from(&self.compiled_prompt);
        new.used_fallback = self.used_fallback;
        new.note.clone_from(&self.note);
        new.pinned = self.pinned;
        new.tags = self.tags.iter().map(|tag| Tag::new(tag.as_str())).collect::<Result<_, _>>()?;
        new.params = as_params(&self.params)?;
        new.attributes = as_attributes(&self.attributes);
        Ok(new)
    }
}

impl Finish {
    fn ending(&self) -> Ending {
        let exit = self.exit_code.map_or(Exit::Unknown, Exit::Code);
        Ending { exit, ..Ending::new(self.outcome.0, at(self.ended_at)) }
    }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn as_params(params: &BTreeMap<String, String>) -> Result<Params, ApiError> {
    let mut made = Params::new();
    for (name, value) in params {
        made.set(name.as_str(), value.as_str())?;
    }
    Ok(made)
}

fn as_attributes(attributes: &Map<String, Value>) -> Attributes {
    let mut made = Attributes::new();
    for (name, value) in attributes {
        made.set(name.as_str(), value.clone());
    }
    made
}

fn as_lines(lines: &[Line]) -> Result<Lines, ApiError> {
    let mut made = Lines::new();
    for line in lines {
        let stream = line.stream.map_or(Stream::Stdout, |stream| stream.0);
        let is_object = || matches!(serde_json::from_str(&line.text), Ok(Value::Object(_)));
        if stream == Stream::Event && !is_object() {
            return Err(ApiError::invalid("lines", "an event's text is a JSON object"));
        }
        made.push(LineRef {
            time: at(line.time),
            stream,
            level: line.level.map(|level| level.0),
            continued: false,
            bytes: line.text.as_bytes(),
        });
    }
    Ok(made)
}
