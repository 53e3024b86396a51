//! How much of an execution's log is kept.

/// How much of one execution's log is kept: its head and its tail, what lies between is dropped as
/// whole pieces and remembered as a [`Gap`](super::Gap).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogLimits {
    /// Bytes of text, before compression.
    pub bytes: u64,
    /// Lines.
    pub lines: u64,
}

impl LogLimits {
    /// Nothing is dropped.
    pub const UNLIMITED: Self = Self { bytes: u64::MAX, lines: u64::MAX };

    /// Of the limits, the part that the head of the log may fill: a quarter.
    pub const fn head(self) -> Self {
        Self { bytes: self.bytes / 4, lines: self.lines / 4 }
    }

    /// What remains for the tail.
    pub const fn tail(self) -> Self {
        let head = self.head();
        Self { bytes: self.bytes - head.bytes, lines: self.lines - head.lines }
    }

    pub(crate) const fn holds(self, bytes: u64, lines: u64) -> bool {
        bytes <= self.bytes && lines <= self.lines
    }
}

impl Default for LogLimits {
    /// 128 MiB of text and 2,000,000 lines.
    fn default() -> Self {
        Self { bytes: 128 << 20, lines: 2_000_000 }
    }
}
