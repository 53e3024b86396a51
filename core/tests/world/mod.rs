//! Devices and a relay in memory, on a clock that steps; messages go through their wire form.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)] // Each test file uses a part of it.

use std::sync::Arc;

use runlog_core::change::ChangeNumber;
use runlog_core::crypto::VaultSecret;
use runlog_core::history::History;
use runlog_core::id::{DeviceId, ExecutionId};
use runlog_core::log::{LineRef, Lines, LogLimits, Stream};
use runlog_core::model::{Execution, Kind, NewExecution, Tag};
use runlog_core::relay::{MemoryRelay, RelayLimits};
use runlog_core::sealed::SealedRecord;
use runlog_core::store::{Backend, BackendId, MemoryStore};
use runlog_core::sync::engine::{Errand, Job, JobOptions, Want};
use runlog_core::sync::message::{Answer, Request};
use runlog_core::sync::run::{RunStatus, SyncRun, SyncType};
use runlog_core::sync::vault::Vault;
use runlog_core::sync::wire;
use runlog_core::time::Timestamp;

pub(crate) const RELAY: BackendId = BackendId(1);
/// Added to the number of an execution, so that its id is nothing that occurs by chance.
pub(crate) const FIRST: u128 = 0x0123_4567_89ab_4def_8123_0000_0000_0000;

type Meanwhile = Box<dyn FnMut(&mut Device, Timestamp)>;
type Tampering = Box<dyn Fn(&mut SealedRecord, usize)>;

pub(crate) struct World {
    pub(crate) vault: Arc<Vault>,
    pub(crate) relay: MemoryRelay,
    pub(crate) now: i64,
    /// How far the clock of a device that syncs is ahead of the relay's, in milliseconds.
    pub(crate) ahead: i64,
    /// Every byte that was sent.
    pub(crate) wire: Vec<u8>,
    /// A push of a job that died: it reaches the relay behind the next resolve.
    pub(crate) late: Option<Errand>,
    /// What the relay does to the records of a page and to those it was asked for.
    pub(crate) tampering: Option<Tampering>,
    /// What is done on a device that syncs while each of its requests is on its way.
    pub(crate) meanwhile: Option<Meanwhile>,
    random: u64,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::of_vault(7)
    }

    pub(crate) fn of_vault(number: u8) -> Self {
        let secret = VaultSecret::generate(&mut |bytes: &mut [u8]| bytes.fill(number));
        Self {
            vault: Arc::new(Vault::new(secret.keys())),
            relay: MemoryRelay::new(RelayLimits::default()),
            now: 1_700_000_000_000,
            ahead: 0,
            wire: Vec::new(),
            late: None,
            tampering: None,
            meanwhile: None,
            random: 1,
        }
    }

    pub(crate) fn now(&mut self) -> Timestamp {
        self.now += 10;
        Timestamp::from_millis(self.now)
    }

    pub(crate) fn pass(&mut self, millis: i64) {
        self.now += millis;
    }

    pub(crate) fn device(&mut self, number: u128) -> Device {
        let mut history = History::open(MemoryStore::new(), DeviceId::from_u128(number)).unwrap();
        let now = self.now();
        history.write(now, |tx| tx.put_backend(&backend(now))).unwrap();
        Device { history }
    }

    pub(crate) fn sync(&mut self, device: &mut Device) -> SyncRun {
        self.sync_with(device, JobOptions::default())
    }

    /// Syncs up to a push, which is on its way when the job dies.
    pub(crate) fn sync_until_push(&mut self, device: &mut Device) {
        let mut job = Job::new(self.vault.clone(), JobOptions::default());
        while self.late.is_none() {
            let now = self.now();
            let mut entropy = |bytes: &mut [u8]| bytes.fill(9);
            let Want::Send(errand) = job.poll(&mut device.history, now, &mut entropy).unwrap()
            else {
                continue;
            };
            if matches!(errand.request, Request::Push(_)) {
                self.late = Some(errand);
            } else {
                let answer = self.relay.handle(errand.device, errand.request, now, &mut entropy);
                job.answer(Ok(answer));
            }
        }
    }

    pub(crate) fn sync_fully(&mut self, device: &mut Device) -> SyncRun {
        self.sync_with(device, JobOptions { sync_type: SyncType::Full, ..JobOptions::default() })
    }

    pub(crate) fn sync_with(&mut self, device: &mut Device, options: JobOptions) -> SyncRun {
        let mut job = Job::new(self.vault.clone(), options);
        for _ in 0..10_000 {
            let now = self.now();
            let random = &mut self.random;
            let mut entropy = |bytes: &mut [u8]| {
                for byte in bytes {
                    *random =
                        random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    *byte = (*random >> 33) as u8;
                }
            };
            let told = now.plus_millis(self.ahead);
            match job.poll(&mut device.history, told, &mut entropy).unwrap() {
                Want::Continue => {}
                Want::Done => return job.runs().next().unwrap().clone(),
                Want::Send(errand) => {
                    let request = wire::encode_request(&errand.request).unwrap();
                    let asked = wire::decode_request(&request).unwrap();
                    job.work_ahead(&mut device.history, &mut entropy).unwrap();
                    if let Some(meanwhile) = &mut self.meanwhile {
                        meanwhile(device, told);
                    }
                    let answer = self.relay.handle(errand.device, asked, now, &mut entropy);
                    let mut answer =
                        wire::decode_answer(&wire::encode_answer(&answer).unwrap()).unwrap();
                    self.wire.extend(request);
                    if matches!(answer, Answer::Resolved(_))
                        && let Some(late) = self.late.take()
                    {
                        self.relay.handle(late.device, late.request, now, &mut entropy);
                    }
                    self.tamper_with(&mut answer);
                    job.answer(Ok(answer));
                }
            }
        }
        panic!("the job does not end: {job:?}");
    }

    fn tamper_with(&self, answer: &mut Answer) {
        let Some(tamper) = &self.tampering else { return };
        let records: Vec<&mut SealedRecord> = match answer {
            Answer::Page(page) => page.records.iter_mut().map(|held| &mut held.record).collect(),
            Answer::Held(held) => held.records.iter_mut().collect(),
            _ => return,
        };
        for (at, record) in records.into_iter().enumerate() {
            tamper(record, at);
        }
    }
}

pub(crate) fn backend(now: Timestamp) -> Backend {
    Backend {
        id: RELAY,
        name: "relay".to_owned(),
        settings: Vec::new(),
        added_at: now,
        enabled: true,
        sent: ChangeNumber::ZERO,
        position: Vec::new(),
    }
}

pub(crate) struct Device {
    pub(crate) history: History<MemoryStore>,
}

impl Device {
    pub(crate) fn start(&mut self, world: &mut World, number: u128) -> ExecutionId {
        self.start_named(world, number, "nightly")
    }

    pub(crate) fn start_named(
        &mut self,
        world: &mut World,
        number: u128,
        name: &str,
    ) -> ExecutionId {
        let (id, at) = (ExecutionId::from_u128(FIRST + number), world.now());
        let mut new = NewExecution::new(id, Kind::Job, name, at).unwrap();
        new.params.set("param", name).unwrap();
        self.history.write(at, |tx| tx.start(&new)).unwrap();
        id
    }

    pub(crate) fn note(&mut self, world: &mut World, id: ExecutionId, note: &str) {
        let at = world.now();
        self.history.write(at, |tx| tx.set_note(id, Some(note))).unwrap();
    }

    pub(crate) fn tag(&mut self, world: &mut World, id: ExecutionId, tag: &str) {
        let (at, tag) = (world.now(), Tag::new(tag).unwrap());
        self.history.write(at, |tx| tx.tag(id, &tag)).unwrap();
    }

    pub(crate) fn log(&mut self, world: &mut World, id: ExecutionId, text: &str) {
        let at = world.now();
        let mut lines = Lines::new();
        let (stream, bytes) = (Stream::Stdout, text.as_bytes());
        lines.push(LineRef { time: at, stream, level: None, continued: false, bytes });
        self.history
            .write(at, |tx| {
                let mut log = tx.open_log(id, LogLimits::default())?;
                tx.append_log(&mut log, &lines)?;
                tx.seal_log(&mut log)
            })
            .unwrap();
    }

    pub(crate) fn run(&mut self, id: ExecutionId) -> Option<Execution> {
        self.history.read(|tx| tx.execution(id)).unwrap()
    }

    pub(crate) fn has(&mut self, id: ExecutionId) -> bool {
        self.run(id).is_some()
    }

    pub(crate) fn noted(&mut self, id: ExecutionId) -> Option<String> {
        self.run(id).and_then(|run| run.summary.note)
    }
}

/// The run did all, and both sides hold the same.
pub(crate) fn assert_equal(run: &SyncRun) {
    assert_eq!(run.status, RunStatus::Completed, "{run:?}");
    assert!(!run.verification.is_empty(), "{run:?}");
    assert!(run.verification.iter().all(|table| table.equal == Some(true)), "{run:?}");
}
