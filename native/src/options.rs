//! How a history is opened and recorded.

use std::time::Duration;

use runlog_core::log::LogLimits;
use runlog_core::mask::{Masker, Pattern};
use runlog_sqlite::Durability;

/// How a history is opened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// What a commit survives. The death of the process, unless told.
    pub durability: Durability,
    /// How long to wait for another process that is writing: 30 s unless told.
    pub busy_timeout: Duration,
    /// How much of each log is kept.
    pub log_limits: LogLimits,
    /// How the recorder batches.
    pub recorder: RecorderOptions,
    /// Whether secrets are masked before they are written. They are, unless told.
    pub masking: Masking,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            durability: Durability::Process,
            busy_timeout: Duration::from_secs(30),
            log_limits: LogLimits::default(),
            recorder: RecorderOptions::default(),
            masking: Masking::default(),
        }
    }
}

/// Whether secrets are masked in what this process records and imports; see
/// [`mask`](runlog_core::mask) for what is found. What is in the history stays as it is.
///
/// ```
/// use runlog::{Masking, Options};
///
/// let mut options = Options::default();
/// options.masking = Masking::On { patterns: vec![r"badge-\d{6}".parse()?] };
/// # Ok::<(), runlog::mask::InvalidPattern>(())
/// ```
#[derive(Clone, Debug)]
pub enum Masking {
    /// What is known to be secret is masked, and what the patterns match.
    On {
        /// Patterns of the application or of its user; see [`read_mask_patterns`](crate::read_mask_patterns).
        patterns: Vec<Pattern>,
    },
    /// Everything is recorded as it is.
    Off,
}

impl Default for Masking {
    fn default() -> Self {
        Self::On { patterns: Vec::new() }
    }
}

impl Masking {
    pub(crate) fn masker(&self) -> Masker {
        match self {
            Self::On { patterns } => Masker::new(patterns.clone()),
            Self::Off => Masker::off(),
        }
    }
}

/// How the recorder batches and what it does when its queue is full.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RecorderOptions {
    /// Lines at which the writer is woken: 4,000 unless told.
    pub batch_lines: usize,
    /// Bytes of lines at which the writer is woken: 512 KiB unless told.
    pub batch_bytes: usize,
    /// How long a line waits at most for others: 100 ms unless told.
    pub batch_delay: Duration,
    /// Bytes that the queue holds: 24 MiB unless told.
    pub queue_bytes: usize,
    /// What happens to a line that finds the queue full: it is dropped unless told.
    pub overflow: Overflow,
    /// How often a run says that its process lives: every 10 s unless told.
    pub heartbeat: Duration,
    /// How long until a failed write is tried again: 1 s unless told.
    pub retry_delay: Duration,
}

impl Default for RecorderOptions {
    fn default() -> Self {
        Self {
            batch_lines: 4_000,
            batch_bytes: 512 << 10,
            batch_delay: Duration::from_millis(100),
            queue_bytes: 24 << 20,
            overflow: Overflow::Drop,
            heartbeat: Duration::from_secs(10),
            retry_delay: Duration::from_secs(1),
        }
    }
}

/// What happens to a line that finds the queue full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overflow {
    /// It is dropped and counted, and the log says where and how many: recording never slows the
    /// recorded program.
    Drop,
    /// Its program waits until there is room: nothing is dropped.
    Wait,
    /// Its program waits for room, for so long in all; from then on lines are dropped. A burst is
    /// kept whole, and a disk that hangs stops nobody.
    WaitAtMost(Duration),
}
