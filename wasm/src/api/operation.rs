//! The operations of a writing call.

use std::collections::BTreeMap;

use runlog_core::history::HistoryWriter;
use runlog_core::id::ExecutionId;
use runlog_core::log::{Level, LineRef, Lines, Stream};
use runlog_core::model::{Attributes, Ending, Exit, Kind, NewExecution, Outcome, Params, Tag};
use runlog_core::time::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::shape::Text;
use super::write::Logs;
use super::{ApiError, parse};

/// One operation. The JSON form is `{"op": "finish", "id": …, …}`.
#[derive(Debug)]
pub(super) enum Operation {
    Start(Box<Start>),
    Begin(Begin),
    Finish(Finish),
    Append(Append),
    Tag(TagOf),
    Untag(TagOf),
    Note(NoteOf),
    Pin(PinOf),
    Params(ParamsOf),
    Attributes(AttributesOf),
    Delete(Of),
    Restore(Of),
}

/// Which operation it is: what else there is of it depends on that.
#[derive(Deserialize)]
struct Named<'a> {
    op: &'a str,
}

#[derive(Debug, Deserialize)]
pub(super) struct Of {
    id: Text<ExecutionId>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Begin {
    id: Text<ExecutionId>,
    started_at: i64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Append {
    id: Text<ExecutionId>,
    lines: Vec<Line>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TagOf {
    id: Text<ExecutionId>,
    tag: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct NoteOf {
    id: Text<ExecutionId>,
    note: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PinOf {
    id: Text<ExecutionId>,
    pinned: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct ParamsOf {
    id: Text<ExecutionId>,
    params: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct AttributesOf {
    id: Text<ExecutionId>,
    attributes: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Start {
    #[serde(rename = "op")]
    _op: IgnoredAny,
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
    /// Reads an operation. Serde's own tagged enums would keep it as a tree of values first, and the
    /// code for that is a tenth of the module that a page downloads.
    pub(super) fn parse(json: &RawValue) -> Result<Self, ApiError> {
        let Named { op } = parse(json)?;
        Ok(match op {
            "start" => Self::Start(parse(json)?),
            "begin" => Self::Begin(parse(json)?),
            "finish" => Self::Finish(parse(json)?),
            "append" => Self::Append(parse(json)?),
            "tag" => Self::Tag(parse(json)?),
            "untag" => Self::Untag(parse(json)?),
            "note" => Self::Note(parse(json)?),
            "pin" => Self::Pin(parse(json)?),
            "params" => Self::Params(parse(json)?),
            "attributes" => Self::Attributes(parse(json)?),
            "delete" => Self::Delete(parse(json)?),
            "restore" => Self::Restore(parse(json)?),
            _ => return Err(ApiError::invalid("op", format!("there is no operation '{op}'"))),
        })
    }

    pub(super) fn apply(
        &self,
        writer: &mut HistoryWriter<'_>,
        logs: &mut Logs<'_>,
    ) -> Result<(), ApiError> {
        match self {
            Self::Start(start) => writer.start(&start.execution()?)?,
            Self::Begin(begin) => writer.begin_running(begin.id.0, at(begin.started_at))?,
            Self::Finish(finish) => {
                logs.end(writer, finish.id.0)?;
                writer.finish(finish.id.0, &finish.ending())?;
            }
            Self::Append(Append { id, lines }) => {
                let log = logs.of(writer, id.0)?;
                writer.append_log(log, &as_lines(lines)?)?;
            }
            Self::Tag(TagOf { id, tag }) => writer.tag(id.0, &Tag::new(tag.as_str())?)?,
            Self::Untag(TagOf { id, tag }) => writer.untag(id.0, &Tag::new(tag.as_str())?)?,
            Self::Note(NoteOf { id, note }) => writer.set_note(id.0, note.as_deref())?,
            Self::Pin(PinOf { id, pinned }) => writer.set_pinned(id.0, *pinned)?,
            Self::Params(ParamsOf { id, params }) => {
                writer.set_params(id.0, &as_params(params)?)?;
            }
            Self::Attributes(AttributesOf { id, attributes }) => {
                writer.set_attributes(id.0, &as_attributes(attributes))?;
            }
            Self::Delete(Of { id }) => writer.delete(id.0)?,
            Self::Restore(Of { id }) => writer.restore(id.0)?,
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
