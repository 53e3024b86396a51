//! Comparing, and the end.

use super::super::recording;
use super::super::verifying::Verifier;
use super::{INDEXED_AT_ONCE, Lane, LaneWant, ROUNDS_MAX, Step, Surroundings};
use crate::history::{History, HistoryError};
use crate::store::Store;
use crate::sync::digests::Digests;
use crate::sync::quarantine::SetAside;
use crate::sync::run::{Phase, RunStatus};
use crate::time::Timestamp;

impl Lane {
    pub(super) fn index<S: Store>(
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

    pub(super) fn verify<S: Store>(
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

    pub(super) fn end<S: Store>(
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

    pub(super) fn fail<S: Store>(
        &mut self,
        history: &mut History<S>,
        error: (&'static str, String),
        now: Timestamp,
    ) -> Result<(), HistoryError> {
        self.finish(history, true, RunStatus::Failed, Some(error), now)
    }

    pub(super) fn finish<S: Store>(
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
}
