//! A job: one run of syncing with each of some backends.

use std::sync::Arc;

use super::lane::{Lane, LaneWant, Surroundings};
use super::pace::Pace;
use crate::entropy::Entropy;
use crate::history::{History, HistoryError};
use crate::id::{DeviceId, ExecutionId};
use crate::query::Cursor;
use crate::store::{BackendId, Store};
use crate::sync::message::{Answer, Request};
use crate::sync::run::{Cause, Direction, SyncId, SyncRun, SyncType};
use crate::sync::vault::Vault;
use crate::time::Timestamp;

/// What a job is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobOptions {
    /// Which way.
    pub direction: Direction,
    /// How much.
    pub sync_type: SyncType,
    /// What set it off.
    pub cause: Cause,
    /// Who set it off.
    pub triggered_by: String,
    /// With which backends; empty for all that take part.
    pub backends: Vec<BackendId>,
    /// Which executions, of a [`SyncType::Specific`] job.
    pub only: Vec<ExecutionId>,
    /// Whether to recompute digests from the rows, and repair what differs.
    pub verify: bool,
    /// About how many bytes of records are asked for at once.
    pub page_bytes: u32,
    /// About how many bytes of records are handed over at once.
    pub batch_bytes: usize,
    /// About how many milliseconds a step may take: pages and batches are as large as the steps told
    /// by [`Job::took`] let them, whatever `page_bytes` and `batch_bytes` say. `None` where nobody
    /// waits for a step to end.
    pub step_ms: Option<u32>,
    /// Where the history was copied to before the job, so that it can be undone.
    pub backup_path: Option<String>,
}

impl Default for JobOptions {
    fn default() -> Self {
        Self {
            direction: Direction::Bidirectional,
            sync_type: SyncType::Incremental,
            cause: Cause::Manual,
            triggered_by: "user".to_owned(),
            backends: Vec::new(),
            only: Vec::new(),
            verify: false,
            page_bytes: 1 << 20,
            batch_bytes: 2 << 20,
            step_ms: None,
            backup_path: None,
        }
    }
}

/// A request that the driver is to carry to a backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// To whom.
    pub backend: BackendId,
    /// As which device. It can become another one within a job: the driver obtains credentials for
    /// it then, by the vault's access key.
    pub device: DeviceId,
    /// What.
    pub request: Request,
}

/// A backend could not be reached, or did not answer in time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TransportError {
    /// What happened, for people, without secrets.
    pub message: String,
}

/// What a job wants next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// Carry this, and hand the answer to [`Job::answer`]. Asked again without an answer, it is the
    /// same errand: a push that is sent twice has the effect of one.
    Send(Errand),
    /// Poll again: something was done.
    Continue,
    /// Nothing: all is done.
    Done,
}

/// One run of syncing with each of some backends.
#[derive(Debug)]
pub struct Job {
    options: JobOptions,
    surroundings: Surroundings,
    lanes: Vec<Lane>,
    stage: Stage,
    cancelled: bool,
    pace: Option<Pace>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Begin,
    /// Pulling, with the lane of this number.
    Import(usize),
    /// Purging what the trash need not keep any longer, after this place.
    Trash(Option<Cursor>),
    /// Pushing and comparing.
    Export(usize),
    Done,
}

impl Job {
    /// A job that has not begun.
    pub fn new(vault: Arc<Vault>, options: JobOptions) -> Self {
        let surroundings = Surroundings { vault, options: options.clone() };
        let pace = options.step_ms.map(Pace::new);
        let mut job = Self {
            options,
            surroundings,
            lanes: Vec::new(),
            stage: Stage::Begin,
            cancelled: false,
            pace,
        };
        job.keep_pace();
        job
    }

    /// Goes on by one step: at most one transaction.
    ///
    /// # Errors
    /// The store's own errors. The job can be polled again; nothing was done by the step.
    pub fn poll<S: Store>(
        &mut self,
        history: &mut History<S>,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<Want, HistoryError> {
        let at = match self.stage {
            Stage::Begin => {
                self.begin(history, now, entropy)?;
                self.stage = Stage::Import(0);
                return Ok(Want::Continue);
            }
            Stage::Trash(after) => {
                self.stage = self.empty_trash(history, after, now)?;
                return Ok(Want::Continue);
            }
            Stage::Done => return Ok(Want::Done),
            Stage::Import(at) | Stage::Export(at) => at,
        };
        let importing = matches!(self.stage, Stage::Import(_));
        let Some(lane) = self.lanes.get_mut(at) else {
            self.stage = if importing { Stage::Trash(None) } else { Stage::Done };
            return Ok(Want::Continue);
        };
        if self.cancelled && !lane.is_over() {
            lane.cancel(history, now)?;
            return Ok(Want::Continue);
        }
        let want = match importing && lane.is_pulled() {
            true => LaneWant::Over,
            false => lane.poll(&self.surroundings, history, now, entropy)?,
        };
        Ok(match want {
            LaneWant::Send(request) => {
                let backend = lane.backend();
                self.keep_pace();
                Want::Send(Errand { backend, device: history.device(), request })
            }
            LaneWant::Continue => Want::Continue,
            LaneWant::Over => {
                self.stage = if importing { Stage::Import(at + 1) } else { Stage::Export(at + 1) };
                Want::Continue
            }
        })
    }

    /// Does what does not depend on the answer to the errand that is on its way: gathers and seals
    /// what is pushed next. A driver that can wait for an answer while it works calls this once
    /// after each [`Want::Send`]; nothing but time is lost without it.
    ///
    /// # Errors
    /// The store's own errors. Nothing was done.
    pub fn work_ahead<S: Store>(
        &mut self,
        history: &mut History<S>,
        entropy: &mut dyn Entropy,
    ) -> Result<(), HistoryError> {
        let Stage::Export(at) = self.stage else { return Ok(()) };
        match self.lanes.get_mut(at) {
            Some(lane) => lane.gather_ahead(&self.surroundings, history, entropy),
            None => Ok(()),
        }
    }

    /// Hands over what became of the errand.
    pub fn answer(&mut self, answer: Result<Answer, TransportError>) {
        let (Stage::Import(at) | Stage::Export(at)) = self.stage else { return };
        if let Some(lane) = self.lanes.get_mut(at) {
            lane.answer(answer);
        }
    }

    /// Adds to the bytes that were moved, for the history of syncing.
    pub fn count_bytes(&mut self, up: u64, down: u64) {
        let (Stage::Import(at) | Stage::Export(at)) = self.stage else { return };
        if let Some(lane) = self.lanes.get_mut(at) {
            lane.count_bytes(up, down);
        }
    }

    /// Tells how many milliseconds a step took, or what was done ahead: see
    /// [`JobOptions::step_ms`].
    pub fn took(&mut self, millis: f64) {
        if let Some(pace) = &mut self.pace {
            pace.took(millis);
        }
    }

    /// Stops at the next step: what was merged and acknowledged by then stays.
    pub fn cancel(&mut self) {
        self.cancelled = true;
    }

    /// The runs so far, one a backend.
    pub fn runs(&self) -> impl Iterator<Item = &SyncRun> {
        self.lanes.iter().map(Lane::run)
    }

    fn keep_pace(&mut self) {
        if let Some(pace) = &mut self.pace {
            let bytes = pace.next_bytes();
            self.surroundings.options.page_bytes = bytes;
            self.surroundings.options.batch_bytes = bytes as usize;
        }
    }

    /// One step of emptying the trash: everything has been pulled, so that edits made elsewhere are
    /// known, and nothing been pushed, so that the purges go with this job.
    fn empty_trash<S: Store>(
        &mut self,
        history: &mut History<S>,
        after: Option<Cursor>,
        now: Timestamp,
    ) -> Result<Stage, HistoryError> {
        let options = &self.options;
        let pushes_all = options.direction != Direction::RemoteToLocal
            && options.sync_type != SyncType::Specific;
        let is_due =
            after.is_some() || pushes_all && history.read(|reader| reader.is_trash_due(now))?;
        if self.cancelled || !is_due {
            return Ok(Stage::Export(0));
        }
        let emptied = history.write(now, |writer| writer.empty_trash(after))?;
        for lane in &mut self.lanes {
            lane.count_purged(emptied.purged);
        }
        Ok(emptied.next.map_or(Stage::Export(0), |next| Stage::Trash(Some(next))))
    }

    fn begin<S: Store>(
        &mut self,
        history: &mut History<S>,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<(), HistoryError> {
        let job = new_id(now, entropy);
        let chosen = &self.options.backends;
        let backends = history.read(|reader| Ok(reader.tx().backends()?))?;
        let taking_part = backends.into_iter().filter(|backend| {
            if chosen.is_empty() { backend.enabled } else { chosen.contains(&backend.id) }
        });
        let device = history.device();
        self.lanes = taking_part
            .map(|backend| {
                Lane::new(backend, device, (new_id(now, entropy), job), &self.options, now)
            })
            .collect();
        Ok(())
    }
}

fn new_id(now: Timestamp, entropy: &mut dyn Entropy) -> SyncId {
    let millis = u64::try_from(now.as_millis()).unwrap_or(0);
    SyncId(uuid::Builder::from_unix_timestamp_millis(millis, &entropy.array()).into_uuid())
}
