//! One job's dealings with one backend.

use std::sync::Arc;

use super::exporting::{self, Batch};
use super::job::{JobOptions, TransportError};
use super::verifying::Verifier;
use super::{anew, find_backend, importing, recording, save};
use crate::change::ChangeNumber;
use crate::entropy::Entropy;
use crate::history::{History, HistoryError};
use crate::id::DeviceId;
use crate::sealed::{Digest, OpaqueKey, PushId, TableTag};
use crate::store::{Backend, BackendId, Store};
use crate::sync::connection::Connection;
use crate::sync::digests::Digests;
use crate::sync::limits::FETCH_ROWS_MAX;
use crate::sync::message::{
    Answer, Fetch, Page, Pull, Push, Pushed, Refusal, Request, Resolve, Restart, VaultState,
};
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

    /// Goes on until what is at the backend was pulled.
    pub(super) fn poll_import<S: Store>(
        &mut self,
        around: &Surroundings,
        history: &mut History<S>,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<LaneWant, HistoryError> {
        match self.step {
            Step::Pulled | Step::Over => Ok(LaneWant::Over),
            _ => self.poll(around, history, now, entropy),
        }
    }

    /// Goes on to the end.
    pub(super) fn poll_export<S: Store>(
        &mut self,
        around: &Surroundings,
        history: &mut History<S>,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<LaneWant, HistoryError> {
        match self.step {
            Step::Over => Ok(LaneWant::Over),
            _ => self.poll(around, history, now, entropy),
        }
    }

    fn poll<S: Store>(
        &mut self,
        around: &Surroundings,
        history: &mut History<S>,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<LaneWant, HistoryError> {
        let another = self.run.device != history.device();
        if another && !matches!(self.step, Step::Begin | Step::Over) {
            return self.go_on_as_another(history);
        }
        match self.answer.take() {
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
        (self.request, self.answer, self.batch) = (None, None, None);
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

    fn enter_export(&mut self, now: Timestamp) {
        let pushes = self.run.direction != Direction::RemoteToLocal;
        if self.is_specific() {
            recording::enter(&mut self.run, Phase::Export, &mut self.phase_since, now);
            self.step = if pushes { Step::Chosen } else { Step::End };
        } else if !pushes {
            recording::enter(&mut self.run, Phase::Indexing, &mut self.phase_since, now);
            self.step = Step::Index;
        } else {
            recording::enter(&mut self.run, Phase::Export, &mut self.phase_since, now);
            self.step = Step::Restamp;
        }
    }

    fn restamp<S: Store>(
        &mut self,
        history: &mut History<S>,
        now: Timestamp,
    ) -> Result<(), HistoryError> {
        let offset = self.connection.clock_offset_ms;
        history.write(now, |writer| anew::restamp_refused(writer, offset))?;
        self.step = Step::Refused;
        Ok(())
    }

    /// Gathers the next batch and notes that it is on its way.
    fn gather<S: Store>(
        &mut self,
        around: &Surroundings,
        history: &mut History<S>,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<(), HistoryError> {
        let (step, only) = (self.step.clone(), &around.options.only);
        let (id, bytes_max) = (self.backend.id, around.options.batch_bytes);
        let mut connection = self.connection;
        let relay_now = now.plus_millis(connection.clock_offset_ms);
        let push = PushId(entropy.array());
        let gathered = history.write(now, |writer| {
            let Some(backend) = find_backend(writer.reader().tx(), id)? else {
                return Ok(None);
            };
            let (tx, from) = (writer.reader(), (id, backend.sent));
            let (tx, vault) = (tx.tx(), &around.vault);
            let batch = match step {
                Step::Refused => {
                    let at = (&connection, relay_now);
                    Batch::gather_refused(tx, vault, from, at, bytes_max, entropy)?
                }
                Step::Chosen => Batch::gather_chosen(tx, vault, from.1, only, entropy)?,
                _ => Batch::gather(tx, vault, from, &connection, bytes_max, entropy)?,
            };
            connection.pending = (!batch.is_empty()).then_some(push);
            let moved = batch.is_empty().then_some(batch.upto);
            save(writer.tx_mut(), id, moved, &connection, now)?;
            Ok(Some((backend, batch)))
        })?;
        let Some((backend, batch)) = gathered else {
            return self.fail(history, ("removed", "the backend was removed".to_owned()), now);
        };
        (self.backend, self.connection) = (backend, connection);
        self.step = match (batch.is_empty(), &self.step) {
            (false, _) => Step::Persist,
            (true, Step::Refused) => Step::Gather,
            (true, Step::Chosen) => Step::End,
            (true, _) => self.after_push(now),
        };
        self.batch = Some(batch);
        Ok(())
    }

    fn hand_over(&mut self) -> LaneWant {
        let (Some(batch), Some(id)) = (&self.batch, self.connection.pending) else {
            self.step = Step::Gather;
            return LaneWant::Continue;
        };
        let standing = self.connection.standing;
        self.ask(Request::Push(Push { standing, id, records: batch.records.clone() }))
    }

    /// Nothing waits any more: see what came in between, else compare.
    fn after_push(&mut self, now: Timestamp) -> Step {
        let pulls = self.run.direction == Direction::Bidirectional;
        if pulls && self.pushed && self.rounds < ROUNDS_MAX {
            self.pushed = false;
            self.again = true;
            self.rounds += 1;
            return Step::Pull;
        }
        recording::enter(&mut self.run, Phase::Indexing, &mut self.phase_since, now);
        Step::Index
    }

    fn index<S: Store>(
        &mut self,
        around: &Surroundings,
        history: &mut History<S>,
        now: Timestamp,
    ) -> Result<(), HistoryError> {
        let more = history.write(now, |writer| {
            Digests::bring_on(writer.tx_mut(), &around.vault, INDEXED_AT_ONCE)
        })?;
        if !more {
            recording::enter(&mut self.run, Phase::Verification, &mut self.phase_since, now);
            self.step = Step::Verify;
        }
        Ok(())
    }

    fn verify<S: Store>(
        &mut self,
        around: &Surroundings,
        history: &mut History<S>,
        now: Timestamp,
    ) -> Result<LaneWant, HistoryError> {
        let thorough = around.options.verify && !self.verified;
        let connection = self.connection;
        let digests = &mut self.digests;
        let verifier = self
            .verifier
            .get_or_insert_with(|| Verifier::new(digests.take(), connection, thorough));
        if let Some(request) = verifier.go_on(&around.vault, history, &mut self.run, now)? {
            return Ok(self.ask(request));
        }
        if verifier.is_done() {
            // What was repaired is handed over and compared once more, as long as that helps.
            let again = verifier.has_repaired() && self.rounds < ROUNDS_MAX;
            self.verified = self.verified || thorough;
            self.step = if again { Step::Gather } else { Step::End };
            self.pushed = again;
            self.verifier = None;
        }
        Ok(LaneWant::Continue)
    }

    fn end<S: Store>(
        &mut self,
        history: &mut History<S>,
        now: Timestamp,
    ) -> Result<(), HistoryError> {
        let id = self.backend.id;
        let (refused, aside) = history.read(|reader| {
            let refused = reader.tx().rejections(id, None, 1)?;
            Ok((refused.into_iter().next(), SetAside::list(reader.tx(), id, None, 1)?.pop()))
        })?;
        if refused.is_none() {
            let before = self.connection.handed_over;
            self.connection.has_handed_over(self.backend.sent);
            if self.connection.handed_over != before {
                self.keep(history, None, now)?;
            }
        }
        let unequal = self.run.verification.iter().any(|table| table.equal == Some(false));
        let why = match (refused, aside, unequal) {
            (Some(refused), ..) => Some(("refused", refused.reason)),
            (_, Some(aside), _) => Some(("set_aside", format!("set aside: {}", aside.detail))),
            (_, _, true) => {
                let text = "what is held here and there differs: run a verification";
                Some(("unequal", text.to_owned()))
            }
            _ => None,
        };
        let status = if why.is_some() { RunStatus::Partial } else { RunStatus::Completed };
        self.finish(history, true, status, why, now)
    }

    fn fail<S: Store>(
        &mut self,
        history: &mut History<S>,
        error: (&'static str, String),
        now: Timestamp,
    ) -> Result<(), HistoryError> {
        self.finish(history, true, RunStatus::Failed, Some(error), now)
    }

    fn finish<S: Store>(
        &mut self,
        history: &mut History<S>,
        recorded: bool,
        status: RunStatus,
        error: Option<(&'static str, String)>,
        now: Timestamp,
    ) -> Result<(), HistoryError> {
        let phase = self.run.phase;
        recording::enter(&mut self.run, phase, &mut self.phase_since, now);
        let mut run = self.run.clone();
        history.write(now, |writer| {
            if !recorded {
                recording::open(writer.tx_mut(), &run)?;
            }
            recording::close(writer.tx_mut(), &mut run, status, error, now)
        })?;
        self.run = run;
        self.request = None;
        self.step = Step::Over;
        Ok(())
    }

    fn answered<S: Store>(
        &mut self,
        around: &Surroundings,
        history: &mut History<S>,
        answer: Answer,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<(), HistoryError> {
        let Some(request) = self.request.clone() else { return Ok(()) };
        self.connection.heard_at = Some(now);
        match (&request, answer) {
            (Request::Pull(_), Answer::Page(page)) => {
                if self.pulled(around, history, &page, now)? {
                    return self.refused(history, Refusal::Forked, now, entropy);
                }
            }
            (Request::Push(push), Answer::Pushed(pushed))
                if push.records.len() == pushed.verdicts.len() =>
            {
                self.pushed(history, &pushed, now)?;
            }
            (Request::Resolve(_), Answer::Resolved(resolved)) => {
                let standing = &mut self.connection.standing;
                standing.token = resolved.token.or(standing.token);
                standing.sent = resolved.sent.or(standing.sent);
                self.connection.pending = None;
                self.keep(history, None, now)?;
                self.step = Step::Retry(None);
            }
            (Request::Restart(_), Answer::Resolved(resolved)) => {
                self.connection.standing.got = None;
                self.connection.standing.token = resolved.token;
                self.connection.standing.sent = resolved.sent;
                self.keep(history, Some(ChangeNumber::ZERO), now)?;
                self.step = Step::Pull;
            }
            (Request::Fetch(_), Answer::Held(held)) if self.step == Step::Fetch => {
                let (connection, mut run) = (self.connection, self.run.clone());
                history.write(now, |writer| {
                    let vault = &around.vault;
                    importing::import_chosen(writer, vault, &held.records, &connection, &mut run)
                })?;
                self.run = run;
                self.step = Step::Pulled;
            }
            (Request::Fetch(fetch), Answer::Held(held)) if self.step == Step::FetchAgain => {
                let (connection, mut run) = (self.connection, self.run.clone());
                history.write(now, |writer| {
                    let (vault, rows) = (&around.vault, &fetch.rows);
                    importing::import_again(writer, vault, rows, &held, &connection, &mut run)
                })?;
                self.run = run;
                self.step = self.first_import();
            }
            (_, answer) => {
                let taken = match &mut self.verifier {
                    Some(verifier) => {
                        let (vault, run) = (&around.vault, &mut self.run);
                        verifier.answered(vault, history, &request, answer, run, now)?
                    }
                    None => false,
                };
                if !taken {
                    let text = "the relay answered something else than it was asked".to_owned();
                    return self.fail(history, ("protocol", text), now);
                }
            }
        }
        self.request = None;
        Ok(())
    }

    /// Whether a page holds something newer under this device's id than this device has written: it
    /// was set back, and a relay that was set back as well could not tell by the token.
    fn knows_more_of_us<S: Store>(
        &self,
        history: &mut History<S>,
        page: &Page,
    ) -> Result<bool, HistoryError> {
        let device = history.device();
        let own = page.records.iter().map(|held| held.record.clock);
        let Some(newest) = own.filter(|clock| clock.device == device).max() else {
            return Ok(false);
        };
        Ok(newest.time > history.read(|reader| Ok(reader.tx().counters()?.clock))?)
    }

    /// Takes a page. Says whether it shows that this device has a twin.
    fn pulled<S: Store>(
        &mut self,
        around: &Surroundings,
        history: &mut History<S>,
        page: &Page,
        now: Timestamp,
    ) -> Result<bool, HistoryError> {
        let (mut connection, mut run) = (self.connection, self.run.clone());
        heard(&mut connection, &page.state, now);
        connection.acknowledged(page.state.acknowledged);
        let twin = history.write(now, |writer| {
            importing::import_page(writer, &around.vault, page, &mut connection, &mut run)
        })?;
        (self.connection, self.run) = (connection, run);
        if page.more || twin {
            return Ok(twin);
        }
        self.digests = Some((page.state.head, page.state.digests.clone()));
        // What came in between may have to go on, too.
        self.step = if self.again { Step::Gather } else { Step::Pulled };
        Ok(false)
    }

    fn pushed<S: Store>(
        &mut self,
        history: &mut History<S>,
        pushed: &Pushed,
        now: Timestamp,
    ) -> Result<(), HistoryError> {
        let Some(batch) = self.batch.take() else { return Ok(()) };
        let (mut connection, mut run) = (self.connection, self.run.clone());
        heard(&mut connection, &pushed.state, now);
        history.write(now, |writer| {
            exporting::acknowledge(writer, &batch, pushed, &mut connection, &mut run)
        })?;
        (self.connection, self.run) = (connection, run);
        self.pushed = true;
        // They were told before this push: only those of a later page can be compared.
        self.digests = None;
        self.step = if self.is_specific() { Step::End } else { Step::Gather };
        Ok(())
    }

    fn refused<S: Store>(
        &mut self,
        history: &mut History<S>,
        refusal: Refusal,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<(), HistoryError> {
        self.request = None;
        let anew = matches!(refusal, Refusal::Forked | Refusal::SetBack);
        if anew && self.restarts < RESTARTS_MAX {
            self.restarts += 1;
            self.batch = None;
            if refusal == Refusal::Forked {
                anew::become_another(history, DeviceId::from_bytes(entropy.array()), now)?;
                self.run.device = history.device();
            }
            return self.begin_anew(history, refusal == Refusal::SetBack, now);
        }
        let code = match &refusal {
            Refusal::Unauthorised => "unauthorised",
            Refusal::ReadOnly => "read_only",
            Refusal::Forked => "forked",
            Refusal::SetBack => "set_back",
            Refusal::NoVault => "no_vault",
            Refusal::Version { .. } => "version",
            Refusal::Busy { .. } => "busy",
            Refusal::TooLarge { .. } => "too_large",
            Refusal::Malformed(_) => "malformed",
            Refusal::Failed => "relay_failed",
        };
        self.fail(history, (code, refusal.to_string()), now)
    }

    /// Takes nothing for known any more, neither here nor there.
    fn begin_anew<S: Store>(
        &mut self,
        history: &mut History<S>,
        set_back: bool,
        now: Timestamp,
    ) -> Result<(), HistoryError> {
        let newest = history.read(|reader| Ok(reader.tx().counters()?.change))?;
        let standing = self.connection.standing;
        self.connection = self.connection.begun_anew(newest);
        // By the place that it does not know the relay can tell that it was set back, and not we.
        if set_back {
            self.connection.standing.got = standing.got;
            self.connection.standing.sent = standing.sent;
        }
        self.keep(history, Some(ChangeNumber::ZERO), now)?;
        self.again = false;
        self.step = if set_back { Step::Restart } else { Step::Pull };
        Ok(())
    }

    fn keep<S: Store>(
        &mut self,
        history: &mut History<S>,
        sent: Option<ChangeNumber>,
        now: Timestamp,
    ) -> Result<(), HistoryError> {
        let (id, connection) = (self.backend.id, self.connection);
        history.write(now, |writer| Ok(save(writer.tx_mut(), id, sent, &connection, now)?))
    }
}

/// Takes down what an answer tells of the relay.
fn heard(connection: &mut Connection, state: &VaultState, now: Timestamp) {
    connection.heard_at = Some(now);
    connection.clock_offset_ms = state.now.as_millis() - now.as_millis();
    connection.newest = connection.newest.max(state.newest);
    connection.head = state.head;
    connection.bytes = state.bytes;
    connection.quota = state.quota;
}
