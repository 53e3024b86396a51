//! Log lines: in columnar batches, stored as pieces.
//!
//! A run's own device numbers its lines from 1, without clocks: the key of a line is (execution,
//! device, sequence), and no line is ever written twice. Lines are kept in [pieces](PieceHead) of consecutive
//! sequence numbers. New lines gather in small *open* pieces; once they reach
//! [`PIECE_BYTES`] or [`PIECE_LINES`] they are *sealed* into one piece whose boundaries never change
//! again, so that the pieces that different backends got never overlap. What limits or retention
//! remove is whole pieces, remembered as a [`Gap`] that travels.

mod level;
mod limits;
mod lines;
mod lines_codec;
mod part;

pub use level::detect_level;
pub use limits::LogLimits;
pub use lines::{LineRef, Lines};
pub use lines_codec::{decode_lines, encode_lines};
pub use part::{LogEntry, LogFilter, LogRange};

use crate::change::ChangeNumber;
use crate::id::{DeviceId, ExecutionId};
use crate::model::text_enum;
use crate::time::Timestamp;

text_enum! {
    /// Where a line came from.
    Stream in "stream" {
        /// Standard output; in a pseudo-terminal, both.
        Stdout = "stdout",
        /// Standard error.
        Stderr = "stderr",
        /// A structured event: the line is a JSON object.
        Event = "event",
    }
}

text_enum! {
    /// How grave a line is, least first.
    Level in "level" {
        /// Finest detail.
        Trace = "trace",
        /// For those who debug.
        Debug = "debug",
        /// Normal operation.
        Info = "info",
        /// Something to look at.
        Warn = "warn",
        /// Something failed.
        Error = "error",
    }
}

/// Raw bytes (text and separators) at which open pieces are sealed.
pub const PIECE_BYTES: usize = 128 << 10;
/// Lines at which open pieces are sealed.
pub const PIECE_LINES: usize = 2_000;
/// Longest line in bytes; longer ones are cut into pieces that are marked as continued.
pub const LINE_BYTES_MAX: usize = 16 << 10;

/// Where a log of one execution comes from: the execution and the device that wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogKey {
    /// The execution.
    pub execution: ExecutionId,
    /// The device that wrote.
    pub device: DeviceId,
}

/// What is known of a piece without opening it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PieceHead {
    /// Whose log.
    pub log: LogKey,
    /// Sequence of the first line.
    pub first: u64,
    /// Sequence of the last line.
    pub last: u64,
    /// Bytes of text, as they were before compression.
    pub bytes: u64,
    /// Time of the last line.
    pub last_at: Timestamp,
    /// Which streams and levels occur.
    pub contents: Contents,
    /// Whether the boundaries are final.
    pub sealed: bool,
    /// The change number of a sealed piece; zero for an open one.
    pub change: ChangeNumber,
}

impl PieceHead {
    /// Of lines, of which there must be some, that are not sealed.
    pub(crate) fn open(log: LogKey, first: u64, lines: &Lines) -> Self {
        Self {
            log,
            first,
            last: first + (lines.len() as u64).max(1) - 1,
            bytes: lines.bytes() as u64,
            last_at: lines.last_at(),
            contents: lines.contents(),
            sealed: false,
            change: ChangeNumber::ZERO,
        }
    }
}

/// Which streams and levels occur among lines: a reader that filters skips the piece by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents(u16);

impl Contents {
    /// From its stored form.
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// The stored form: bit n for stream n, bit 8 + n for level n, bit 13 for lines without level.
    pub const fn bits(self) -> u16 {
        self.0
    }

    pub(crate) fn add(&mut self, stream: Stream, level: Option<Level>) {
        self.0 |= 1 << stream as u16;
        self.0 |= 1 << (8 + level.map_or(5, |level| level as u16));
    }

    /// Whether a line of this stream occurs.
    pub fn has_stream(self, stream: Stream) -> bool {
        self.0 >> stream as u16 & 1 == 1
    }

    /// Whether a line of at least this level occurs.
    pub fn has_level(self, least: Level) -> bool {
        let levels = self.0 >> 8 & 0b1_1111;
        levels >> least as u16 != 0
    }
}

/// Why lines are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum GapReason {
    /// The execution's log was larger than its limits.
    Limit,
    /// The recorder's queue was full and its policy was to drop.
    Queue,
}

impl GapReason {
    /// The stable text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Queue => "queue",
        }
    }

    /// From the text form.
    pub fn from_text(text: &str) -> Option<Self> {
        [Self::Limit, Self::Queue].into_iter().find(|reason| reason.as_str() == text)
    }
}

/// A range of lines that are gone for good: it travels, and late copies of its pieces stay out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Whose log.
    pub log: LogKey,
    /// First sequence that is gone.
    pub first: u64,
    /// Last sequence that is gone.
    pub last: u64,
    /// Bytes of text that are gone, where known.
    pub bytes: u64,
    /// Why.
    pub reason: GapReason,
    /// First sequences of the sealed pieces that were removed, ascending: what a relay removes.
    pub pieces: Vec<u64>,
    /// Its change number.
    pub change: ChangeNumber,
}

impl Gap {
    /// How many lines are gone.
    pub fn lines(&self) -> u64 {
        self.last - self.first + 1
    }
}
