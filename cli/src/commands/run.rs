use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use runlog::id::{ExecutionId, IdPattern};
use runlog::model::{Kind, Tag, WorkflowId};
use runlog::process::{Command, SpawnErrorKind, TerminalMode};
use runlog::{Finished, NewRun, Options, Overflow, Recorder, Runlog};

use crate::context::{Context, hint, warn};
use crate::error::{Error, ErrorKind};
use crate::secrets::variable;
use crate::text::argument;

/// The variable that links a run to the runs that are started within it.
const PARENT_VARIABLE: &str = "RUNLOG_PARENT_ID";

/// How long a program may be slowed in all, so that no line of a burst is lost; see docs/cli.md.
const WAIT_MAX: Duration = Duration::from_secs(2);

/// Run a program and record it: command line, output, exit code
///
///   runlog run -- make test
///   runlog run --workflow deploy --param env=prod --tag release -- ./deploy.sh prod
///
/// The program's output is shown unchanged, its exit code is passed on. On a terminal it runs on a
/// pseudo-terminal, so that colours and progress bars stay; in a pipe, stdout and stderr stay apart.
/// A line `@runlog {"type":"task_completed","task":"build"}` on its stderr is recorded as a
/// structured event, and not shown.
///
/// What looks like a secret is masked in what is recorded, see docs/cli.md; what is shown stays as it
/// is.
///
/// Where the history cannot be opened the program runs all the same, with a warning.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Run {
    /// What this is a run of; the program's file name unless given
    #[arg(long, short, value_name = "ID")]
    workflow: Option<WorkflowId>,
    /// A name for people
    #[arg(long)]
    name: Option<String>,
    /// What kind of execution it is
    #[arg(long, default_value = "command", value_parser = argument::kind())]
    kind: Kind,
    /// A parameter; may be given several times
    #[arg(long = "param", short, value_name = "NAME=VALUE", value_parser = argument::param)]
    params: Vec<(String, String)>,
    /// A tag; may be given several times
    #[arg(long = "tag", short, value_name = "TAG", value_parser = argument::tag)]
    tags: Vec<Tag>,
    /// Run it on a pseudo-terminal, also where our output goes to a file or a pipe
    #[arg(long, overrides_with = "no_pty")]
    pty: bool,
    /// Run it on pipes, also on a terminal
    #[arg(long)]
    no_pty: bool,
    /// Record secrets as they are, instead of masking them; also with RUNLOG_NO_MASK
    #[arg(long)]
    no_mask: bool,
    /// The execution that started this one; RUNLOG_PARENT_ID unless given
    #[arg(long, value_name = "ID")]
    parent: Option<IdPattern>,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
}

impl Run {
    pub(super) fn run(self, context: &Context) -> Result<ExitCode, Error> {
        let mut command = Command::new(self.program())
            .args(self.command.iter().skip(1))
            .terminal(self.terminal());
        for secret in variable::ALL {
            command = command.env_remove(secret);
        }
        if let Some(home) = context.chosen_home() {
            // So that runs within this one are recorded beside it.
            command = command.env("RUNLOG_HOME", home);
        }
        let new = self.new_run()?;
        let recorder = match self.recorder(context, new) {
            Ok(recording) => Some(recording),
            Err(Refusal::Usage(error)) => return Err(error),
            Err(Refusal::History(error)) => {
                warn(format_args!("this run is not recorded: {}", error.message()));
                error.hint_text().inspect(|text| hint(text));
                None
            }
        };
        let (recorder, run) = recorder.unzip();
        if let Some(run) = &run {
            tracing::info!(id = %run.id(), "recording");
            command = command.env(PARENT_VARIABLE, run.id().to_string());
        }
        let finished = runlog::run_recorded(&command, run);
        report(&finished, recorder.as_ref());
        Ok(exit_code(finished.code()))
    }

    fn program(&self) -> &OsString {
        // clap requires at least one word.
        &self.command[0]
    }

    fn terminal(&self) -> TerminalMode {
        match (self.pty, self.no_pty) {
            (true, _) => TerminalMode::Always,
            (_, true) => TerminalMode::Never,
            _ => TerminalMode::Auto,
        }
    }

    /// What is known of the run before it begins.
    fn new_run(&self) -> Result<NewRun, Error> {
        let file_name = || {
            let path = Path::new(self.program());
            path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
        };
        let workflow = self.workflow.as_ref().map(|workflow| workflow.as_str().to_owned());
        let workflow = workflow.unwrap_or_else(file_name);
        let usage = |error: runlog::Error| Error::new(ErrorKind::Usage, error.to_string());
        let mut new = NewRun::new(self.kind, &workflow).map_err(usage)?;
        for (name, value) in &self.params {
            new = new.param(name, value).map_err(usage)?;
        }
        for tag in &self.tags {
            new = new.tag(tag.clone());
        }
        if let Some(name) = &self.name {
            new = new.name(name);
        }
        if let Some(path) = runlog::find_program(self.program()) {
            new = new.binary_path(&path);
        }
        let argv = self.command.iter().map(|word| word.to_string_lossy().into_owned());
        Ok(new.argv(argv.collect()))
    }

    /// Opens the history and begins to record.
    fn recorder(
        &self,
        context: &Context,
        mut new: NewRun,
    ) -> Result<(Recorder, runlog::Run), Refusal> {
        let mut options = Options::default();
        options.recorder.overflow = Overflow::WaitAtMost(WAIT_MAX);
        // Where the patterns cannot be read, nothing is recorded that they might have masked.
        options.masking = context.masking(self.no_mask).map_err(Refusal::History)?;
        let runlog = context.open_with(options).map_err(Refusal::History)?;
        if let Some(parent) = self.parent_id(&runlog)? {
            new = new.parent(parent);
        }
        let history = |error: runlog::Error| Refusal::History(error.into());
        let recorder = runlog.recorder().map_err(history)?;
        let run = recorder.start(new).map_err(history)?;
        Ok((recorder, run))
    }

    fn parent_id(&self, runlog: &Runlog) -> Result<Option<ExecutionId>, Refusal> {
        if let Some(pattern) = &self.parent {
            let found = runlog.find(pattern);
            return found.map(Some).map_err(|error| Refusal::Usage(error.into()));
        }
        let Some(text) = std::env::var(PARENT_VARIABLE).ok().filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let parent = text.parse().ok();
        if parent.is_none() {
            warn(format_args!("{PARENT_VARIABLE} is not an execution id: '{text}'; ignored"));
        }
        Ok(parent)
    }
}

/// Why a run is not recorded.
enum Refusal {
    /// The command line is wrong: the program does not run either.
    Usage(Error),
    /// The history cannot be used: the program runs.
    History(Error),
}

/// Says on stderr what a user would not know otherwise.
fn report(finished: &Finished, recorder: Option<&Recorder>) {
    match &finished.process {
        Err(error) => {
            crate::error::Error::new(ErrorKind::Failed, error.to_string()).report();
            if error.kind() == SpawnErrorKind::PermissionDenied {
                hint("`chmod +x` makes a file executable");
            }
        }
        Ok(exit) if exit.output_held => warn(
            "the program has ended, but another one still holds its output: what that one prints \
             from here on is neither shown nor recorded",
        ),
        Ok(_) => {}
    }
    if let Err(error) = &finished.recorded {
        warn(format_args!("this run was not recorded completely: {error}"));
        hint("`runlog doctor` says what is the matter with the history");
    }
    let dropped = recorder.map(|recorder| recorder.stats().dropped_lines).unwrap_or_default();
    if dropped > 0 {
        warn(format_args!(
            "{dropped} lines came faster than they could be recorded; `logs` shows where they are \
             missing"
        ));
    }
}

/// A process leaves with eight bits.
fn exit_code(code: i32) -> ExitCode {
    ExitCode::from(u8::try_from(code & 0xff).unwrap_or(u8::MAX))
}
