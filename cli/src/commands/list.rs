use std::io::Write;

use clap::{Args, ValueEnum};
use runlog::Runlog;
use runlog::history::SyncSummary;
use runlog::id::DeviceId;
use runlog::model::{Kind, Status, Summary, Tag, WorkflowId};
use runlog::query::{Cursor, Filter, ListQuery, Order, PAGE_MAX, SyncFilter};
use runlog::time::Timestamp;
use serde::Serialize;

use crate::context::{Context, DIM, hint, say};
use crate::error::{Error, ErrorKind};
use crate::text::duration::{Took, parse_millis};
use crate::text::plain::{command_line, plain};
use crate::text::table::{Cell, Column, Table};
use crate::text::{argument, status, when};

/// List executions, newest first
///
///   runlog list --status failed --since 2d
///   runlog list --workflow deploy --param env=prod --sort longest -n 5
///   runlog list --json | jq -r '.[].id'
///
/// All filters given must hold. A * behind an id marks a pinned execution.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct List {
    /// In which order
    #[arg(long, value_enum, default_value = "newest")]
    sort: Sort,
    /// At most this many
    #[arg(long, short = 'n', default_value = "20", value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Leave out the first N
    #[arg(long, default_value = "0", value_name = "N")]
    offset: u64,
    /// Go on behind the page that printed this cursor
    #[arg(long)]
    cursor: Option<String>,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    filters: Filters,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Filters")]
struct Filters {
    /// Runs of this workflow
    #[arg(long, short, value_name = "ID")]
    workflow: Option<WorkflowId>,
    /// Of this kind
    #[arg(long, value_parser = argument::kind())]
    kind: Option<Kind>,
    /// In this status
    #[arg(long, short, value_parser = argument::status())]
    status: Option<Status>,
    /// Recorded on this device: its id as `show` prints it, or `this`
    #[arg(long, value_name = "ID", value_parser = Device::parse)]
    device: Option<Device>,
    /// With this tag
    #[arg(long, short, value_parser = argument::tag)]
    tag: Option<Tag>,
    /// With this parameter
    #[arg(long, short, value_name = "NAME=VALUE", value_parser = argument::param)]
    param: Option<(String, String)>,
    /// That left with this exit code
    #[arg(long, value_name = "CODE", allow_negative_numbers = true)]
    exit_code: Option<i32>,
    /// Begun at this time or later: 2026-11-21T10:00:00Z, 2026-11-21, or 3h for three hours ago
    #[arg(long, value_name = "TIME", value_parser = when::parse)]
    since: Option<Timestamp>,
    /// Begun before this time
    #[arg(long, value_name = "TIME", value_parser = when::parse)]
    until: Option<Timestamp>,
    /// That took at least this long: 500ms, 30s, 1h30m
    #[arg(long, value_name = "LENGTH", value_parser = parse_millis)]
    min_duration: Option<u64>,
    /// That took at most this long
    #[arg(long, value_name = "LENGTH", value_parser = parse_millis)]
    max_duration: Option<u64>,
    /// That stand so toward the backends that take part
    #[arg(long, value_name = "STATE", value_parser = argument::sync_state())]
    sync: Option<SyncFilter>,
    /// Those in the trash instead
    #[arg(long)]
    deleted: bool,
}

/// A device as it is named on the command line.
#[derive(Clone, Copy, Debug)]
enum Device {
    This,
    Id(DeviceId),
}

impl Device {
    fn parse(text: &str) -> Result<Self, String> {
        if text == "this" {
            return Ok(Self::This);
        }
        text.parse().map(Self::Id).map_err(|_| "use a device's full id, or `this`".to_owned())
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Sort {
    Newest,
    Oldest,
    Longest,
    Shortest,
}

impl From<Sort> for Order {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::Newest => Self::NewestFirst,
            Sort::Oldest => Self::OldestFirst,
            Sort::Longest => Self::LongestFirst,
            Sort::Shortest => Self::ShortestFirst,
        }
    }
}

impl List {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let query = self.query()?;
        let runlog = context.open()?;
        let query = self.filters.applied(query, runlog.device());
        let (executions, next) = read(&runlog, query, self.limit)?;
        if self.json {
            print_json(context, &runlog, &executions)?;
        } else if executions.is_empty() {
            self.say_nothing_found();
        } else {
            let heard = heard(&runlog, &executions)?;
            print_table(context, &executions, &heard)?;
        }
        if let Some(next) = next {
            say(format_args!("{DIM}more: repeat the command with --cursor {next}{DIM:#}"));
        }
        Ok(())
    }

    fn query(&self) -> Result<ListQuery, Error> {
        let mut query = ListQuery::newest(self.limit.min(PAGE_MAX));
        query.order = self.sort.into();
        query.offset = self.offset;
        if let Some(cursor) = &self.cursor {
            let cursor = Cursor::parse(cursor, query.order).map_err(|_| {
                let message = format!("'{cursor}' is not a cursor of this listing");
                Error::new(ErrorKind::Usage, message)
                    .hint("use the one that the page before has printed, with the same --sort")
            })?;
            query.after = Some(cursor);
        }
        Ok(query)
    }

    fn say_nothing_found(&self) {
        if self.filters.is_empty() && self.cursor.is_none() && self.offset == 0 {
            say("the history is empty");
            hint("`runlog run -- make test` runs a program and records it");
        } else if self.filters.deleted {
            say("nothing in the trash matches");
        } else {
            say("no execution matches");
        }
    }
}

impl Filters {
    fn is_empty(&self) -> bool {
        self.filter(DeviceId::NIL) == Filter::default()
    }

    fn applied(&self, mut query: ListQuery, this: DeviceId) -> ListQuery {
        query.filter = self.filter(this);
        query
    }

    fn filter(&self, this: DeviceId) -> Filter {
        let mut filter = Filter::default();
        filter.workflow_id = self.workflow.as_ref().map(|id| id.as_str().to_owned());
        filter.kind = self.kind;
        filter.status = self.status;
        filter.device_id = self.device.map(|device| match device {
            Device::This => this,
            Device::Id(id) => id,
        });
        filter.tag = self.tag.as_ref().map(|tag| tag.as_str().to_owned());
        filter.param = self.param.clone();
        filter.exit_code = self.exit_code;
        filter.since = self.since;
        filter.until = self.until;
        filter.duration_ms_min = self.min_duration;
        filter.duration_ms_max = self.max_duration;
        filter.sync_state = self.sync;
        filter.deleted = self.deleted;
        filter
    }
}

/// Reads as many pages as hold `limit` executions.
fn read(
    runlog: &Runlog,
    mut query: ListQuery,
    limit: u32,
) -> Result<(Vec<Summary>, Option<Cursor>), Error> {
    let mut executions = Vec::new();
    loop {
        let page = runlog.list(&query)?;
        executions.extend(page.executions);
        let left = limit as usize - executions.len();
        if left == 0 || page.next.is_none() {
            return Ok((executions, page.next));
        }
        query.after = page.next;
        query.offset = 0;
        query.limit = u32::try_from(left).unwrap_or(PAGE_MAX).min(PAGE_MAX);
    }
}

/// An execution with how its row stands toward the backends.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    execution: &'a Summary,
    #[serde(flatten)]
    sync: SyncSummary,
    device_heard_at: Option<Timestamp>,
}

/// Of each run that another device has not ended: when that device was last heard from.
fn heard(runlog: &Runlog, executions: &[Summary]) -> Result<Vec<Option<Timestamp>>, Error> {
    let heard = runlog.read(|history| {
        executions.iter().map(|execution| history.device_heard_at(execution)).collect()
    });
    Ok(heard?)
}

/// An array with one execution a line.
fn print_json(context: &Context, runlog: &Runlog, executions: &[Summary]) -> Result<(), Error> {
    let ids: Vec<_> = executions.iter().map(|execution| execution.id).collect();
    let synced = runlog.read(|history| history.sync_summaries(&ids))?;
    let heard = heard(runlog, executions)?;
    let listed = executions.iter().zip(synced).zip(heard);
    let mut out = context.raw_out();
    out.write_all(b"[")?;
    for (index, ((execution, sync), device_heard_at)) in listed.enumerate() {
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut out, &Listed { execution, sync, device_heard_at })
            .map_err(std::io::Error::from)?;
    }
    out.write_all(if executions.is_empty() { b"]\n" } else { b"\n]\n" })?;
    Ok(out.flush()?)
}

const COLUMNS: [Column; 7] = [
    Column { title: "ID", right: false, cut_to: None },
    Column { title: "STATUS", right: false, cut_to: None },
    Column { title: "STARTED", right: false, cut_to: None },
    Column { title: "TOOK", right: true, cut_to: None },
    Column { title: "EXIT", right: true, cut_to: None },
    Column { title: "TAGS", right: false, cut_to: Some(8) },
    Column { title: "COMMAND", right: false, cut_to: Some(12) },
];

fn print_table(
    context: &Context,
    executions: &[Summary],
    heard: &[Option<Timestamp>],
) -> Result<(), Error> {
    let mut table = Table::new(COLUMNS);
    for (execution, heard) in executions.iter().zip(heard) {
        let status = execution.status();
        let unheard = status::unheard_since(*heard, context.now);
        let shown = match unheard {
            Some(since) => {
                format!("{status}, not heard from since {}", when::ago(since, context.now))
            }
            None => status.to_string(),
        };
        let began = execution.started_at.unwrap_or(execution.created_at);
        let exit = execution.ending.map(|ending| ending.exit).unwrap_or_default();
        let tags: Vec<_> = execution.tags.iter().map(|tag| plain(tag.as_str())).collect();
        let pin = if execution.pinned { "*" } else { "" };
        table.push([
            Cell::new(format!("{}{pin}", execution.id.short())),
            Cell::styled(shown, status::style(status)),
            Cell::styled(when::ago(began, context.now), DIM),
            Cell::new(took(execution, context.now)),
            Cell::new(status::exit(exit)),
            Cell::styled(tags.join(","), anstyle::AnsiColor::Blue.on_default()),
            Cell::new(title(execution)),
        ]);
    }
    let mut out = context.out();
    table.print(&mut out, context.width())?;
    Ok(out.flush()?)
}

/// How long it took, or has taken so far.
fn took(execution: &Summary, now: Timestamp) -> String {
    let so_far = || {
        (execution.status() == Status::Running)
            .then_some(())
            .and(execution.started_at)
            .map(|began| now.millis_since(began))
    };
    execution.duration_ms().or_else(so_far).map(|ms| Took(ms).to_string()).unwrap_or_default()
}

/// What was executed: the command line, behind the name or the workflow where they say more than
/// the program's name.
fn title(execution: &Summary) -> String {
    let workflow = execution.workflow_id.as_str();
    let name = execution.workflow_name.as_deref().unwrap_or(workflow);
    if execution.argv.is_empty() {
        return plain(name).into_owned();
    }
    let program = execution.argv[0].rsplit(['/', '\\']).next().unwrap_or_default();
    let command = first_line(&execution.argv);
    if name == program { command } else { format!("{}: {command}", plain(name)) }
}

/// A command line up to its first line end: of a script in an argument, `show` prints the rest.
fn first_line(argv: &[String]) -> String {
    let mut shown = Vec::new();
    for word in argv {
        if let Some((line, _)) = word.split_once('\n') {
            shown.push(line.to_owned());
            return format!("{}…", command_line(&shown).trim_end_matches('\''));
        }
        shown.push(word.clone());
    }
    command_line(&shown)
}
