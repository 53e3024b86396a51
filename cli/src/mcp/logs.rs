//! The tool `get_logs`.

use std::str::FromStr;

use runlog::id::ExecutionId;
use runlog::log::{LogFilter, LogRange};
use runlog::model::{InvalidValue, Status};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::ToolError;
use super::history::History;
use super::page::{Dropped, Keep, LeftOut, Line, Page};
use super::schema;

const LAST_DEFAULT: u32 = 100;
const LAST_MAX: u32 = 10_000;
const CONTEXT_DEFAULT: u32 = 10;
const CONTEXT_MAX: u32 = 1_000;
const BYTES_DEFAULT: u32 = 64 << 10;
const BYTES_MIN: u32 = 1 << 10;
const BYTES_MAX: u32 = 1 << 20;
/// The highest sequence that a log can have.
const SEQUENCE_MAX: u64 = i64::MAX as u64;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// Which execution: a handle_id of list_execution_history, an unambiguous beginning of one, or
    /// its last 8 digits (the short id that the command line prints).
    handle_id: String,
    /// The last so many lines: what happens unless from, to or around is given. Default 100.
    #[schemars(range(min = 1, max = LAST_MAX))]
    last: Option<u32>,
    /// The first sequence to read; lines are numbered from 1.
    #[schemars(range(min = 1))]
    from: Option<u64>,
    /// The last sequence to read, included.
    #[schemars(range(min = 1))]
    to: Option<u64>,
    /// Read the line with this sequence, and context before and behind it.
    #[schemars(range(min = 1))]
    around: Option<u64>,
    /// How many sequences on each side of around. Default 10.
    #[schemars(range(max = CONTEXT_MAX))]
    context: Option<u32>,
    /// Only lines of this stream. With last, counted after this filter.
    #[serde(default)]
    #[schemars(schema_with = "schema::optional_stream")]
    stream: Option<String>,
    /// Only lines that name this level or a graver one; lines without a level are left away.
    #[serde(default)]
    #[schemars(schema_with = "schema::optional_level")]
    level: Option<String>,
    /// Most bytes of JSON that the lines of the answer fill.
    #[serde(default = "default_max_bytes")]
    #[schemars(range(min = BYTES_MIN, max = BYTES_MAX))]
    max_bytes: u32,
}

const fn default_max_bytes() -> u32 {
    BYTES_DEFAULT
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    /// The full id of the execution.
    #[schemars(with = "String")]
    handle_id: ExecutionId,
    /// While it is running, more lines may follow: ask later with from = last_seq + 1.
    #[schemars(schema_with = "schema::status")]
    status: Status,
    /// The last sequence of the whole log; 0 where it is empty.
    last_seq: u64,
    /// The lines, in order.
    lines: Vec<Line>,
    /// Ranges within what was asked for whose lines were not kept and are gone.
    dropped: Vec<Dropped>,
    /// Whether lines that were asked for are missing because of max_bytes.
    truncated: bool,
    /// The sequence with which to go on, as from, where the answer is truncated; otherwise null.
    next_seq: Option<u64>,
    /// The ranges that max_bytes left out: read each with its from and to.
    left_out: Vec<LeftOut>,
    /// Where the answer is truncated: what is missing and how to read it.
    notice: Option<String>,
}

/// Reads a part of a log.
pub(super) fn get(history: &History, input: &Input) -> Result<Output, ToolError> {
    let part = Part::of(input)?;
    history.read_execution(&input.handle_id, |history, execution| {
        let id = execution.id();
        let last_seq = history.last_sequence(id)?;
        if let Keep::Around(sequence) = part.keep
            && sequence > last_seq
        {
            return Ok(Err(ToolError::new(
                format!("around is {sequence}, but the last sequence of this log is {last_seq}"),
                "leave around out to read the end of the log",
            )));
        }
        let mut page = Page::new(part.keep, part.bytes_max as usize);
        history.log(id, part.range, &part.filter, &mut |entry| page.push(entry))?;
        let (lines, dropped, left_out) = page.into_parts(part.last().min(last_seq));
        Ok(Ok(Output {
            handle_id: id,
            status: execution.status(),
            last_seq,
            lines,
            dropped,
            truncated: !left_out.is_empty(),
            next_seq: left_out.first().map(|range| range.from),
            notice: notice(&left_out, part.bytes_max),
            left_out,
        }))
    })?
}

/// Which part of a log.
#[derive(Debug)]
struct Part {
    range: LogRange,
    keep: Keep,
    filter: LogFilter,
    bytes_max: u32,
}

impl Part {
    fn of(input: &Input) -> Result<Self, ToolError> {
        let bytes_max = bounded("max_bytes", input.max_bytes, BYTES_MIN, BYTES_MAX)?;
        let filter = LogFilter {
            stream: text(input.stream.as_deref())?,
            level: text(input.level.as_deref())?,
        };
        let (range, keep) = range(input)?;
        Ok(Self { range, keep, filter, bytes_max })
    }

    /// The last sequence that was asked for.
    fn last(&self) -> u64 {
        match self.range {
            LogRange::Sequences { last, .. } => last,
            LogRange::Tail(_) => SEQUENCE_MAX,
        }
    }
}

fn range(input: &Input) -> Result<(LogRange, Keep), ToolError> {
    for (name, value) in [("from", input.from), ("to", input.to), ("around", input.around)] {
        if value == Some(0) {
            return Err(ToolError::new(format!("{name} is 0"), "lines are numbered from 1"));
        }
    }
    if input.context.is_some() && input.around.is_none() {
        let message = "context is given without around";
        return Err(ToolError::new(message, "give the sequence of a line as around"));
    }
    match (input.last, input.from, input.to, input.around) {
        (last, None, None, None) => {
            let last = bounded("last", last.unwrap_or(LAST_DEFAULT), 1, LAST_MAX)?;
            Ok((LogRange::Tail(u64::from(last)), Keep::Last))
        }
        (None, None, None, Some(around)) => {
            let context = input.context.unwrap_or(CONTEXT_DEFAULT);
            let context = u64::from(bounded("context", context, 0, CONTEXT_MAX)?);
            let first = around.saturating_sub(context);
            let last = around.saturating_add(context).min(SEQUENCE_MAX);
            Ok((LogRange::Sequences { first, last }, Keep::Around(around)))
        }
        (None, from, to, None) => {
            let (first, last) = (from.unwrap_or(1), to.unwrap_or(SEQUENCE_MAX).min(SEQUENCE_MAX));
            if first > last {
                let message = format!("from is {first}, which is after to, {last}");
                return Err(ToolError::new(message, "exchange them, or leave one of them out"));
            }
            Ok((LogRange::Sequences { first, last }, Keep::First))
        }
        _ => Err(ToolError::new(
            "more than one part of the log is asked for",
            "give last alone, or from and to, or around with context",
        )),
    }
}

fn bounded(name: &str, value: u32, least: u32, most: u32) -> Result<u32, ToolError> {
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    let message = format!("{name} is {value}; it must be {least} to {most}");
    Err(ToolError::new(message, "correct it, or leave it out to have its default"))
}

fn text<T: FromStr<Err = InvalidValue>>(text: Option<&str>) -> Result<Option<T>, ToolError> {
    let value = text.map(T::from_str).transpose();
    value.map_err(|error| ToolError::new(error.to_string(), "leave it out to have every line"))
}

fn notice(left_out: &[LeftOut], bytes_max: u32) -> Option<String> {
    if left_out.is_empty() {
        return None;
    }
    let ranges = left_out.iter().map(|LeftOut { from, to }| format!("from={from} to={to}"));
    let ranges = ranges.collect::<Vec<_>>().join(", then ");
    let how = "to read what is left out, call get_logs with";
    Some(format!("[truncated at max_bytes={bytes_max}: {how} {ranges}]"))
}
