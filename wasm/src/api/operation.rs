//! The operations of a writing call.

use runlog_core::history::HistoryWriter;
use runlog_core::id::ExecutionId;
use runlog_core::log::{Level, LineRef, Lines, Stream};
use runlog_core::model::{Attributes, Ending, Exit, Kind, NewExecution, Outcome, Params, Tag};
use runlog_core::time::Timestamp;
use serde_json::{Map, Value};

use super::ApiError;
use super::arguments::{Argument, Arguments, Fields, Mistake, Text, Texts, arguments};
use super::write::Logs;

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

arguments! {
    #[derive(Debug)]
    pub(super) struct Of {
        id: Text<ExecutionId>,
    }

    #[derive(Debug)]
    pub(super) struct Begin {
        id: Text<ExecutionId>,
        started_at ("startedAt"): i64,
    }

    #[derive(Debug)]
    pub(super) struct Append {
        id: Text<ExecutionId>,
        lines: Vec<Line>,
    }

    #[derive(Debug)]
    pub(super) struct TagOf {
        id: Text<ExecutionId>,
        tag: String,
    }

    #[derive(Debug)]
    pub(super) struct NoteOf {
        id: Text<ExecutionId>,
        note: Option<String>,
    }

    #[derive(Debug)]
    pub(super) struct PinOf {
        id: Text<ExecutionId>,
        pinned: bool,
    }

    #[derive(Debug)]
    pub(super) struct ParamsOf {
        id: Text<ExecutionId>,
        params: Texts,
    }

    #[derive(Debug)]
    pub(super) struct AttributesOf {
        id: Text<ExecutionId>,
        attributes: Map<String, Value>,
    }

    #[derive(Debug)]
    pub(super) struct Start {
        id: Text<ExecutionId>,
        kind: Text<Kind>,
        workflow_id ("workflowId"): String,
        created_at ("createdAt"): i64,
        started_at ("startedAt"): Option<i64>,
        workflow_name ("workflowName"): Option<String>,
        argv: Vec<String> = Vec::new(),
        user: Option<String>,
        host_name ("hostName"): Option<String>,
        parent_id ("parentId"): Option<Text<ExecutionId>>,
        retry_of ("retryOf"): Option<Text<ExecutionId>>,
        engine_id ("engineId"): Option<String>,
        compiled_prompt ("compiledPrompt"): Option<String>,
        used_fallback ("usedFallback"): Option<bool>,
        note: Option<String>,
        pinned: bool = false,
        tags: Vec<String> = Vec::new(),
        params: Texts = Texts::default(),
        attributes: Map<String, Value> = Map::new(),
    }

    #[derive(Debug)]
    pub(super) struct Finish {
        id: Text<ExecutionId>,
        outcome: Text<Outcome>,
        ended_at ("endedAt"): i64,
        exit_code ("exitCode"): Option<i32>,
    }

    #[derive(Debug)]
    pub(super) struct Line {
        time: i64,
        stream: Option<Text<Stream>>,
        level: Option<Text<Level>>,
        /// Of an event, a JSON object.
        text: String,
    }
}

impl Argument for Operation {
    fn of(field: &str, value: Value) -> Result<Self, Mistake> {
        let mut fields = Fields::of(field, value)?;
        let op: String = fields.take("op")?;
        let fields = &mut fields;
        Ok(match op.as_str() {
            "start" => Self::Start(Box::new(fields.all()?)),
            "begin" => Self::Begin(Begin::take_from(fields)?),
            "finish" => Self::Finish(Finish::take_from(fields)?),
            "append" => Self::Append(Append::take_from(fields)?),
            "tag" => Self::Tag(TagOf::take_from(fields)?),
            "untag" => Self::Untag(TagOf::take_from(fields)?),
            "note" => Self::Note(NoteOf::take_from(fields)?),
            "pin" => Self::Pin(PinOf::take_from(fields)?),
            "params" => Self::Params(ParamsOf::take_from(fields)?),
            "attributes" => Self::Attributes(AttributesOf::take_from(fields)?),
            "delete" => Self::Delete(Of::take_from(fields)?),
            "restore" => Self::Restore(Of::take_from(fields)?),
            _ => return Err(Mistake::new("op", format!("there is no operation '{op}'"))),
        })
    }
}

impl Operation {
    pub(super) fn apply(
        self,
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
                writer.append_log(log, &as_lines(&lines)?)?;
            }
            Self::Tag(TagOf { id, tag }) => writer.tag(id.0, &Tag::new(tag)?)?,
            Self::Untag(TagOf { id, tag }) => writer.untag(id.0, &Tag::new(tag)?)?,
            Self::Note(NoteOf { id, note }) => writer.set_note(id.0, note.as_deref())?,
            Self::Pin(PinOf { id, pinned }) => writer.set_pinned(id.0, pinned)?,
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
    fn execution(self) -> Result<NewExecution, ApiError> {
        let created_at = at(self.created_at);
        let mut new = NewExecution::new(self.id.0, self.kind.0, &self.workflow_id, created_at)?;
        new.started_at = self.started_at.map(at);
        new.workflow_name = self.workflow_name;
        new.argv = self.argv;
        new.user = self.user;
        new.host_name = self.host_name;
        new.parent_id = self.parent_id.map(|id| id.0);
        new.retry_of = self.retry_of.map(|id| id.0);
        new.engine_id = self.engine_id;
        new.compiled_prompt = self.compiled_prompt;
        new.used_fallback = self.used_fallback;
        new.note = self.note;
        new.pinned = self.pinned;
        new.tags = self.tags.into_iter().map(Tag::new).collect::<Result<_, _>>()?;
        new.params = as_params(self.params)?;
        new.attributes = as_attributes(self.attributes);
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

fn as_params(Texts(params): Texts) -> Result<Params, ApiError> {
    let mut made = Params::new();
    for (name, value) in params {
        made.set(name, value)?;
    }
    Ok(made)
}

fn as_attributes(attributes: Map<String, Value>) -> Attributes {
    let mut made = Attributes::new();
    for (name, value) in attributes {
        made.set(name, value);
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
