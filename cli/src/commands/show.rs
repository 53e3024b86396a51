use std::io::Write;

use anstyle::Style;
use clap::Args;
use runlog::history::{HistoryError, HistoryReader, SyncState, SyncSummary};
use runlog::id::{ExecutionId, IdPattern};
use runlog::model::{Execution, Exit, Status, Summary};
use runlog::sync_history::BackendId;
use runlog::time::Timestamp;
use serde::Serialize;

use crate::context::{Context, Out};
use crate::error::{Error, ErrorKind};
use crate::text::duration::Took;
use crate::text::plain::{command_line, plain};
use crate::text::{status, when};

/// Show everything about an execution but its log
///
///   runlog show 1f3a9c02
///   runlog show 1f3a9c02 --json | jq .params
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Show {
    /// Which execution, in the history or in the trash
    id: IdPattern,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let runlog = context.open()?;
        let (execution, lines, sync, heard) = runlog.read(|history| {
            let id = history.find(&self.id)?;
            let execution = history.execution(id)?;
            let heard = execution.as_ref().map(|it| history.device_heard_at(&it.summary));
            let heard = heard.transpose()?.flatten();
            Ok((execution, history.last_sequence(id)?, Sync::read(history, id)?, heard))
        })?;
        let Some(execution) = execution else {
            let message = format!("execution {} is not whole yet", self.id);
            return Err(Error::new(ErrorKind::NotFound, message)
                .hint("parts of it have arrived from another device, the rest will follow"));
        };
        if self.json {
            let mut out = context.raw_out();
            let shown = Shown { execution: &execution, sync: &sync, device_heard_at: heard };
            serde_json::to_writer_pretty(&mut out, &shown).map_err(std::io::Error::from)?;
            writeln!(out)?;
            return Ok(out.flush()?);
        }
        let mut page = Page { out: context.out(), now: context.now };
        page.print(&execution, lines, heard)?;
        page.sync(&sync)?;
        Ok(page.out.flush()?)
    }
}

#[derive(Debug, Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    execution: &'a Execution,
    #[serde(flatten)]
    sync: &'a Sync,
    device_heard_at: Option<Timestamp>,
}

/// How its row stands toward the backends.
#[derive(Debug, Serialize)]
struct Sync {
    #[serde(flatten)]
    summary: SyncSummary,
    #[serde(rename = "sync")]
    backends: Vec<Standing>,
}

#[derive(Debug, Serialize)]
struct Standing {
    backend_id: BackendId,
    backend: String,
    #[serde(flatten)]
    state: SyncState,
}

impl Sync {
    fn read(history: &HistoryReader<'_>, id: ExecutionId) -> Result<Self, HistoryError> {
        let (summary, states) = history.sync_state_of(id)?;
        let backends = history.tx().backends()?.into_iter().zip(states);
        let backends = backends.map(|(backend, (backend_id, state))| Standing {
            backend_id,
            backend: backend.name,
            state,
        });
        Ok(Self { summary, backends: backends.collect() })
    }
}

/// Names before their values, one below the other.
struct Page {
    out: Out,
    now: Timestamp,
}

const NAME: Style = Style::new().bold();
/// Columns that the names fill.
const NAME_WIDTH: usize = 11;

impl Page {
    fn print(
        &mut self,
        execution: &Execution,
        lines: u64,
        heard: Option<Timestamp>,
    ) -> std::io::Result<()> {
        let summary = &execution.summary;
        let Summary { id, workflow_id, .. } = summary;
        self.field("Execution", &format!("{id}  (short id {})", id.short()))?;
        let style = status::style(summary.status());
        self.field("Status", &format!("{style}{}{style:#}", ending(summary)))?;
        if let Some(since) = status::unheard_since(heard, self.now) {
            let ago = when::ago(since, self.now);
            let since = when::exact(since);
            self.field("", &format!("device not heard from since {since}  ({ago})"))?;
        }
        if summary.deleted {
            self.field("", "in the trash")?;
        }
        self.optional("Name", summary.workflow_name.as_deref())?;
        self.field("Workflow", &format!("{}  ({})", plain(workflow_id.as_str()), summary.kind))?;
        if !summary.argv.is_empty() {
            self.field("Command", &command_line(&summary.argv))?;
        }
        self.optional("Program", summary.binary_path.as_deref())?;
        self.optional("Directory", summary.working_directory.as_deref())?;
        self.times(summary)?;
        self.listed("Params", execution.params.iter())?;
        if !summary.tags.is_empty() {
            let tags: Vec<_> = summary.tags.iter().map(|tag| plain(tag.as_str())).collect();
            self.field("Tags", &tags.join(", "))?;
        }
        self.lines("Note", summary.note.as_deref())?;
        if summary.pinned {
            self.field("Pinned", "yes")?;
        }
        self.optional("User", summary.user.as_deref())?;
        self.optional("Host", summary.host_name.as_deref())?;
        self.field("Device", &summary.device_id.to_string())?;
        self.optional("Parent", summary.parent_id.map(|id| id.to_string()).as_deref())?;
        self.optional("Retry of", summary.retry_of.map(|id| id.to_string()).as_deref())?;
        self.optional("Engine", summary.engine_id.as_deref())?;
        self.lines("Prompt", execution.compiled_prompt.as_deref())?;
        if summary.used_fallback == Some(true) {
            self.field("Fallback", "used")?;
        }
        let attributes: Vec<_> =
            execution.attributes.iter().map(|(name, value)| (name, value.to_string())).collect();
        let attributes = attributes.iter().map(|(name, value)| (*name, value.as_str()));
        self.listed("Attributes", attributes)?;
        match lines {
            0 => self.field("Log", "empty"),
            1 => self.field("Log", &format!("1 line: runlog logs {}", id.short())),
            lines => self.field("Log", &format!("{lines} lines: runlog logs {}", id.short())),
        }
    }

    fn sync(&mut self, sync: &Sync) -> std::io::Result<()> {
        for (index, standing) in sync.backends.iter().enumerate() {
            let state = match &standing.state {
                SyncState::Synced { at: Some(at) } => {
                    format!("synced {}  ({})", when::exact(*at), when::ago(*at, self.now))
                }
                SyncState::Synced { at: None } => "synced".to_owned(),
                SyncState::Waiting => "waiting".to_owned(),
                SyncState::Rejected { reason } => format!("refused: {}", plain(reason)),
                _ => "takes no part".to_owned(),
            };
            let name = if index == 0 { "Sync" } else { "" };
            self.field(name, &format!("{}: {state}", plain(&standing.backend)))?;
        }
        Ok(())
    }

    fn times(&mut self, summary: &Summary) -> std::io::Result<()> {
        match summary.started_at {
            Some(time) => self.time("Started", time)?,
            None => self.time("Recorded", summary.created_at)?,
        }
        if let Some(time) = summary.ended_at() {
            let lost = summary.status() == Status::Lost;
            self.time(if lost { "Last heard" } else { "Ended" }, time)?;
        }
        let Some(took) = summary.duration_ms() else { return Ok(()) };
        let about = if summary.status() == Status::Lost { "about " } else { "" };
        self.field("Took", &format!("{about}{}", Took(took)))
    }

    fn time(&mut self, name: &str, time: Timestamp) -> std::io::Result<()> {
        let ago = when::ago(time, self.now);
        self.field(name, &format!("{}  ({ago})", when::exact(time)))
    }

    /// A value that is fit to be shown.
    fn field(&mut self, name: &str, value: &str) -> std::io::Result<()> {
        writeln!(self.out, "{NAME}{name:NAME_WIDTH$}{NAME:#} {value}")
    }

    fn optional(&mut self, name: &str, value: Option<&str>) -> std::io::Result<()> {
        value.map_or(Ok(()), |value| self.field(name, &plain(value)))
    }

    /// A text of several lines.
    fn lines(&mut self, name: &str, text: Option<&str>) -> std::io::Result<()> {
        for (index, line) in text.unwrap_or_default().lines().enumerate() {
            self.field(if index == 0 { name } else { "" }, &plain(line))?;
        }
        Ok(())
    }

    fn listed<'a>(
        &mut self,
        name: &str,
        values: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> std::io::Result<()> {
        for (index, (key, value)) in values.enumerate() {
            let shown = format!("{} = {}", plain(key), plain(value));
            self.field(if index == 0 { name } else { "" }, &shown)?;
        }
        Ok(())
    }
}

/// The status, with how the process left.
fn ending(summary: &Summary) -> String {
    let status = summary.status();
    match summary.ending.map(|ending| ending.exit).unwrap_or_default() {
        Exit::Code(code) => format!("{status}, exit code {code}"),
        Exit::Signal(signal) => format!("{status}, ended by {}", status::signal_name(signal)),
        Exit::Unknown if status == Status::Lost => {
            "lost: the process that recorded it died unseen".to_owned()
        }
        Exit::Unknown => status.to_string(),
    }
}
