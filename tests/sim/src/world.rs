//! The simulation: devices, relays, one clock, and what happens to them.

use std::collections::BTreeSet;
use std::sync::Arc;

use runlog_contract::random::Random;
use runlog_core::crypto::VaultSecret;
use runlog_core::history::HistoryError;
use runlog_core::id::{DeviceId, ExecutionId};
use runlog_core::sealed::OpaqueKey;
use runlog_core::store::{Backend, BackendId, ChangeNumber};
use runlog_core::sync::digests::Digests;
use runlog_core::sync::engine::{Errand, Job, JobOptions, TransportError, Want, close_interrupted};
use runlog_core::sync::message::{Answer, Reason, Request, Verdict};
use runlog_core::sync::run::{RunStatus, SyncRun};
use runlog_core::sync::vault::Vault;
use runlog_core::sync::wire::{decode_answer, decode_request, encode_answer, encode_request};
use runlog_core::time::Timestamp;

use crate::altered::alter_answer;
use crate::broken::Broken;
use crate::checks;
use crate::device::{Device, is_injected};
use crate::edits::Edit;
use crate::model::Model;
use crate::network::{Flight, Letter};
use crate::plan::{Faults, Plan};
use crate::relay::Relay;
use crate::store::SimStore;
use crate::tally::Tally;

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Edits that were committed.
    pub edits: usize,
    /// Messages that relays answered.
    pub messages: u64,
    /// How often each kind of fault struck.
    pub struck: Tally,
}

/// Everything.
#[derive(Debug)]
pub struct World {
    pub plan: Plan,
    pub faults: Faults,
    pub random: Random,
    pub vault: Arc<Vault>,
    pub now_ms: i64,
    pub devices: Vec<Device>,
    pub relays: Vec<Relay>,
    pub late: Vec<Letter>,
    pub model: Model,
    /// Rows of which a record was altered on its way to a relay.
    pub altered: BTreeSet<OpaqueKey>,
    pub runs: Vec<ExecutionId>,
    pub numbers: u64,
    pub report: Report,
    pub broken: Option<Broken>,
    pub trace: bool,
}

/// Runs a seed.
///
/// # Errors
/// What went wrong, for people.
pub fn run(seed: u64, broken: Option<Broken>, trace: bool) -> Result<Report, String> {
    let mut world = World::new(seed, broken, trace);
    match world.run() {
        Ok(()) => Ok(Report { edits: world.model.edits(), ..world.report }),
        Err(error) => Err(format!("{error}\n  with {}", world.plan.faults)),
    }
}

macro_rules! trace {
    ($world:expr, $($text:tt)*) => {
        if $world.trace { eprintln!("{:>8} {}", $world.now_ms - $crate::world::START_MS, format!($($text)*)); }
    };
}
pub(crate) use trace;

pub(crate) const START_MS: i64 = 1_700_000_000_000;
/// Most executions that are made.
const RUNS_MAX: u64 = 8;
pub(crate) const HOUR_MS: i64 = 3_600_000;

impl World {
    fn new(seed: u64, broken: Option<Broken>, trace: bool) -> Self {
        let mut random = Random::new(seed);
        let plan = Plan::new(&mut random);
        let secret = VaultSecret::generate(&mut |bytes: &mut [u8]| bytes.fill(7));
        let vault = Arc::new(Vault::new(secret.keys()));
        let relays = (0..plan.relays).map(|_| Relay::new(broken));
        let mut world = Self {
            relays: relays.collect(),
            faults: Faults::default(),
            vault,
            now_ms: START_MS,
            devices: Vec::new(),
            late: Vec::new(),
            model: Model::default(),
            altered: BTreeSet::new(),
            runs: Vec::new(),
            numbers: 0,
            report: Report::default(),
            broken,
            trace,
            random,
            plan,
        };
        let copies = world.plan.faults.copy + world.plan.faults.device_restore > 0;
        world.model.may_have_twins = copies && world.plan.relays > 1;
        trace!(world, "{:?}", world.plan);
        for number in 0..world.plan.links.len() {
            let store = SimStore::new(world.plan.sqlite[number], broken);
            let id = DeviceId::from_u128(0xd0 + number as u128);
            world.devices.push(Device::new(store, id));
            if world.plan.older == Some(number) {
                world.devices[number].older = true;
                world.restart(number);
            }
            for relay in world.plan.links[number].clone() {
                world.link(number, relay);
            }
            world.devices[number].history.persist().unwrap();
        }
        world
    }

    fn run(&mut self) -> Result<(), String> {
        for epoch in 1..=self.plan.epochs {
            self.faults = self.plan.faults.clone();
            for _ in 0..self.plan.steps {
                self.step()?;
            }
            self.settle(epoch == self.plan.epochs)?;
            checks::at_rest(self)?;
        }
        Ok(())
    }

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
    fn step(&mut self) -> Result<(), String> {
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

    fn begin_job(&mut self, number: usize) {
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
    fn go_on(&mut self, number: usize) -> Result<(), String> {
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
        match want {
            Ok(Want::Continue) => self.devices[number].job = Some(job),
            Ok(Want::Send(errand)) => {
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

    fn send(&mut self, number: usize, errand: &Errand) -> Result<(), String> {
        let Some(relay) = self.devices[number].links.get(&errand.backend).copied() else {
            // The backend was removed meanwhile.
            self.devices[number].flight = Some(Flight::Answer(None));
            return Ok(());
        };
        if matches!(errand.request, Request::Push(_)) {
            // What was stamped anew gets around from here on.
            self.absorb(number)?;
        }
        let mut bytes = encode_request(&errand.request).map_err(|error| error.to_string())?;
        if decode_request(&bytes).as_ref() != Ok(&errand.request) {
            return Err(format!("the request does not survive its codec: {:?}", errand.request));
        }
        trace!(self, "device {number} to relay {relay}: {}", brief(&errand.request));
        let device = errand.device;
        let whole = Letter { backend: errand.backend, relay, device, bytes: bytes.clone() };
        let struck = &mut self.report.struck;
        let unreachable = self.devices[number].cut_off.contains(&relay);
        let flight = if unreachable {
            struck.strike("a device could not reach a relay");
            Flight::Answer(None)
        } else if self.random.chance(self.faults.drop) {
            struck.strike("a request was lost");
            Flight::Answer(None)
        } else if self.random.chance(self.faults.late) {
            struck.strike("a request came late");
            self.late.push(whole);
            Flight::Answer(None)
        } else {
            if self.random.chance(self.faults.duplicate) {
                struck.strike("a request came twice");
                self.late.push(whole.clone());
            }
            if self.random.chance(self.faults.cut) {
                struck.strike("a message was cut off");
                bytes.truncate(self.random.below(bytes.len() as u64) as usize);
            } else if self.faults.altered_push > 0
                && self.random.chance(self.faults.altered_push)
                && let Some(altered) = self.alter_request(&errand.request)
            {
                self.report.struck.strike("a record was altered on its way to a relay");
                bytes = altered;
            }
            Flight::Request(Letter { bytes, ..whole })
        };
        self.devices[number].flight = Some(flight);
        Ok(())
    }

    /// A message arrives.
    fn travel(&mut self, number: usize) {
        match self.devices[number].flight.take() {
            Some(Flight::Request(letter))
                if self.faults.relay_kill > 0 && self.random.chance(self.faults.relay_kill) =>
            {
                self.kill_relay(&letter);
                self.devices[number].flight = Some(Flight::Answer(None));
            }
            Some(Flight::Request(letter)) => {
                let mut answer = self.deliver(&letter);
                if self.random.chance(self.faults.drop) {
                    self.report.struck.strike("an answer was lost");
                    answer = None;
                } else if self.random.chance(self.faults.cut)
                    && let Some(bytes) = &mut answer
                {
                    self.report.struck.strike("a message was cut off");
                    bytes.truncate(self.random.below(bytes.len() as u64) as usize);
                } else if self.random.chance(self.faults.altered)
                    && let Some(bytes) = &mut answer
                    && let Some(altered) = alter_answer(&mut self.random, bytes)
                {
                    self.report.struck.strike("a record was altered on its way to a device");
                    *bytes = altered;
                }
                self.devices[number].flight = Some(Flight::Answer(answer));
            }
            Some(Flight::Answer(bytes)) => {
                let unreachable = || TransportError { message: "unreachable".to_owned() };
                let answer = bytes.ok_or_else(unreachable).and_then(|bytes| {
                    decode_answer(&bytes)
                        .map_err(|error| TransportError { message: error.to_string() })
                });
                if let Some(job) = &mut self.devices[number].job {
                    job.answer(answer);
                }
            }
            None => {}
        }
    }

    /// A relay answers; nothing where what arrived is no request.
    pub(crate) fn deliver(&mut self, letter: &Letter) -> Option<Vec<u8>> {
        let request = decode_request(&letter.bytes).ok()?;
        self.report.messages += 1;
        let relay = &mut self.relays[letter.relay];
        let now = Timestamp::from_millis(self.now_ms + relay.skew_ms);
        let random = &mut self.random;
        let mut request = request;
        if self.broken == Some(Broken::NoChecksums)
            && let Request::Push(push) = &mut request
            && random.chance(self.faults.damage)
            && let Some(byte) = push.records.first_mut().and_then(|r| r.sealed.last_mut())
        {
            *byte ^= 1;
        }
        let mut entropy = |bytes: &mut [u8]| bytes.fill_with(|| random.any() as u8);
        let mut answer = relay.handle(letter.device, request, now, &mut entropy);
        if self.broken == Some(Broken::DigestCopied)
            && let Answer::Page(page) = &mut answer
        {
            let of = self.devices.iter_mut().find(|one| one.history.device() == letter.device);
            let tables = of.map(|of| of.history.read(|reader| Digests::read(reader.tx())).unwrap());
            let index = self.vault.keys().index();
            let tables = tables.into_iter().flat_map(|digests| digests.tables);
            page.state.digests =
                tables.map(|(name, digest)| (index.table_tag(&name), digest)).collect();
            page.state.digests.sort_unstable_by_key(|(tag, _)| *tag);
        }
        if let Answer::Pushed(pushed) = &answer
            && pushed.verdicts.contains(&Verdict::Refused(Reason::Quota))
        {
            relay.full = true;
            self.report.struck.strike("a quota was reached");
        }
        trace!(self, "  relay {}: {}", letter.relay, brief(&answer));
        let bytes = encode_answer(&answer).unwrap();
        assert_eq!(decode_answer(&bytes).as_ref(), Ok(&answer), "an answer that no codec carries");
        Some(bytes)
    }

    /// No more faults: every device syncs until nothing moves.
    fn settle(&mut self, last: bool) -> Result<(), String> {
        trace!(self, "quiet");
        self.end_faults();
        if last {
            self.upgrade_all()?;
        }
        for number in 0..self.devices.len() {
            self.finish_job(number)?;
        }
        let mut rounds_left = 8 + 4 * self.devices.len();
        // Own edits that were refused for their clock are stamped anew at once. What a relay accepted
        // whose own clock was ahead waits until it is due, and so do purges and what was written
        // under an identity that the device has given up.
        let mut idle_left = if self.plan.faults.may_wait() { 6 } else { 0 };
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
                return Ok(());
            }
            // Something waits until it is due.
            idle_left -= 1;
            rounds_left += 1;
            self.now_ms += 12 * HOUR_MS;
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

fn brief(what: &impl std::fmt::Debug) -> String {
    let mut text = format!("{what:?}");
    let end = (0..=4000.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.truncate(end.unwrap_or(0));
    text
}
