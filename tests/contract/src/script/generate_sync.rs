//! Making what a sync engine writes: notes, positions, refusals, runs and their log.

use runlog_core::store::{ItemKey, Room};
use runlog_core::sync::run::{
    Direction, EntityResult, RunStatus, SyncId, SyncLogEntry, SyncRun, SyncType,
};

use super::{Direct, Generator};
use crate::sample::{self, BACKENDS, change_number};
use crate::sample_runs;

impl Generator {
    pub(super) fn sync_work(&mut self) -> Direct {
        let backend = self.random.pick(&BACKENDS);
        match self.random.below(12) {
            0 => {
                let position = vec![self.random.any() as u8; self.random.below(4) as usize];
                Direct::SetSent(backend, change_number(self.random.below(60)), position)
            }
            1 => Direct::RemoveRejection(backend, ItemKey::from(&self.row_key())),
            2..5 => Direct::PutNote(self.room(), self.note_key(), self.text().into_bytes()),
            5 => Direct::RemoveNote(self.room(), self.note_key()),
            6 => Direct::RemoveNotes(self.room(), self.note_key()),
            7..9 => Direct::PutSyncRun(Box::new(self.sync_run())),
            9 => Direct::AddSyncLog((0..self.random.below(5)).map(|_| self.log_entry()).collect()),
            10 => {
                let (had_changes, error) = (self.random.chance(50), self.optional_text());
                let result = self.random.pick(EntityResult::ALL);
                Direct::CompleteSyncLog(self.sync_id(), had_changes, result, error)
            }
            _ => Direct::RemoveSyncRuns(sample::at(self.random.below(20) as i64)),
        }
    }

    fn room(&mut self) -> Room {
        self.random.pick(&[Room::Unsent, Room::Digest])
    }

    fn note_key(&mut self) -> Vec<u8> {
        const BYTES: [u8; 3] = [0, b'a', 0xff];
        (0..self.random.below(4)).map(|_| self.random.pick(&BYTES)).collect()
    }

    fn sync_id(&mut self) -> SyncId {
        sample_runs::sync_id(u128::from(self.random.below(4)))
    }

    fn sync_run(&mut self) -> SyncRun {
        let n = u128::from(self.random.below(4));
        let (started, took) = (self.random.below(9) as i64, self.random.below(20) as i64);
        let run = if self.random.chance(50) {
            sample_runs::sync_run(n, started)
        } else {
            sample_runs::rich_run(n, started, started + took)
        };
        SyncRun {
            status: self.random.pick(RunStatus::ALL),
            direction: self.random.pick(Direction::ALL),
            error: self.optional_text(),
            ..run
        }
    }

    fn log_entry(&mut self) -> SyncLogEntry {
        // Runs that are not there make a step fail, so most rows are of those that often are.
        let run = if self.random.chance(90) { 1 } else { u128::from(self.random.below(4)) };
        let n = self.random.below(3);
        match self.random.below(4) {
            0 => sample_runs::whole_run(run, self.random.pick(SyncType::ALL)),
            1 => sample_runs::failed_entry(run, n),
            _ => sample_runs::log_entry(run, n),
        }
    }
}
