//! One sync: the state machine of [`runlog_core::sync::engine`], its requests and answers as bytes.

use runlog_core::crypto::VaultKeys;
use runlog_core::entropy::Entropy;
use runlog_core::id::{DeviceId, ExecutionId};
use runlog_core::store::{BackendId, Store};
use runlog_core::sync::engine::{Job, JobOptions, TransportError, Want, close_interrupted};
use runlog_core::sync::message::{Answer, Refusal};
use runlog_core::sync::readiness::CannotSync;
use runlog_core::sync::run::{Cause, Direction, RunStatus, SyncRun, SyncType};
use runlog_core::sync::wire::{decode_answer, encode_request};
use runlog_core::time::Timestamp;
use serde_json::{Value, json};

use super::super::arguments::{Text, arguments};
use super::super::shape::{BackendName, Way};
use super::super::shape_sync;
use super::super::{Api, ApiError};

/// About how many milliseconds a step may take, during which the worker serves nobody else.
const STEP_MS: u32 = 18;

arguments! {
    /// Begins a sync.
    #[derive(Debug)]
    pub(super) struct Begin {
        full: bool = false,
        only: Option<Vec<Text<ExecutionId>>>,
        direction: Way = Way(Direction::Bidirectional),
        backends: Vec<BackendName> = Vec::new(),
        verify: bool = false,
        cause: Text<Cause>,
        triggered_by ("triggeredBy"): String,
    }
}

impl Begin {
    fn options(self) -> JobOptions {
        let sync_type = match (&self.only, self.full) {
            (Some(_), _) => SyncType::Specific,
            (None, true) => SyncType::Full,
            (None, false) => SyncType::Incremental,
        };
        JobOptions {
            direction: self.direction.0,
            sync_type,
            cause: self.cause.0,
            triggered_by: self.triggered_by,
            backends: self.backends.into_iter().map(|name| name.0).collect(),
            only: self.only.unwrap_or_default().into_iter().map(|id| id.0).collect(),
            verify: self.verify,
            step_ms: Some(STEP_MS),
            ..JobOptions::default()
        }
    }
}

/// A sync under way.
#[derive(Debug)]
pub(in super::super) struct Running {
    job: Job,
    /// Bytes of the request that waits for its answer.
    asked: u64,
}

impl Running {
    pub(in super::super) fn run_with(&self, backend: BackendId) -> Option<&SyncRun> {
        self.job.runs().find(|run| run.backend == backend)
    }
}

/// What a sync wants next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Poll again: something was done.
    Continue,
    /// Carry this to a backend, and hand over its answer.
    Send {
        /// To whom.
        backend: BackendId,
        /// As which device.
        device: DeviceId,
        /// A message of the protocol.
        body: Vec<u8>,
    },
    /// All is done.
    Done,
}

/// What became of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The sync has it.
    Taken,
    /// It was a refusal that another attempt may turn: the sync waits for the answer to that.
    Again {
        /// `busy`, `relay_failed` or `unauthorised`.
        code: &'static str,
        /// How long the relay asks to be left alone, in milliseconds.
        after_ms: u32,
    },
}

impl<S: Store> Api<S> {
    /// Begins a sync. A run that a failure of the store cut off is closed first.
    pub(super) fn begin_job(&mut self, begin: Begin, now: Timestamp) -> Result<Value, ApiError> {
        if self.held.job.is_some() {
            return Err(ApiError::refused("failed", "a sync is under way"));
        }
        let options = begin.options();
        let vault = self.open_vault()?.vault.clone();
        self.may_sync(vault.keys(), &options.backends)?;
        self.history.write(now, close_interrupted)?;
        self.held.job = Some(Running { job: Job::new(vault, options), asked: 0 });
        Ok(Value::Null)
    }

    fn may_sync(&mut self, keys: &VaultKeys, chosen: &[BackendId]) -> Result<(), ApiError> {
        let readiness = self.history.read(|reader| reader.sync_readiness())?;
        readiness.may_sync(keys, chosen).map(|_| ()).map_err(|cannot| {
            let code = match &cannot {
                CannotSync::NoVault => "noVault",
                CannotSync::Off => "syncOff",
                CannotSync::NoBackend => "noBackend",
                CannotSync::UnknownBackend(_) => "unknownBackend",
                _ => "otherVault",
            };
            ApiError::refused(code, cannot.to_string())
        })
    }

    /// Goes on by one step of the sync under way: at most one transaction.
    ///
    /// # Errors
    /// The store's own errors. Nothing was done by the step, and it can be tried again.
    pub fn poll_job(
        &mut self,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<Step, ApiError> {
        let Some(running) = &mut self.held.job else { return Ok(Step::Done) };
        Ok(match running.job.poll(&mut self.history, now, entropy)? {
            Want::Continue => Step::Continue,
            Want::Done => Step::Done,
            Want::Send(errand) => match encode_request(&errand.request) {
                Ok(body) => {
                    running.asked = body.len() as u64;
                    Step::Send { backend: errand.backend, device: errand.device, body }
                }
                Err(error) => {
                    let message = format!("the request cannot be put into bytes: {error}");
                    running.job.answer(Err(TransportError { message }));
                    Step::Continue
                }
            },
        })
    }

    /// Does what does not depend on the answer that is waited for: see [`Job::work_ahead`].
    ///
    /// # Errors
    /// The store's own errors. Nothing was done.
    pub fn work_ahead(&mut self, entropy: &mut dyn Entropy) -> Result<(), ApiError> {
        match &mut self.held.job {
            Some(running) => Ok(running.job.work_ahead(&mut self.history, entropy)?),
            None => Ok(()),
        }
    }

    /// Hands over the answer of a relay. Unless it is the `last` attempt, a refusal that another one
    /// may turn is given back.
    ///
    /// # Errors
    /// `notARelay` where the bytes are no answer.
    pub fn answer_job(&mut self, body: &[u8], last: bool) -> Result<Heard, ApiError> {
        let Some(running) = &mut self.held.job else { return Ok(Heard::Taken) };
        let answer = decode_answer(body).map_err(|error| {
            ApiError::refused("notARelay", format!("its answer cannot be read: {error}"))
        })?;
        if !last && let Answer::Refused(refusal) = &answer {
            match refusal {
                Refusal::Busy { retry_after_ms } => {
                    return Ok(Heard::Again { code: "busy", after_ms: *retry_after_ms });
                }
                Refusal::Failed => return Ok(Heard::Again { code: "relay_failed", after_ms: 0 }),
                Refusal::Unauthorised => {
                    return Ok(Heard::Again { code: "unauthorised", after_ms: 0 });
                }
                _ => {}
            }
        }
        running.job.count_bytes(running.asked, body.len() as u64);
        running.job.answer(Ok(answer));
        Ok(Heard::Taken)
    }

    /// Tells the sync how many milliseconds a step took, or what was done ahead.
    pub fn job_took(&mut self, millis: f64) {
        if let Some(running) = &mut self.held.job {
            running.job.took(millis);
        }
    }

    /// Tells the sync that the relay lets this device in no more, or does not know the vault.
    pub fn refuse_job(&mut self, knows_vault: bool) {
        let refusal = if knows_vault { Refusal::Unauthorised } else { Refusal::NoVault };
        if let Some(running) = &mut self.held.job {
            running.job.answer(Ok(Answer::Refused(refusal)));
        }
    }

    /// Tells the sync that no relay answered.
    pub fn fail_job(&mut self, message: &str) {
        if let Some(running) = &mut self.held.job {
            running.job.answer(Err(TransportError { message: message.to_owned() }));
        }
    }

    /// Tells the sync to stop at its next step.
    pub fn cancel_job(&mut self) {
        if let Some(running) = &mut self.held.job {
            running.job.cancel();
        }
    }

    /// How many entities the sync under way has changed here and there: grows as it goes on.
    pub fn job_changes(&self) -> u64 {
        let runs = self.held.job.iter().flat_map(|running| running.job.runs());
        runs.map(|run| run.counts).map(|c| c.created + c.updated + c.deleted + c.failed).sum()
    }

    pub(super) fn job_report(&self) -> Value {
        let running = self.held.job.iter();
        let runs: Vec<&SyncRun> = running.flat_map(|running| running.job.runs()).collect();
        let all = |among: &[RunStatus]| runs.iter().all(|run| among.contains(&run.status));
        json!({
            "runs": runs.iter().map(|run| shape_sync::run(run)).collect::<Vec<_>>(),
            "isComplete": all(&[RunStatus::Completed]),
            "isReached": all(&[RunStatus::Completed, RunStatus::Partial]),
        })
    }

    pub(super) fn end_job(&mut self, now: Timestamp) -> Result<Value, ApiError> {
        self.held.job = None;
        self.history.write(now, |writer| writer.keep_sync_history())?;
        Ok(Value::Null)
    }
}
