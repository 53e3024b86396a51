//! What answers do.

use super::super::{anew, exporting, importing, save};
use super::{Lane, RESTARTS_MAX, Step, Surroundings};
use crate::change::ChangeNumber;
use crate::entropy::Entropy;
use crate::history::{History, HistoryError};
use crate::id::DeviceId;
use crate::store::Store;
use crate::sync::connection::Connection;
use crate::sync::message::{Answer, Page, Pushed, Refusal, Request, VaultState, Verdict};
use crate::time::Timestamp;

impl Lane {
    pub(super) fn answered<S: Store>(
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
    pub(super) fn knows_more_of_us<S: Store>(
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
    pub(super) fn pulled<S: Store>(
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

    pub(super) fn pushed<S: Store>(
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
        // What was refused counts as lacking: the batch behind it did not know that.
        if pushed.verdicts.iter().any(|verdict| matches!(verdict, Verdict::Refused(_))) {
            self.ahead = None;
        }
        // They were told before this push: only those of a later page can be compared.
        self.digests = None;
        self.step = if self.is_specific() { Step::End } else { Step::Gather };
        Ok(())
    }

    pub(super) fn refused<S: Store>(
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
    pub(super) fn begin_anew<S: Store>(
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

    pub(super) fn keep<S: Store>(
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
