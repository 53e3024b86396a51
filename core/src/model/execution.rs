//! Executions.

use serde::Serialize;
use serde::ser::SerializeMap;

use super::fields::bounded;
use super::{Attributes, InvalidValue, Kind, LIMITS, Outcome, Params, Status, Tag, WorkflowId};
use crate::id::{DeviceId, ExecutionId};
use crate::time::Timestamp;

/// How a process left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Exit {
    /// It was no process, or nobody saw.
    #[default]
    Unknown,
    /// With this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

impl Exit {
    /// The exit code, where it left with one.
    pub const fn code(self) -> Option<i32> {
        if let Self::Code(code) = self { Some(code) } else { None }
    }

    /// The signal, where one ended it.
    pub const fn signal(self) -> Option<i32> {
        if let Self::Signal(signal) = self { Some(signal) } else { None }
    }
}

/// An ending: both an outcome and a time, never one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// How it ended.
    pub outcome: Outcome,
    /// When.
    pub ended_at: Timestamp,
    /// How the process left.
    pub exit: Exit,
}

impl Ending {
    /// An ending of something that is no process.
    pub const fn new(outcome: Outcome, ended_at: Timestamp) -> Self {
        Self { outcome, ended_at, exit: Exit::Unknown }
    }

    /// The ending of a process: completed at code 0; cancelled by the signals with which people and
    /// systems ask a process to stop (hang-up, interrupt, terminate); failed otherwise.
    pub const fn of_process(exit: Exit, ended_at: Timestamp) -> Self {
        const HANG_UP: i32 = 1;
        const INTERRUPT: i32 = 2;
        const TERMINATE: i32 = 15;
        let outcome = match exit {
            Exit::Code(0) => Outcome::Completed,
            Exit::Signal(HANG_UP | INTERRUPT | TERMINATE) => Outcome::Cancelled,
            _ => Outcome::Failed,
        };
        Self { outcome, ended_at, exit }
    }
}

/// An execution as listings show it: everything but what can be large or many.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Identity.
    pub id: ExecutionId,
    /// What was executed.
    pub kind: Kind,
    /// Which workflow, program or template.
    pub workflow_id: WorkflowId,
    /// Its name for people.
    pub workflow_name: Option<String>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// How it ended, as reported.
    pub ending: Option<Ending>,
    /// When it was last heard of, where it was judged dead. Approximate by nature.
    pub lost_at: Option<Timestamp>,
    /// The command line, the program first; bytes that are no UTF-8 are replaced.
    pub argv: Vec<String>,
    /// The program's path.
    pub binary_path: Option<String>,
    /// Where it ran.
    pub working_directory: Option<String>,
    /// Who ran it.
    pub user: Option<String>,
    /// The device that recorded it.
    pub device_id: DeviceId,
    /// That device's name in its network.
    pub host_name: Option<String>,
    /// The execution that started this one.
    pub parent_id: Option<ExecutionId>,
    /// The execution of which this is another attempt.
    pub retry_of: Option<ExecutionId>,
    /// The engine or model that a prompt was sent to.
    pub engine_id: Option<String>,
    /// Whether a prompt run used its fallback.
    pub used_fallback: Option<bool>,
    /// A remark.
    pub note: Option<String>,
    /// Kept from retention.
    pub pinned: bool,
    /// When it was recorded first.
    pub created_at: Timestamp,
    /// When a column was last written: the time of the row's newest clock.
    pub updated_at: Timestamp,
    /// In the trash.
    pub deleted: bool,
    /// Labels, in order.
    pub tags: Vec<Tag>,
}

impl Summary {
    /// Where it is in its life.
    pub fn status(&self) -> Status {
        match (&self.ending, self.lost_at, self.started_at) {
            (Some(ending), _, _) => ending.outcome.into(),
            (None, Some(_), _) => Status::Lost,
            (None, None, Some(_)) => Status::Running,
            (None, None, None) => Status::NotStarted,
        }
    }

    /// When it ended; for a lost one, when it was last heard of.
    pub fn ended_at(&self) -> Option<Timestamp> {
        self.ending.map(|ending| ending.ended_at).or(self.lost_at)
    }

    /// How long it took, in milliseconds.
    pub fn duration_ms(&self) -> Option<u64> {
        Some(self.ended_at()?.millis_since(self.started_at?))
    }

    fn serialize_fields<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let exit = self.ending.map(|ending| ending.exit).unwrap_or_default();
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("kind", &self.kind)?;
        map.serialize_entry("workflow_id", &self.workflow_id)?;
        map.serialize_entry("workflow_name", &self.workflow_name)?;
        map.serialize_entry("status", &self.status())?;
        map.serialize_entry("started_at", &self.started_at)?;
        map.serialize_entry("ended_at", &self.ended_at())?;
        map.serialize_entry("ended_at_approximate", &(self.status() == Status::Lost))?;
        map.serialize_entry("duration_ms", &self.duration_ms())?;
        map.serialize_entry("exit_code", &exit.code())?;
        map.serialize_entry("signal", &exit.signal())?;
        map.serialize_entry("argv", &self.argv)?;
        map.serialize_entry("binary_path", &self.binary_path)?;
        map.serialize_entry("working_directory", &self.working_directory)?;
        map.serialize_entry("user", &self.user)?;
        map.serialize_entry("device_id", &self.device_id)?;
        map.serialize_entry("host_name", &self.host_name)?;
        map.serialize_entry("parent_id", &self.parent_id)?;
        map.serialize_entry("retry_of", &self.retry_of)?;
        map.serialize_entry("engine_id", &self.engine_id)?;
        map.serialize_entry("used_fallback", &self.used_fallback)?;
        map.serialize_entry("tags", &self.tags)?;
        map.serialize_entry("note", &self.note)?;
        map.serialize_entry("pinned", &self.pinned)?;
        map.serialize_entry("created_at", &self.created_at)?;
        map.serialize_entry("updated_at", &self.updated_at)?;
        map.serialize_entry("deleted", &self.deleted)
    }
}

impl Serialize for Summary {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.serialize_fields(&mut map)?;
        map.end()
    }
}

/// An execution with everything but its log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Execution {
    /// What listings show.
    pub summary: Summary,
    /// The prompt as it was sent.
    pub compiled_prompt: Option<String>,
    /// Parameters.
    pub params: Params,
    /// What no field covers.
    pub attributes: Attributes,
}

impl Execution {
    /// Where it is in its life.
    pub fn status(&self) -> Status {
        self.summary.status()
    }

    /// Its identity.
    pub fn id(&self) -> ExecutionId {
        self.summary.id
    }
}

impl Serialize for Execution {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.summary.serialize_fields(&mut map)?;
        map.serialize_entry("compiled_prompt", &self.compiled_prompt)?;
        map.serialize_entry("params", &self.params)?;
        map.serialize_entry("attributes", &self.attributes)?;
        map.end()
    }
}

/// What a recorder knows when an execution begins. Everything but the first four is optional.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewExecution {
    /// Identity; see [`ExecutionId::v7`].
    pub id: ExecutionId,
    /// What is executed.
    pub kind: Kind,
    /// Which workflow, program or template.
    pub workflow_id: WorkflowId,
    /// When it is recorded.
    pub created_at: Timestamp,
    /// When it began; `None` for one that waits.
    pub started_at: Option<Timestamp>,
    /// See [`Summary::workflow_name`].
    pub workflow_name: Option<String>,
    /// See [`Summary::argv`].
    pub argv: Vec<String>,
    /// See [`Summary::binary_path`].
    pub binary_path: Option<String>,
    /// See [`Summary::working_directory`].
    pub working_directory: Option<String>,
    /// See [`Summary::user`].
    pub user: Option<String>,
    /// See [`Summary::host_name`].
    pub host_name: Option<String>,
    /// See [`Summary::parent_id`].
    pub parent_id: Option<ExecutionId>,
    /// See [`Summary::retry_of`].
    pub retry_of: Option<ExecutionId>,
    /// See [`Summary::engine_id`].
    pub engine_id: Option<String>,
    /// See [`Execution::compiled_prompt`].
    pub compiled_prompt: Option<String>,
    /// See [`Summary::used_fallback`].
    pub used_fallback: Option<bool>,
    /// See [`Summary::note`].
    pub note: Option<String>,
    /// See [`Summary::pinned`].
    pub pinned: bool,
    /// Labels.
    pub tags: Vec<Tag>,
    /// Parameters.
    pub params: Params,
    /// What no field covers.
    pub attributes: Attributes,
}

impl NewExecution {
    /// An execution that begins at `started_at`, with nothing optional set.
    ///
    /// # Errors
    /// [`InvalidValue`] where the workflow id is empty or too long.
    pub fn new(
        id: ExecutionId,
        kind: Kind,
        workflow_id: &str,
        started_at: Timestamp,
    ) -> Result<Self, InvalidValue> {
        Ok(Self {
            id,
            kind,
            workflow_id: WorkflowId::new(workflow_id)?,
            created_at: started_at,
            started_at: Some(started_at),
            workflow_name: None,
            argv: Vec::new(),
            binary_path: None,
            working_directory: None,
            user: None,
            host_name: None,
            parent_id: None,
            retry_of: None,
            engine_id: None,
            compiled_prompt: None,
            used_fallback: None,
            note: None,
            pinned: false,
            tags: Vec::new(),
            params: Params::new(),
            attributes: Attributes::new(),
        })
    }

    /// Checks the limits of everything that carries no type of its own.
    pub(super) fn check(&self) -> Result<(), InvalidValue> {
        let short = [
            ("workflow_name", &self.workflow_name),
            ("binary_path", &self.binary_path),
            ("working_directory", &self.working_directory),
            ("user", &self.user),
            ("host_name", &self.host_name),
            ("engine_id", &self.engine_id),
        ];
        for (field, text) in short {
            bounded(field, text.as_deref().unwrap_or_default(), LIMITS.short_text)?;
        }
        bounded("note", self.note.as_deref().unwrap_or_default(), LIMITS.note)?;
        let prompt = self.compiled_prompt.as_deref().unwrap_or_default();
        bounded("compiled_prompt", prompt, LIMITS.compiled_prompt)
    }
}
