//! What people and programs do to a history.

use runlog_contract::random::Random;
use runlog_core::clock::{Clock, ClockTime};
use runlog_core::codec::RowRecord;
use runlog_core::history::{HistoryError, HistoryWriter};
use runlog_core::id::{DeviceId, ExecutionId};
use runlog_core::log::{LineRef, Lines, LogLimits, Stream};
use runlog_core::model::{Ending, Kind, NewExecution, Outcome, Tag};
use runlog_core::time::Timestamp;

use crate::plan::Faults;

/// One edit of one execution.
#[derive(Clone, Debug)]
pub enum Edit {
    /// A run is recorded; with a note it is running at once.
    Start(Option<String>),
    /// A run that was recorded begins to run.
    Begin,
    /// A run ends.
    Finish,
    /// A run is judged lost.
    Lose,
    /// A note is set.
    Note(String),
    /// A run is pinned or no longer so.
    Pin(bool),
    /// A tag, by its number, is added.
    Tag(u64),
    /// A tag, by its number, is removed.
    Untag(u64),
    /// A run goes to the trash.
    Delete,
    /// A run comes back from the trash.
    Restore,
    /// A run goes for good.
    Purge,
    /// Lines are appended to the device's log of a run.
    Log {
        /// How many.
        lines: u64,
        /// What they begin with.
        text: String,
        /// Whether the piece is sealed at once.
        seal: bool,
    },
    /// By a program that knows a column which this one does not.
    Mood {
        /// What it writes there.
        text: String,
        /// When, and as which device.
        clock: Clock,
    },
}

impl Edit {
    /// Any edit; `number` makes its text unlike any other.
    pub fn any(random: &mut Random, number: u64, faults: &Faults, now: Timestamp) -> Self {
        match random.below(22) {
            0 => Self::Start(random.chance(50).then(|| format!("a{number}"))),
            1 => Self::Begin,
            2 | 3 => Self::Finish,
            4 => Self::Lose,
            5..=8 => Self::Note(format!("n{number}")),
            9 => Self::Pin(random.chance(60)),
            10 | 11 => Self::Tag(random.below(2)),
            12 => Self::Untag(random.below(2)),
            13 | 14 => Self::Delete,
            15 => Self::Restore,
            16 if faults.purge > 0 => Self::Purge,
            17 if faults.newer > 0 => {
                let millis = u64::try_from(now.as_millis()).unwrap_or(0);
                let device = DeviceId::from_u128(0xe000 + u128::from(number));
                let clock = Clock { time: ClockTime::new(millis, 0), device };
                Self::Mood { text: format!("m{number}"), clock }
            }
            _ => Self::Log {
                lines: 1 + random.below(3),
                text: format!("l{number}"),
                seal: random.chance(80),
            },
        }
    }

    /// Whether an older program cannot do it, because it does not know what it would write.
    pub fn needs_newest(&self) -> bool {
        matches!(self, Self::Start(_) | Self::Note(_) | Self::Tag(_) | Self::Untag(_))
    }

    /// Does it.
    ///
    /// # Errors
    /// Those of the history: many edits are not possible where they are tried.
    pub fn run(
        &self,
        writer: &mut HistoryWriter<'_>,
        id: ExecutionId,
        at: Timestamp,
    ) -> Result<(), HistoryError> {
        let tag = |n: &u64| Tag::new(format!("t{n}"));
        match self {
            Self::Start(note) => {
                let mut new = NewExecution::new(id, Kind::Job, "nightly", at)?;
                new.note.clone_from(note);
                new.started_at = note.is_some().then_some(at);
                writer.start(&new)
            }
            Self::Begin => writer.begin_running(id, at),
            Self::Finish => writer.finish(id, &Ending::new(Outcome::Completed, at)),
            Self::Lose => writer.lose(id, at),
            Self::Note(text) => writer.set_note(id, Some(text)),
            Self::Pin(pinned) => writer.set_pinned(id, *pinned),
            Self::Tag(n) => writer.tag(id, &tag(n)?),
            Self::Untag(n) => writer.untag(id, &tag(n)?),
            Self::Delete => writer.delete(id),
            Self::Restore => writer.restore(id),
            Self::Purge => writer.purge(id),
            Self::Log { lines, text, seal } => {
                if writer.reader().execution(id)?.is_none() {
                    return Err(HistoryError::NotFound { id });
                }
                let mut log = writer.open_log(id, LogLimits::default())?;
                writer.append_log(&mut log, &some_lines(*lines, text, at))?;
                if *seal { writer.seal_log(&mut log) } else { Ok(()) }
            }
            Self::Mood { text, clock } => {
                let cells = vec![("mood".to_owned(), text.as_str().into())];
                let (table, key) = ("executions".to_owned(), id.as_bytes().to_vec());
                let record = RowRecord { table, key, clock: *clock, cells };
                writer.merge(vec![record]).map(|_| ())
            }
        }
    }
}

fn some_lines(count: u64, text: &str, time: Timestamp) -> Lines {
    let mut lines = Lines::new();
    for n in 0..count {
        let bytes = format!("{text} {n}");
        let stream = Stream::Stdout;
        lines.push(LineRef {
            time,
            stream,
            level: None,
            continued: false,
            bytes: bytes.as_bytes(),
        });
    }
    lines
}
