//! Handing over what a backend lacks.

use super::super::exporting::{self, Batch};
use super::super::{anew, find_backend, recording, save};
use super::{Lane, LaneWant, ROUNDS_MAX, Step, Surroundings};
use crate::entropy::Entropy;
use crate::history::{History, HistoryError};
use crate::sealed::PushId;
use crate::store::Store;
use crate::sync::message::{Push, Request};
use crate::sync::run::{Direction, Phase};
use crate::time::Timestamp;

impl Lane {
    pub(super) fn enter_export(&mut self, now: Timestamp) {
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

    pub(super) fn restamp<S: Store>(
        &mut self,
        history: &mut History<S>,
        now: Timestamp,
    ) -> Result<(), HistoryError> {
        let offset = self.connection.clock_offset_ms;
        let id = self.backend.id;
        history.write(now, |writer| {
            exporting::forget_gone(writer, id)?;
            anew::restamp_refused(writer, offset)
        })?;
        self.step = Step::Refused;
        Ok(())
    }

    /// Gathers the next batch and notes that it is on its way.
    pub(super) fn gather<S: Store>(
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
        let ahead = self.ahead.take();
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
                _ => match ahead.filter(|ahead| ahead.after == backend.sent) {
                    Some(ahead) => ahead,
                    None => Batch::gather(tx, vault, from, &connection, bytes_max, entropy)?,
                },
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

    /// Gathers the batch behind the one that is on its way, provided that there may be one. Edits made
    /// from now on have higher numbers and keep waiting, as those made after any batch do.
    pub(in crate::sync::engine) fn gather_ahead<S: Store>(
        &mut self,
        around: &Surroundings,
        history: &mut History<S>,
        entropy: &mut dyn Entropy,
    ) -> Result<(), HistoryError> {
        let bytes_max = around.options.batch_bytes;
        let on_its_way = match &self.batch {
            Some(batch) if self.step == Step::Push && self.answer.is_none() => batch,
            _ => return Ok(()),
        };
        // Of what was refused and of chosen executions nothing moves the position.
        let moves = on_its_way.upto > on_its_way.after;
        if self.ahead.is_some() || !moves || !on_its_way.is_full(bytes_max) {
            return Ok(());
        }
        let (from, connection) = ((self.backend.id, on_its_way.upto), &self.connection);
        let ahead = history.read(|reader| {
            Batch::gather(reader.tx(), &around.vault, from, connection, bytes_max, entropy)
        })?;
        self.ahead = (!ahead.is_empty()).then_some(ahead);
        Ok(())
    }

    pub(super) fn hand_over(&mut self) -> LaneWant {
        let (Some(batch), Some(id)) = (&self.batch, self.connection.pending) else {
            self.step = Step::Gather;
            return LaneWant::Continue;
        };
        let standing = self.connection.standing;
        self.ask(Request::Push(Push { standing, id, records: batch.records.clone() }))
    }

    /// Nothing waits any more: see what came in between, else compare.
    pub(super) fn after_push(&mut self, now: Timestamp) -> Step {
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
}
