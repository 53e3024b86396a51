//! One job's dealings with one backend: the steps, in their order.
//!
//! `answers` says what an answer does, `pushing` hands over what the backend lacks, `ending` compares
//! and writes how it ended.

mod answers;
mod ending;
mod pushing;

use std::sync::Arc;

use super::exporting::{self, Batch};
use super::job::{JobOptions, TransportError};
use super::verifying::Verifier;
use super::{find_backend, importing, recording, save};
use crate::change::ChangeNumber;
use crate::entropy::Entropy;
use crate::history::{History, HistoryError};
use crate::id::DeviceId;
use crate::sealed::{Digest, OpaqueKey, TableTag};
use crate::store::{Backend, BackendId, Store};
use crate::sync::connection::Connection;
use crate::sync::limits::FETCH_ROWS_MAX;
use crate::sync::message::{Answer, Fetch, Pull, Refusal, Request, Resolve, Restart};
use crate::sync::quarantine::SetAside;
use crate::sync::run::{Direction, Phase, RunStatus, SyncId, SyncRun, SyncType};
use crate::sync::vault::Vault;
use crate::time::Timestamp;

/// Changes whose digests are brought up to date in one transaction.
const INDEXED_AT_ONCE: usize = 512;
/// Most rows of which something did not open that one job fetches again.
const UNOPENED_MAX: usize = 256;
/// How often a lane begins anew within one job before it gives up.
const RESTARTS_MAX: u8 = 3;
/// How often a lane pulls again because of what others pushed meanwhile.
const ROUNDS_MAX: u8 = 3;

/// What all lanes of a job share.
#[derive(Debug)]
pub(super) struct Surroundings {
    pub(super) vault: Arc<Vault>,
    pub(super) options: JobOptions,
}

/// What a lane wants next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LaneWant {
    Send(Request),
    Continue,
    /// Its part of the stage is done.
    Over,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Begin,
    Resolve,
    Retry(Option<Vec<u8>>),
    /// Fetching again the rows of what did not open.
    FetchAgain,
    Pull,
    /// Fetching chosen executions.
    Fetch,
    /// Pulled: the export may begin.
    Pulled,
    Restamp,
    Refused,
    /// Gathering chosen executions.
    Chosen,
    Gather,
    Persist,
    Push,
    Restart,
    Index,
    Verify,
    End,
    Over,
}

/// One run of syncing with one backend.
#[derive(Debug)]
pub(super) struct Lane {
    backend: Backend,
    connection: Connection,
    run: SyncRun,
    step: Step,
    phase_since: Timestamp,
    request: Option<Request>,
    answer: Option<Result<Answer, TransportError>>,
    batch: Option<Batch>,
    /// The batch behind it, gathered while it is on its way.
    ahead: Option<Batch>,
    /// Rows of which something did not open, to be fetched again.
    unopened: Vec<OpaqueKey>,
    /// Whether something was pushed since the last pull.
    pushed: bool,
    /// Whether the pull under way belongs to the export.
    again: bool,
    /// The relay's digests, and the sequence that they hold at.
    digests: Option<(u64, Vec<(TableTag, Digest)>)>,
    verifier: Option<Verifier>,
    /// Whether the rows were counted anew.
    verified: bool,
    rounds: u8,
    restarts: u8,
}

impl Lane {
    pub(super) fn new(
        backend: Backend,
        device: DeviceId,
        ids: (SyncId, SyncId),
        options: &JobOptions,
        now: Timestamp,
    ) -> Self {
        let run = recording::begun(&backend, device, ids, options, now);
        Self {
            backend,
            connection: Connection::default(),
            run,
            step: Step::Begin,
            phase_since: now,
            request: None,
            answer: None,
            batch: None,
            ahead: None,
            unopened: Vec::new(),
            pushed: false,
            again: false,
            digests: None,
            verifier: None,
            verified: false,
            rounds: 0,
            restarts: 0,
        }
    }

    pub(super) fn backend(&self) -> BackendId {
        self.backend.id
    }

    pub(super) fn run(&self) -> &SyncRun {
        &self.run
    }

    pub(super) fn is_over(&self) -> bool {
        self.step == Step::Over
    }

    pub(super) fn answer(&mut self, answer: Result<Answer, TransportError>) {
        if self.request.is_some() {
            self.answer = Some(answer);
        }
    }

    pub(super) fn count_bytes(&mut self, up: u64, down: u64) {
        self.run.bytes_up += up;
        self.run.bytes_down += down;
    }

    /// Adds to what was purged from the trash in this job.
    pub(super) fn count_purged(&mut self, purged: u64) {
        if purged > 0 && !self.is_over() {
            recording::count_purged(&mut self.run, purged);
        }
    }

    pub(super) fn cancel<S: Store>(
        &mut self,
        history: &mut History<S>,
        now: Timestamp,
    ) -> Result<(), HistoryError> {
        let begun = self.step != Step::Begin;
        self.finish(history, begun, RunStatus::Cancelled, None, now)
    }

    /// Whether what is at the backend was pulled, or will not be any more.
    pub(super) fn is_pulled(&self) -> bool {
        matches!(self.step, Step::Pulled | Step::Over)
    }

    /// Goes on by one step.
    pub(super) fn poll<S: Store>(
        &mut self,
        around: &Surroundings,
        history: &mut History<S>,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<LaneWant, HistoryError> {
        if self.is_over() {
            return Ok(LaneWant::Over);
        }
        if self.run.device != history.device() && self.step != Step::Begin {
            return self.go_on_as_another(history);
        }
        let answer = self.answer.take();
        if !matches!(answer, None | Some(Ok(Answer::Pushed(_)))) {
            self.ahead = None;
        }
        match answer {
            Some(Ok(Answer::Refused(refusal))) => self.refused(history, refusal, now, entropy)?,
            Some(Ok(Answer::Page(page))) if self.knows_more_of_us(history, &page)? => {
                self.refused(history, Refusal::Forked, now, entropy)?;
            }
            Some(Ok(answer)) => self.answered(around, history, answer, now, entropy)?,
            Some(Err(error)) => self.fail(history, ("unreachable", error.message), now)?,
            None => match &self.request {
                Some(request) => return Ok(LaneWant::Send(request.clone())),
                None => return self.go_on(around, history, now, entropy),
            },
        }
        Ok(LaneWant::Continue)
    }

    /// The device became another one in the dealings with another backend.
    fn go_on_as_another<S: Store>(
        &mut self,
        history: &mut History<S>,
    ) -> Result<LaneWant, HistoryError> {
        let id = self.backend.id;
        if let Some(backend) = history.read(|reader| Ok(find_backend(reader.tx(), id)?))? {
            self.connection = Connection::decode(&backend.position).unwrap_or_default();
        }
        self.run.device = history.device();
        (self.request, self.answer, self.batch, self.ahead) = (None, None, None, None);
        self.again = false;
        self.step = Step::Pull;
        Ok(LaneWant::Continue)
    }

    /// Does the step that is next.
    fn go_on<S: Store>(
        &mut self,
        around: &Surroundings,
        history: &mut History<S>,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<LaneWant, HistoryError> {
        let standing = self.connection.standing;
        match &self.step {
            Step::Begin => self.begin(history, now)?,
            Step::Resolve => match self.connection.pending {
                Some(id) => return Ok(self.ask(Request::Resolve(Resolve { standing, id }))),
                None => self.step = Step::Retry(None),
            },
            Step::Retry(after) => {
                let after = after.clone();
                self.retry(around, history, after.as_deref(), now)?;
            }
            Step::FetchAgain => {
                let rows = self.unopened.clone();
                return Ok(self.ask(Request::Fetch(Fetch { standing, rows })));
            }
            Step::Pull => {
                let (with_own, bytes_max) = (self.connection.with_own, around.options.page_bytes);
                let caught_up = self.is_caught_up(history)?;
                let pull = Pull { standing, with_own, bytes_max, now, caught_up };
                return Ok(self.ask(Request::Pull(pull)));
            }
            Step::Fetch => {
                let (vault, only) = (&around.vault, &around.options.only);
                let rows = history.read(|reader| {
                    let items = exporting::chosen_items(reader.tx(), only)?;
                    let rows = items.iter().map(|item| vault.row_key(item));
                    Ok(rows.take(FETCH_ROWS_MAX).collect())
                })?;
                return Ok(self.ask(Request::Fetch(Fetch { standing, rows })));
            }
            Step::Pulled => self.enter_export(now),
            Step::Restamp => self.restamp(history, now)?,
            Step::Refused | Step::Chosen | Step::Gather => {
                self.gather(around, history, now, entropy)?;
            }
            Step::Persist => {
                // What a relay has acknowledged must not be gone here after a loss of power: a
                // clock issued again would name two different writes.
                history.persist()?;
                self.step = Step::Push;
            }
            Step::Push => return Ok(self.hand_over()),
            Step::Restart => {
                let places = [standing.sent, standing.got];
                let lost = places.into_iter().flatten().max_by_key(|place| place.sequence);
                match lost {
                    Some(lost) => return Ok(self.ask(Request::Restart(Restart { lost }))),
                    None => self.step = Step::Pull,
                }
            }
            Step::Index => self.index(around, history, now)?,
            Step::Verify => return self.verify(around, history, now),
            Step::End => self.end(history, now)?,
            Step::Over => return Ok(LaneWant::Over),
        }
        Ok(LaneWant::Continue)
    }

    /// Whether all that was pulled is applied here and all that was written here was pushed.
    fn is_caught_up<S: Store>(&self, history: &mut History<S>) -> Result<bool, HistoryError> {
        let id = self.backend.id;
        history.read(|reader| {
            let tx = reader.tx();
            let sent = find_backend(tx, id)?.map(|backend| backend.sent);
            Ok(sent == Some(tx.counters()?.change)
                && tx.rejections(id, None, 1)?.is_empty()
                && SetAside::list(tx, id, None, 1)?.is_empty())
        })
    }

    fn ask(&mut self, request: Request) -> LaneWant {
        self.request = Some(request.clone());
        LaneWant::Send(request)
    }

    fn begin<S: Store>(
        &mut self,
        history: &mut History<S>,
        now: Timestamp,
    ) -> Result<(), HistoryError> {
        let full = self.run.sync_type == SyncType::Full;
        let (id, run) = (self.backend.id, &self.run);
        let begun = history.write(now, |writer| {
            let Some(mut backend) = find_backend(writer.reader().tx(), id)? else {
                return Ok(None);
            };
            // A position that cannot be read is one of another program: begin from the beginning.
            let mut connection = Connection::decode(&backend.position).unwrap_or_default();
            if full {
                connection.standing.got = None;
                connection.with_own = true;
                connection.origins_after = writer.newest_change();
                backend.sent = ChangeNumber::ZERO;
                save(writer.tx_mut(), id, Some(backend.sent), &connection, now)?;
            }
            recording::open(writer.tx_mut(), run)?;
            Ok(Some((backend, connection)))
        })?;
        let Some((backend, connection)) = begun else {
            self.step = Step::Over;
            return Ok(());
        };
        self.backend = backend;
        self.connection = connection;
        self.step = Step::Resolve;
        Ok(())
    }

    fn retry<S: Store>(
        &mut self,
        around: &Surroundings,
        history: &mut History<S>,
        after: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<(), HistoryError> {
        let (connection, mut run) = (self.connection, self.run.clone());
        let retried = history.write(now, |writer| {
            importing::retry_set_aside(writer, &around.vault, after, &connection, &mut run)
        })?;
        self.run = run;
        let room = UNOPENED_MAX - self.unopened.len();
        self.unopened.extend(retried.due.into_iter().take(room));
        self.step = match retried.next {
            Some(after) => Step::Retry(Some(after)),
            None if self.run.direction == Direction::LocalToRemote => Step::Pulled,
            None => {
                recording::enter(&mut self.run, Phase::Import, &mut self.phase_since, now);
                if self.unopened.is_empty() { self.first_import() } else { Step::FetchAgain }
            }
        };
        Ok(())
    }

    /// What the import begins with, once nothing is to be fetched again.
    fn first_import(&self) -> Step {
        if self.is_specific() { Step::Fetch } else { Step::Pull }
    }

    /// Whether chosen executions are synced, and positions stay where they are.
    fn is_specific(&self) -> bool {
        self.run.sync_type == SyncType::Specific
    }
}
