//! Printing a log: which part, and following one that grows.

mod json;
mod text;

use std::io;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use clap::Args;
use runlog::Runlog;
use runlog::history::{HistoryError, HistoryReader};
use runlog::id::{ExecutionId, IdPattern};
use runlog::log::{Gap, Level, LineRef, LogEntry, LogFilter, LogRange, Stream};

use crate::context::Context;
use crate::error::Error;
use crate::text::argument;

/// Print what an execution has printed, and its structured events
///
///   runlog logs 1f3a9c02 --tail 20
///   runlog logs 1f3a9c02 --follow
///   runlog logs 1f3a9c02 --level warn --json
///
/// Lines are numbered from 1. Colours and other control sequences of the program are passed on to a
/// terminal only, unless --raw asks for the bytes as they were. An event is printed as its type and
/// its members behind an @.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Logs {
    /// Which execution
    id: IdPattern,
    /// Only the last N lines
    #[arg(long, short = 'n', value_name = "N", conflicts_with = "range")]
    tail: Option<u64>,
    /// Go on printing until the execution ends
    #[arg(long, short)]
    follow: bool,
    /// Only lines of this stream
    #[arg(long, value_parser = argument::stream())]
    stream: Option<Stream>,
    /// Only lines that name this level or a graver one
    #[arg(long, value_parser = argument::level())]
    level: Option<Level>,
    /// Lines A to B, both included; either may be left out
    #[arg(long, value_name = "A..B", value_parser = parse_range)]
    range: Option<(u64, u64)>,
    /// Print the time of each line before it
    #[arg(long, short, conflicts_with_all = ["json", "raw"])]
    time: bool,
    /// Print every byte as the program did
    #[arg(long, conflicts_with = "json")]
    raw: bool,
    /// Print a JSON object for each line
    #[arg(long)]
    json: bool,
}

/// Where lines go. What is printed gathers until [`Printer::flush`], so that no transaction waits
/// for a slow reader of our output.
trait Printer {
    fn line(&mut self, sequence: u64, line: &LineRef<'_>);

    /// Lines are gone. `first` is the first of them that was not told about yet.
    fn gap(&mut self, first: u64, gap: &Gap);

    /// Bytes that wait to be printed.
    fn waiting(&self) -> usize;

    fn flush(&mut self) -> io::Result<()>;

    /// No more lines follow.
    fn end(&mut self) -> io::Result<()>;
}

/// How many bytes are read before they are printed.
const READ_BYTES: usize = 1 << 20;
/// How often a log that is followed is looked at.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(100);
/// How often it is checked whether the process that records it still lives.
const JUDGE_INTERVAL: Duration = Duration::from_secs(1);

impl Logs {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        let runlog = context.open()?;
        let id = runlog.find(&self.id)?;
        let mut printer: Box<dyn Printer> = if self.json {
            Box::new(json::Json::new(context.raw_out()))
        } else if self.raw {
            Box::new(text::Text::raw(context.raw_out()))
        } else {
            Box::new(text::Text::new(context.out(), self.time))
        };
        let mut position = Position {
            id,
            next: self.first_range(),
            filter: LogFilter { stream: self.stream, level: self.level },
        };
        let mut judged = Instant::now();
        loop {
            let read = runlog.read(|history| position.read(history, printer.as_mut()))?;
            printer.flush()?;
            match read {
                Read::More => continue,
                Read::AllOfRange => break,
                Read::AllSoFar { ended } if ended || !self.follow => break,
                Read::AllSoFar { .. } => {}
            }
            std::thread::sleep(FOLLOW_INTERVAL);
            if judged.elapsed() >= JUDGE_INTERVAL {
                judge(&runlog);
                judged = Instant::now();
            }
        }
        Ok(printer.end()?)
    }

    fn first_range(&self) -> LogRange {
        match (self.tail, self.range) {
            (Some(count), _) => LogRange::Tail(count),
            (None, Some((first, last))) => LogRange::Sequences { first, last },
            (None, None) => LogRange::ALL,
        }
    }
}

/// The process that records what is followed may have died since the history was opened. Where that
/// cannot be noted now, it will be the next time.
fn judge(runlog: &Runlog) {
    if let Err(error) = runlog.lose_orphans() {
        tracing::warn!(%error, "could not check whether the recording process lives");
    }
}

/// How far a read came.
enum Read {
    /// There is more to be had at once.
    More,
    /// Everything that was asked for was read.
    AllOfRange,
    /// Everything that is there was read; once the execution has ended, nothing follows.
    AllSoFar { ended: bool },
}

/// Where reading stands.
struct Position {
    id: ExecutionId,
    next: LogRange,
    filter: LogFilter,
}

impl Position {
    /// Reads on, within one transaction, so that an ending that is seen comes with all its lines.
    fn read(
        &mut self,
        history: &HistoryReader<'_>,
        printer: &mut dyn Printer,
    ) -> Result<Read, HistoryError> {
        let (mut first, last) = match self.next {
            LogRange::Sequences { first, last } => (first, last),
            LogRange::Tail(_) => (0, i64::MAX as u64),
        };
        let mut full = false;
        history.log(self.id, self.next, &self.filter, &mut |entry| {
            match entry {
                LogEntry::Line(sequence, line) => {
                    printer.line(sequence, &line);
                    first = sequence + 1;
                }
                LogEntry::Gap(gap) => {
                    printer.gap(gap.first.max(first), gap);
                    first = gap.last + 1;
                }
            }
            full = printer.waiting() >= READ_BYTES;
            if full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if !full {
            first = first.max(history.last_sequence(self.id)? + 1);
        }
        self.next = LogRange::Sequences { first, last };
        if first > last {
            return Ok(Read::AllOfRange);
        }
        if full {
            return Ok(Read::More);
        }
        let execution = history.execution(self.id)?;
        let ended = execution.is_none_or(|execution| execution.status().is_terminal());
        Ok(Read::AllSoFar { ended })
    }
}

/// Reads `A..B`, `A..`, `..B` or `A`.
fn parse_range(text: &str) -> Result<(u64, u64), String> {
    let wrong = || "write it as 100..200, 100.., ..200 or 100".to_owned();
    let number = |text: &str| text.parse::<u64>().map_err(|_| wrong());
    let Some((first, last)) = text.split_once("..") else {
        return number(text).map(|number| (number, number));
    };
    let open_end = i64::MAX as u64;
    let first = if first.is_empty() { 0 } else { number(first)? };
    let last = if last.is_empty() { open_end } else { number(last)?.min(open_end) };
    if first > last { Err("it ends before it begins".to_owned()) } else { Ok((first, last)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_include_both_ends_and_may_be_open() {
        let end = i64::MAX as u64;
        let cases = [("2..5", (2, 5)), ("2..", (2, end)), ("..5", (0, 5)), ("7", (7, 7))];
        for (text, range) in cases {
            assert_eq!(parse_range(text), Ok(range), "{text}");
        }
        for text in ["", "a..b", "5..2", "-1..3"] {
            assert!(parse_range(text).is_err(), "{text}");
        }
    }
}
