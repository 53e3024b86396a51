//! What runs have reported and the writer has not taken yet.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use runlog_core::id::ExecutionId;
use runlog_core::log::{LineRef, Lines};
use runlog_core::model::{Attributes, Ending, NewExecution, Params};
use runlog_core::time::Timestamp;

use super::flush::{Failure, Flush, Outcome, Ticket};
use crate::Error;
use crate::options::{Overflow, RecorderOptions};

/// How the recorder fares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecorderStats {
    /// Lines dropped because the queue was full.
    pub dropped_lines: u64,
    /// Their bytes.
    pub dropped_bytes: u64,
    /// Bytes of lines that wait to be written.
    pub waiting_bytes: usize,
    /// Operations that were refused for a reason of their own, such as an id that is taken.
    pub refused: u64,
    /// What the last write failed with, or the last refused operation was refused with.
    pub failure: Option<String>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    /// As it said.
    Finished(Ending),
    /// Its handle was dropped without a word.
    Lost(Timestamp),
}

/// Consecutive lines of one run, or the room of lines that were dropped.
#[derive(Debug)]
pub(super) enum Segment {
    Lines(Lines),
    Dropped { lines: u64, bytes: u64 },
}

/// Everything reported since the writer last took it. Within a batch, starts come before edits,
/// edits before lines, lines before endings.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) starts: Vec<NewExecution>,
    pub(super) params: BTreeMap<ExecutionId, Params>,
    pub(super) attributes: BTreeMap<ExecutionId, Attributes>,
    pub(super) lines: BTreeMap<ExecutionId, Vec<Segment>>,
    pub(super) ends: Vec<(ExecutionId, End)>,
    pub(super) flushes: Vec<Arc<Ticket>>,
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.starts.is_empty()
            && self.params.is_empty()
            && self.attributes.is_empty()
            && self.lines.is_empty()
            && self.ends.is_empty()
            && self.flushes.is_empty()
    }
}

#[derive(Debug, Default)]
struct State {
    batch: Batch,
    /// Bytes and lines in `batch`.
    bytes: usize,
    lines: usize,
    /// When the first line of the batch came.
    since: Option<Instant>,
    /// Something in the batch does not wait for more.
    urgent: bool,
    stopping: bool,
    stopped: bool,
    /// How long lines have waited for room in all.
    waited: Duration,
    stats: RecorderStats,
}

/// The queue between handles and writer.
#[derive(Debug)]
pub(crate) struct Queue {
    options: RecorderOptions,
    state: Mutex<State>,
    /// Something for the writer.
    work: Condvar,
    /// Room for those who wait.
    room: Condvar,
}

/// Bytes at which a segment is closed. A queue of one growing buffer would be copied as it grows,
/// and take twice its size meanwhile.
const SEGMENT_BYTES: usize = 256 << 10;
/// What a line costs in the queue beside its bytes.
const LINE_OVERHEAD_BYTES: usize = 16;

impl Queue {
    pub(super) fn new(options: RecorderOptions) -> Self {
        Self { options, state: Mutex::default(), work: Condvar::new(), room: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn urgent(&self, mut state: MutexGuard<'_, State>) {
        state.urgent = true;
        drop(state);
        self.work.notify_one();
    }

    pub(super) fn start(&self, new: NewExecution) -> Result<(), Error> {
        let mut state = self.lock();
        if state.stopped {
            return Err(Error::Stopped);
        }
        state.batch.starts.push(new);
        self.urgent(state);
        Ok(())
    }

    pub(super) fn set_params(&self, id: ExecutionId, params: Params) {
        let mut state = self.lock();
        state.batch.params.insert(id, params);
        self.urgent(state);
    }

    pub(super) fn set_attributes(&self, id: ExecutionId, attributes: Attributes) {
        let mut state = self.lock();
        state.batch.attributes.insert(id, attributes);
        self.urgent(state);
    }

    pub(super) fn end(&self, id: ExecutionId, end: End) {
        let mut state = self.lock();
        state.batch.ends.push((id, end));
        self.urgent(state);
    }

    pub(super) fn flush(&self) -> Flush {
        let (flush, ticket) = Flush::new();
        let mut state = self.lock();
        if state.stopped {
            ticket.answer(Err(stopped()));
            return flush;
        }
        state.batch.flushes.push(ticket);
        self.urgent(state);
        flush
    }

    /// Queues a line. Of a full queue see [`Overflow`].
    pub(super) fn push(&self, id: ExecutionId, line: LineRef<'_>) {
        let cost = line.bytes.len() + LINE_OVERHEAD_BYTES;
        let mut state = self.lock();
        // A line larger than the whole queue is taken when the queue is empty.
        while state.bytes > 0 && state.bytes + cost > self.options.queue_bytes {
            let patience = match self.options.overflow {
                Overflow::Drop => Duration::ZERO,
                Overflow::Wait => Duration::MAX,
                Overflow::WaitAtMost(all) => all.saturating_sub(state.waited),
            };
            if patience.is_zero() || state.stopped {
                drop_line(&mut state, id, line.bytes.len());
                return;
            }
            state.urgent = true;
            self.work.notify_one();
            let began = Instant::now();
            let waited = self.room.wait_timeout(state, patience);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            state.waited += began.elapsed();
        }
        state.bytes += cost;
        state.lines += 1;
        let segments = state.batch.lines.entry(id).or_default();
        match segments.last_mut() {
            Some(Segment::Lines(lines)) if lines.bytes() < SEGMENT_BYTES => lines.push(line),
            _ => {
                let mut lines = Lines::new();
                lines.push(line);
                segments.push(Segment::Lines(lines));
            }
        }
        let first = state.since.is_none();
        if first {
            state.since = Some(Instant::now());
        }
        let full =
            state.bytes >= self.options.batch_bytes || state.lines >= self.options.batch_lines;
        let newly_full = full && !state.urgent;
        state.urgent |= full;
        drop(state);
        if first || newly_full {
            self.work.notify_one();
        }
    }

    /// Waits for work, at most `wait`, and takes all of it. `None` when the recorder stops and
    /// nothing is left.
    pub(super) fn take(&self, wait: Duration) -> Option<Batch> {
        let deadline = Instant::now() + wait;
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            let due = state.since.map(|since| since + self.options.batch_delay);
            if state.urgent || state.stopping || due.is_some_and(|due| due <= now) {
                break;
            }
            let until = due.map_or(deadline, |due| due.min(deadline));
            if until <= now {
                break;
            }
            state = self
                .work
                .wait_timeout(state, until - now)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        if state.stopping && state.batch.is_empty() {
            return None;
        }
        state.urgent = false;
        state.since = None;
        state.lines = 0;
        Some(std::mem::take(&mut state.batch))
    }

    /// The writer has written what it took, but for an operation that was refused: there is room
    /// again.
    pub(super) fn written(&self, refused: Option<String>) {
        let mut state = self.lock();
        let waiting: usize = state.batch.lines.values().flatten().map(cost_of).sum();
        state.bytes = waiting;
        state.stats.refused += u64::from(refused.is_some());
        state.stats.failure = refused;
        drop(state);
        self.room.notify_all();
    }

    /// The writer could not write; what it took counts as waiting until it can.
    pub(super) fn failed(&self, message: String) {
        self.lock().stats.failure = Some(message);
    }

    /// Waits until it is time to try again, or the recorder stops, and takes those who have come to
    /// wait meanwhile.
    pub(super) fn wait_for_retry(&self, delay: Duration) -> Vec<Arc<Ticket>> {
        let deadline = Instant::now() + delay;
        let mut state = self.lock();
        while !state.stopping {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.work.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        std::mem::take(&mut state.batch.flushes)
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.lock().stopping
    }

    pub(super) fn stop(&self) {
        self.lock().stopping = true;
        self.work.notify_one();
    }

    /// The writer is gone: nobody waits for it any more.
    pub(super) fn stopped(&self) {
        let mut state = self.lock();
        state.stopped = true;
        let flushes = std::mem::take(&mut state.batch.flushes);
        drop(state);
        self.room.notify_all();
        flushes.iter().for_each(|ticket| ticket.answer(Err(stopped())));
    }

    pub(super) fn stats(&self) -> RecorderStats {
        let state = self.lock();
        RecorderStats { waiting_bytes: state.bytes, ..state.stats.clone() }
    }
}

fn drop_line(state: &mut State, id: ExecutionId, length: usize) {
    state.stats.dropped_lines += 1;
    state.stats.dropped_bytes += length as u64;
    let segments = state.batch.lines.entry(id).or_default();
    match segments.last_mut() {
        Some(Segment::Dropped { lines, bytes }) => {
            *lines += 1;
            *bytes += length as u64;
        }
        _ => segments.push(Segment::Dropped { lines: 1, bytes: length as u64 }),
    }
}

fn cost_of(segment: &Segment) -> usize {
    match segment {
        Segment::Lines(lines) => lines.bytes() + lines.len() * (LINE_OVERHEAD_BYTES - 1),
        Segment::Dropped { .. } => 0,
    }
}

fn stopped() -> Failure {
    Failure { message: Error::Stopped.to_string(), source: None }
}

/// Answers everybody.
pub(super) fn answer_all(flushes: &[Arc<Ticket>], outcome: &Outcome) {
    flushes.iter().for_each(|ticket| ticket.answer(outcome.clone()));
}
