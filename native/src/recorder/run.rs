//! One execution being recorded.

use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use runlog_core::id::ExecutionId;
use runlog_core::log::{Level, LineRef, LogEntry, LogFilter, LogRange, Stream};
use runlog_core::model::{
    Attributes, Ending, Exit, InvalidValue, Kind, NewExecution, Outcome, Params, Tag,
};
use runlog_core::time::Timestamp;

use super::Inner;
use super::flush::Flush;
use super::queue::End;
use crate::connect::open_history;
use crate::{Error, system};

/// Largest structured event in bytes of JSON.
const EVENT_BYTES_MAX: usize = 1 << 20;

/// What is known of a run when it begins; it begins when it is given to
/// [`Recorder::start`](super::Recorder::start).
#[derive(Clone, Debug)]
pub struct NewRun {
    execution: NewExecution,
}

impl NewRun {
    /// A run of a workflow, program or template, on this machine and by this user.
    ///
    /// # Errors
    /// [`Error::History`] where the workflow id is empty or too long.
    pub fn new(kind: Kind, workflow_id: &str) -> Result<Self, Error> {
        let id = system::new_execution_id();
        let mut execution =
            NewExecution::new(id, kind, workflow_id, system::now()).map_err(invalid)?;
        execution.host_name = system::host_name();
        execution.user = system::user_name();
        execution.working_directory =
            std::env::current_dir().ok().map(|path| path.to_string_lossy().into_owned());
        Ok(Self { execution })
    }

    /// Sets a param.
    ///
    /// # Errors
    /// [`Error::History`] where the name is empty or all params together are too large.
    pub fn param(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<Self, Error> {
        self.execution.params.set(name, value).map_err(invalid)?;
        Ok(self)
    }

    /// Adds a tag.
    #[must_use]
    pub fn tag(mut self, tag: Tag) -> Self {
        if !self.execution.tags.contains(&tag) {
            self.execution.tags.push(tag);
        }
        self
    }

    /// Sets the name for people.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.execution.workflow_name = Some(name.into());
        self
    }

    /// Sets the command line, the program first.
    #[must_use]
    pub fn argv(mut self, argv: Vec<String>) -> Self {
        self.execution.argv = argv;
        self
    }

    /// Sets the program's path.
    #[must_use]
    pub fn binary_path(mut self, path: &Path) -> Self {
        self.execution.binary_path = Some(path.to_string_lossy().into_owned());
        self
    }

    /// Sets the execution that started this one.
    #[must_use]
    pub fn parent(mut self, parent: ExecutionId) -> Self {
        self.execution.parent_id = Some(parent);
        self
    }

    /// Every field, for what has no method of its own.
    pub fn execution_mut(&mut self) -> &mut NewExecution {
        &mut self.execution
    }

    /// The id that the run will have.
    pub fn id(&self) -> ExecutionId {
        self.execution.id
    }

    pub(super) fn into_execution(mut self) -> NewExecution {
        let now = system::now();
        self.execution.created_at = now;
        self.execution.started_at = Some(now);
        self.execution
    }
}

/// A run being recorded. Reporting to it never waits for the disk.
///
/// Dropped without an ending, the run becomes `lost`: whoever held it died or forgot it.
#[derive(Debug)]
pub struct Run {
    id: ExecutionId,
    inner: Arc<Inner>,
    ended: bool,
}

impl Run {
    pub(super) fn new(id: ExecutionId, inner: Arc<Inner>) -> Self {
        Self { id, inner, ended: false }
    }

    /// The execution's id.
    pub fn id(&self) -> ExecutionId {
        self.id
    }

    /// Reports one or several lines on standard output, as of now.
    pub fn stdout(&self, text: impl AsRef<[u8]>) {
        self.text(Stream::Stdout, None, text.as_ref());
    }

    /// Reports one or several lines on standard error, as of now.
    pub fn stderr(&self, text: impl AsRef<[u8]>) {
        self.text(Stream::Stderr, None, text.as_ref());
    }

    /// Reports one or several lines with a level, as of now.
    pub fn log(&self, level: Level, text: impl AsRef<[u8]>) {
        self.text(Stream::Stderr, Some(level), text.as_ref());
    }

    fn text(&self, stream: Stream, level: Option<Level>, text: &[u8]) {
        let time = system::now();
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        for bytes in text.split(|byte| *byte == b'\n') {
            self.line(LineRef { time, stream, level, continued: false, bytes });
        }
    }

    /// Reports a structured event, as of now; its level is what its `level` member says, or `error`
    /// for `task_failed`.
    ///
    /// # Errors
    /// [`Error::History`] where it is no JSON object or larger than 1 MiB of JSON.
    pub fn event(&self, event: &serde_json::Value) -> Result<(), Error> {
        let bad = |reason: String| invalid(InvalidValue { field: "event", reason });
        if !event.is_object() {
            return Err(bad("not a JSON object".to_owned()));
        }
        let text = event.to_string();
        if text.len() > EVENT_BYTES_MAX {
            return Err(bad(format!("{} bytes, at most {EVENT_BYTES_MAX}", text.len())));
        }
        self.event_text(system::now(), &text, event_level(event));
        Ok(())
    }

    pub(crate) fn event_text(&self, time: Timestamp, json: &str, level: Option<Level>) {
        let (stream, bytes) = (Stream::Event, json.as_bytes());
        self.line(LineRef { time, stream, level, continued: false, bytes });
    }

    /// Reports one line as it is.
    pub fn line(&self, line: LineRef<'_>) {
        self.inner.queue().push(self.id, line);
    }

    /// Replaces the params.
    pub fn set_params(&self, params: Params) {
        self.inner.queue().set_params(self.id, params);
    }

    /// Replaces the attributes.
    pub fn set_attributes(&self, attributes: Attributes) {
        self.inner.queue().set_attributes(self.id, attributes);
    }

    /// Waits until everything reported so far is as durable as the history was opened for.
    ///
    /// # Errors
    /// What kept it from being written; it is kept and tried again.
    pub fn flush(&self) -> Result<(), Error> {
        self.flush_async().wait()
    }

    /// The same for asynchronous code: a future that needs no particular runtime.
    pub fn flush_async(&self) -> Flush {
        self.inner.queue().flush()
    }

    /// Reads this run's log, everything reported so far included.
    ///
    /// # Errors
    /// What kept it from being written or read.
    pub fn read_log(
        &self,
        range: LogRange,
        filter: &LogFilter,
        visit: &mut dyn FnMut(LogEntry<'_>) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        self.flush()?;
        let mut history = open_history(self.inner.path(), self.inner.options())?;
        Ok(history.read(|reader| reader.log(self.id, range, filter, visit))?)
    }

    /// Ends the run and waits until that is written.
    ///
    /// # Errors
    /// What kept it from being written; it is kept and tried again while the recorder lives.
    pub fn finish(self, ending: Ending) -> Result<(), Error> {
        self.finish_async(ending).wait()
    }

    /// Ends the run; await the future to know that it is written.
    pub fn finish_async(mut self, ending: Ending) -> Flush {
        self.ended = true;
        self.inner.queue().end(self.id, End::Finished(ending));
        self.inner.queue().flush()
    }

    /// Ends the run as completed, now.
    ///
    /// # Errors
    /// As [`Run::finish`].
    pub fn finish_completed(self) -> Result<(), Error> {
        self.finish(Ending::new(Outcome::Completed, system::now()))
    }

    /// Ends the run as failed, now.
    ///
    /// # Errors
    /// As [`Run::finish`].
    pub fn finish_failed(self) -> Result<(), Error> {
        self.finish(Ending::new(Outcome::Failed, system::now()))
    }

    /// Ends the run as a process left it, now.
    ///
    /// # Errors
    /// As [`Run::finish`].
    pub fn finish_process(self, exit: Exit) -> Result<(), Error> {
        self.finish(Ending::of_process(exit, system::now()))
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if !self.ended {
            self.inner.queue().end(self.id, End::Lost(system::now()));
        }
    }
}

/// The level of an event.
pub(crate) fn event_level(event: &serde_json::Value) -> Option<Level> {
    if let Some(level) = event.get("level").and_then(|level| level.as_str()) {
        return level.to_ascii_lowercase().parse().ok();
    }
    (event.get("type").and_then(|kind| kind.as_str()) == Some("task_failed"))
        .then_some(Level::Error)
}

fn invalid(error: InvalidValue) -> Error {
    Error::History(error.into())
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}
