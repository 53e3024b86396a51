//! The thread that writes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use runlog_core::history::{History, HistoryError, HistoryWriter, LogWriter};
use runlog_core::id::ExecutionId;
use runlog_sqlite::SqliteStore;

use super::flush::Failure;
use super::queue::{Batch, End, Queue, Segment, answer_all};
use crate::options::Options;
use crate::owner::Owner;
use crate::system;

/// Writes what the queue holds until the recorder stops.
pub(super) struct Writer {
    history: History<SqliteStore>,
    owner: Owner,
    queue: Arc<Queue>,
    options: Options,
    /// The runs under way and where their logs stand.
    logs: BTreeMap<ExecutionId, LogWriter>,
    heartbeat_at: Instant,
}

/// How often a write is tried once the recorder stops, before what is left is given up.
const TRIES_AT_STOP: u32 = 3;

impl Writer {
    pub(super) fn new(
        history: History<SqliteStore>,
        owner: Owner,
        queue: Arc<Queue>,
        options: Options,
    ) -> Self {
        let heartbeat_at = Instant::now();
        Self { history, owner, queue, options, logs: BTreeMap::new(), heartbeat_at }
    }

    pub(super) fn run(mut self) {
        let gone = Gone(Arc::clone(&self.queue));
        while let Some(mut batch) = self.queue.take(self.until_heartbeat()) {
            detect_levels(&mut batch);
            self.write_until_done(&mut batch);
            self.beat();
        }
        drop(gone);
    }

    /// Tries to write a batch until it is written. Those who wait for it are told after each try.
    fn write_until_done(&mut self, batch: &mut Batch) {
        let mut tries = 0;
        loop {
            let written = self.write(batch);
            let flushes = std::mem::take(&mut batch.flushes);
            match written {
                Ok(refused) => {
                    let outcome = refused.as_ref().map_or(Ok(()), |error| Err(failure(error)));
                    self.queue.written(refused.map(|error| error.to_string()));
                    answer_all(&flushes, &outcome);
                    return;
                }
                Err(error) => {
                    answer_all(&flushes, &Err(failure(&error)));
                    self.queue.failed(error.to_string());
                }
            }
            tries += 1;
            if self.queue.is_stopping() && tries >= TRIES_AT_STOP {
                return;
            }
            batch.flushes = self.queue.wait_for_retry(self.options.recorder.retry_delay);
        }
    }

    /// Writes a batch in one transaction. An operation that is refused for a reason of its own (an
    /// id that is taken) is left out, and the first such refusal is returned; where the store
    /// fails, nothing is written.
    fn write(&mut self, batch: &Batch) -> Result<Option<HistoryError>, HistoryError> {
        if batch.is_empty() {
            return Ok(None);
        }
        let mut logs = self.logs_of(batch);
        let (owner, limits) = (self.owner.id(), self.options.log_limits);
        let refused = self.history.write(system::now(), |tx| {
            let mut refused = Refused::default();
            for new in &batch.starts {
                let started = tx.start(new).and_then(|()| tx.hold_lease(new.id, owner));
                if refused.note(started)? {
                    logs.insert(new.id, tx.open_log(new.id, limits)?);
                }
            }
            for (id, params) in &batch.params {
                refused.note(tx.set_params(*id, params))?;
            }
            for (id, attributes) in &batch.attributes {
                refused.note(tx.set_attributes(*id, attributes))?;
            }
            for (id, segments) in &batch.lines {
                if let Some(log) = logs.get_mut(id) {
                    append(tx, log, segments)?;
                }
            }
            for (id, end) in &batch.ends {
                if let Some(log) = logs.get_mut(id) {
                    tx.seal_log(log)?;
                    refused.note(finish(tx, *id, end))?;
                }
            }
            Ok(refused.first)
        })?;
        self.logs.extend(logs);
        batch.ends.iter().for_each(|(id, _)| {
            self.logs.remove(id);
        });
        Ok(refused)
    }

    /// Copies of the logs that a batch moves: what a failed transaction moved must not stay moved.
    fn logs_of(&self, batch: &Batch) -> BTreeMap<ExecutionId, LogWriter> {
        let ids = batch.lines.keys().chain(batch.ends.iter().map(|(id, _)| id));
        ids.filter_map(|id| Some((*id, self.logs.get(id)?.clone()))).collect()
    }

    fn until_heartbeat(&self) -> Duration {
        if self.logs.is_empty() {
            return Duration::from_secs(3600);
        }
        let due = self.heartbeat_at + self.options.recorder.heartbeat;
        due.saturating_duration_since(Instant::now())
    }

    /// Says that this process lives, where that is due. A beat that fails is made up by the next.
    fn beat(&mut self) {
        if self.logs.is_empty() {
            self.heartbeat_at = Instant::now();
            return;
        }
        if self.heartbeat_at.elapsed() < self.options.recorder.heartbeat {
            return;
        }
        self.heartbeat_at = Instant::now();
        let (logs, owner) = (&self.logs, self.owner.id());
        let beaten = self
            .history
            .write(system::now(), |tx| logs.keys().try_for_each(|id| tx.hold_lease(*id, owner)));
        if let Err(error) = beaten {
            self.queue.failed(error.to_string());
        }
    }
}

/// Tells the queue that its writer is gone, also after a panic.
struct Gone(Arc<Queue>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.stopped();
    }
}

/// The first operation of a batch that was refused for a reason of its own.
#[derive(Default)]
struct Refused {
    first: Option<HistoryError>,
}

impl Refused {
    /// Whether the operation was done. A failing store is an error of the whole batch.
    fn note(&mut self, done: Result<(), HistoryError>) -> Result<bool, HistoryError> {
        match done {
            Ok(()) => Ok(true),
            Err(HistoryError::Store(error)) => Err(HistoryError::Store(error)),
            Err(refusal) => {
                self.first.get_or_insert(refusal);
                Ok(false)
            }
        }
    }
}

fn finish(tx: &mut HistoryWriter<'_>, id: ExecutionId, end: &End) -> Result<(), HistoryError> {
    match end {
        End::Finished(ending) => tx.finish(id, ending),
        End::Lost(at) => tx.lose(id, *at),
    }
}

fn append(
    tx: &mut HistoryWriter<'_>,
    log: &mut LogWriter,
    segments: &[Segment],
) -> Result<(), HistoryError> {
    for segment in segments {
        match segment {
            Segment::Lines(lines) => tx.append_log(log, lines)?,
            Segment::Dropped { lines, bytes } => tx.note_dropped(log, *lines, *bytes)?,
        }
    }
    Ok(())
}

/// Gives raw lines the level that they name.
fn detect_levels(batch: &mut Batch) {
    for segment in batch.lines.values_mut().flatten() {
        if let Segment::Lines(lines) = segment {
            lines.detect_levels();
        }
    }
}

fn failure(error: &HistoryError) -> Failure {
    let source = match error {
        HistoryError::Store(source) => Some(source.clone()),
        _ => None,
    };
    Failure { message: error.to_string(), source }
}
