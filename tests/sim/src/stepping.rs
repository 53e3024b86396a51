//! What happens at a step: an edit, a stretch of a job, a process that dies.

use runlog_core::history::HistoryError;
use runlog_core::id::ExecutionId;
use runlog_core::store::{Backend, BackendId, ChangeNumber};
use runlog_core::sync::engine::{Job, JobOptions, Want, close_interrupted};
use runlog_core::sync::run::SyncRun;
use runlog_core::time::Timestamp;

use crate::broken::Broken;
use crate::checks;
use crate::device::is_injected;
use crate::edits::Edit;
use crate::network::Flight;
use crate::watching;
use crate::world::{World, trace};

/// Most executions that are made.
const RUNS_MAX: u64 = 8;

impl World {
    /// Makes a relay a backend of a device.
    pub fn link(&mut self, device: usize, relay: usize) {
        self.numbers += 1;
        let id = BackendId(u128::from(self.numbers));
        let backend = Backend {
            id,
            name: format!("relay {relay}"),
            settings: Vec::new(),
            added_at: Timestamp::from_millis(self.now_ms),
            enabled: true,
            sent: ChangeNumber::ZERO,
            position: Vec::new(),
        };
        let now = self.devices[device].now(self.now_ms);
        let device = &mut self.devices[device];
        device.history.write(now, |writer| writer.put_backend(&backend)).unwrap();
        device.links.insert(id, relay);
    }

    /// One thing happens.
    pub(crate) fn step(&mut self) -> Result<(), String> {
        self.now_ms += 1 + self.random.below(400) as i64;
        self.disturb()?;
        let number = self.random.below(self.devices.len() as u64) as usize;
        if !self.late.is_empty() && self.random.chance(20) {
            let letter = self.late.remove(self.random.below(self.late.len() as u64) as usize);
            self.deliver(&letter);
        }
        let busy = self.devices[number].job.is_some();
        if self.random.chance(if busy { 8 } else { 60 }) {
            return self.edit(number);
        }
        if !busy {
            self.begin_job(number);
        }
        // A whole stretch of a job, so that most get somewhere.
        let polls = 1 + self.random.below(25);
        for _ in 0..polls {
            if self.devices[number].job.is_none() {
                break;
            }
            self.now_ms += self.random.below(3) as i64;
            self.go_on(number)?;
        }
        Ok(())
    }

    fn edit(&mut self, number: usize) -> Result<(), String> {
        self.numbers += 1;
        let edit = {
            // What the other program writes is a device of its own, whose clock is right.
            let now = Timestamp::from_millis(self.now_ms);
            Edit::any(&mut self.random, self.numbers, &self.faults, now)
        };
        // An id is made by one device alone.
        let known = self.runs.len() as u64;
        let older = self.devices[number].older;
        if older && (known == 0 || edit.needs_newest()) {
            return Ok(());
        }
        let is_new =
            !older && (known == 0 || (known < RUNS_MAX && self.random.below(known + 1) == known));
        if matches!(edit, Edit::Start(_)) && !is_new {
            return Ok(());
        }
        let id = if is_new {
            self.runs.push(ExecutionId::from_u128(u128::from(self.numbers)));
            ExecutionId::from_u128(u128::from(self.numbers))
        } else {
            self.runs[self.random.below(known) as usize]
        };
        self.absorb(number)?;
        self.may_kill(number, 20);
        let now = self.devices[number].now(self.now_ms);
        let mut result =
            self.devices[number].history.write(now, |writer| edit.run(writer, id, now));
        if let (Err(HistoryError::NotFound { .. }), true) = (&result, is_new) {
            let start = Edit::Start(Some(format!("a{}", self.numbers)));
            result = self.devices[number].history.write(now, |writer| start.run(writer, id, now));
        }
        match result {
            Ok(()) => {
                trace!(self, "device {number} {edit:?} of {id}");
                match edit {
                    Edit::Purge => self.report.struck.strike("a run was purged"),
                    Edit::Mood { .. } => {
                        self.report.struck.strike("a newer program wrote an unknown column");
                    }
                    _ => {}
                }
                let contents = self.devices[number].contents_of(id);
                self.model.committed(&self.devices[number].shadow, &contents);
                let shadow = &mut self.devices[number].shadow;
                shadow.retain(|(item, _), _| item.execution() != Some(id));
                shadow.extend(contents);
                self.devices[number].history.store_mut().writes_left = None;
                Ok(())
            }
            Err(error) if is_injected(&error) => self.die(number),
            Err(HistoryError::Store(error)) => Err(format!("device {number} {edit:?}: {error}")),
            Err(_) => {
                self.devices[number].history.store_mut().writes_left = None;
                Ok(())
            }
        }
    }

    /// Decides whether the process is to die at one of its next writes.
    fn may_kill(&mut self, number: usize, writes: u64) {
        if self.random.chance(self.faults.kill) {
            let left = self.random.below(writes);
            self.devices[number].history.store_mut().writes_left = Some(left);
        }
    }

    /// The process of a device died; it starts again.
    pub fn die(&mut self, number: usize) -> Result<(), String> {
        trace!(self, "device {number} dies");
        self.report.struck.strike("a process died");
        let device = &mut self.devices[number];
        if let Some(Flight::Request(letter)) = device.flight.take() {
            self.late.push(letter);
        }
        device.job = None;
        device.history.store_mut().writes_left = None;
        let now = device.now(self.now_ms);
        device.history.write(now, close_interrupted).map_err(|error| error.to_string())?;
        self.absorb(number)
    }

    /// Takes down what syncing did to a device.
    pub fn absorb(&mut self, number: usize) -> Result<(), String> {
        let device = &mut self.devices[number];
        let after = device.contents();
        let result = self.model.synced(&device.shadow, &after);
        device.shadow = after;
        result.map_err(|error| format!("device {number}: {error}"))
    }

    pub(crate) fn begin_job(&mut self, number: usize) {
        trace!(self, "device {number} begins to sync");
        let options = JobOptions {
            page_bytes: self.plan.batch_bytes as u32,
            batch_bytes: self.plan.batch_bytes,
            ..JobOptions::default()
        };
        self.devices[number].job = Some(Job::new(self.vault.clone(), options));
        self.may_kill(number, 120);
    }

    /// One step of a device's job, or of its message.
    pub(crate) fn go_on(&mut self, number: usize) -> Result<(), String> {
        if self.devices[number].flight.is_some() {
            if self.random.chance(self.faults.delay) {
                self.report.struck.strike("a message took its time");
            } else {
                self.travel(number);
            }
            return Ok(());
        }
        let now = self.devices[number].now(self.now_ms);
        let Some(mut job) = self.devices[number].job.take() else { return Ok(()) };
        let device = &mut self.devices[number];
        device.latest = device.latest.max(now);
        let random = &mut self.random;
        let mut entropy = |bytes: &mut [u8]| bytes.fill_with(|| random.any() as u8);
        let before = self.devices[number].history.device();
        let want = job.poll(&mut self.devices[number].history, now, &mut entropy);
        if self.devices[number].history.device() != before {
            self.report.struck.strike("a device became another");
        }
        if want.is_ok() {
            watching::positions(self, number)?;
        }
        match want {
            Ok(Want::Continue) => self.devices[number].job = Some(job),
            Ok(Want::Send(errand)) => {
                if self.plan.works_ahead {
                    let random = &mut self.random;
                    let mut entropy = |bytes: &mut [u8]| bytes.fill_with(|| random.any() as u8);
                    let history = &mut self.devices[number].history;
                    let ahead = job.work_ahead(history, &mut entropy);
                    ahead.map_err(|error| format!("device {number}: {error} working ahead"))?;
                }
                self.devices[number].job = Some(job);
                self.send(number, &errand)?;
            }
            Ok(Want::Done) => {
                let runs: Vec<SyncRun> = job.runs().cloned().collect();
                trace!(self, "device {number} is done: {}", summary(&runs));
                self.devices[number].history.store_mut().writes_left = None;
                self.absorb(number)?;
                self.count_outcomes(number, &runs)?;
                self.devices[number].runs = runs;
                checks::after_job(self, number)?;
            }
            Err(error) if is_injected(&error) => self.die(number)?,
            Err(_) if self.broken == Some(Broken::OneFailsAll) => {
                self.devices[number].runs = job.runs().cloned().collect();
            }
            Err(error) => return Err(format!("device {number}: {error} in {job:?}")),
        }
        Ok(())
    }
}

fn summary(runs: &[SyncRun]) -> String {
    let one = |run: &SyncRun| {
        let equal: Vec<_> = run
            .verification
            .iter()
            .map(|table| (&table.table, table.here, table.there, table.equal, &table.remark))
            .collect();
        format!("{} {} rows {:?} {equal:?}", run.status, run.rows_done, run.error)
    };
    runs.iter().map(one).collect::<Vec<_>>().join("; ")
}
