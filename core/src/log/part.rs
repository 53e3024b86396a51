//! Which part of a log is asked for, and what it reads as.

use super::{Gap, Level, LineRef, PieceHead, Stream};

/// Which part of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogRange {
    /// Sequences from `first` to `last`, both included; the first line has sequence 1.
    Sequences {
        /// First sequence.
        first: u64,
        /// Last sequence.
        last: u64,
    },
    /// The last lines that pass the filter.
    Tail(u64),
}

impl LogRange {
    /// Everything.
    pub const ALL: Self = Self::Sequences { first: 0, last: i64::MAX as u64 };
}

/// Which lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Only of this stream.
    pub stream: Option<Stream>,
    /// Only of at least this level; lines without a level do not pass.
    pub level: Option<Level>,
}

impl LogFilter {
    /// Whether a line of the piece may pass, as far as its head tells.
    pub(crate) fn may_occur_in(&self, head: &PieceHead) -> bool {
        self.stream.is_none_or(|stream| head.contents.has_stream(stream))
            && self.level.is_none_or(|level| head.contents.has_level(level))
    }

    /// Whether the line passes.
    pub fn passes(&self, line: &LineRef<'_>) -> bool {
        self.stream.is_none_or(|stream| line.stream == stream)
            && self.level.is_none_or(|least| line.level.is_some_and(|level| level >= least))
    }
}

/// What a log reads as, in order.
#[derive(Clone, Copy, Debug)]
pub enum LogEntry<'a> {
    /// A line with its sequence.
    Line(u64, LineRef<'a>),
    /// A range of lines that are gone.
    Gap(&'a Gap),
}
