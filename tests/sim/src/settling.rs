//! Coming to rest: no more faults, and every device syncs until nothing moves.

use runlog_core::sync::run::RunStatus;

use crate::checks;
use crate::world::{HOUR_MS, World, trace};

/// How often, and for how long at a time, all wait for what is not due yet: together longer than any
/// clock jumps ahead.
const IDLE_MAX: u32 = 6;
const IDLE_MS: i64 = 12 * HOUR_MS;

impl World {
    /// No more faults: every device syncs until nothing moves.
    pub(crate) fn settle(&mut self, last: bool) -> Result<(), String> {
        trace!(self, "quiet");
        self.end_faults();
        if last {
            self.upgrade_all()?;
        }
        for number in 0..self.devices.len() {
            self.finish_job(number)?;
        }
        let mut rounds_left = 8 + 4 * self.devices.len();
        let mut idle_left = IDLE_MAX;
        loop {
            if rounds_left == 0 {
                let why = checks::at_rest(self);
                return Err(format!("it does not come to rest: {why:?}"));
            }
            rounds_left -= 1;
            let before: Vec<_> = self.devices.iter().map(|device| device.shadow.clone()).collect();
            let mut moved = 0;
            for number in 0..self.devices.len() {
                self.now_ms += 1 + self.random.below(600_000) as i64;
                self.begin_job(number);
                moved += self.finish_job(number)?;
            }
            let after = self.devices.iter().map(|device| &device.shadow);
            if moved > 0 || !before.iter().eq(after) {
                continue;
            }
            let mut runs = self.devices.iter().flat_map(|device| &device.runs);
            if runs.all(|run| run.status == RunStatus::Completed) || idle_left == 0 {
                self.relays.iter_mut().for_each(|relay| relay.took = false);
                return Ok(());
            }
            checks::only_what_was_accepted_waits(self)?;
            idle_left -= 1;
            rounds_left += 1;
            self.now_ms += IDLE_MS;
        }
    }

    /// Goes on until the job is over. Says how many rows it moved, or that it did not complete.
    fn finish_job(&mut self, number: usize) -> Result<u64, String> {
        for _ in 0..20_000 {
            let Some(job) = &self.devices[number].job else { return Ok(0) };
            let over = job.runs().count() > 0
                && job.runs().all(|run| run.completed_at.is_some())
                && self.devices[number].flight.is_none();
            if over {
                let moved = job
                    .runs()
                    .map(|run| run.rows_done + u64::from(run.status == RunStatus::Failed))
                    .sum();
                while self.devices[number].job.is_some() {
                    self.go_on(number)?;
                }
                return Ok(moved);
            }
            self.now_ms += 1;
            self.go_on(number)?;
        }
        Err(format!("the job of device {number} does not end"))
    }
}
