//! Two devices and a relay, all in memory: the engine from the first message to the last.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on fails.

use std::sync::Arc;

use runlog_core::change::ChangeNumber;
use runlog_core::crypto::VaultSecret;
use runlog_core::history::History;
use runlog_core::id::{DeviceId, ExecutionId};
use runlog_core::model::{Ending, Kind, NewExecution, Outcome, Status};
use runlog_core::relay::{MemoryRelay, RelayLimits};
use runlog_core::schema::RowKey;
use runlog_core::store::{Backend, BackendId, MemoryStore};
use runlog_core::sync::engine::{Job, JobOptions, Want};
use runlog_core::sync::run::{RunStatus, SyncRun};
use runlog_core::sync::vault::Vault;
use runlog_core::time::Timestamp;

const RELAY: BackendId = BackendId(1);

struct Device {
    history: History<MemoryStore>,
}

struct World {
    vault: Arc<Vault>,
    relay: MemoryRelay,
    now: i64,
    random: u64,
}

impl World {
    fn new() -> Self {
        let secret = VaultSecret::generate(&mut |bytes: &mut [u8]| bytes.fill(7));
        let vault = Arc::new(Vault::new(secret.keys()));
        let relay = MemoryRelay::new(RelayLimits::default());
        Self { vault, relay, now: 1_700_000_000_000, random: 1 }
    }

    fn now(&mut self) -> Timestamp {
        self.now += 10;
        Timestamp::from_millis(self.now)
    }

    fn device(&mut self, number: u128) -> Device {
        let id = DeviceId::from_u128(number);
        let mut history = History::open(MemoryStore::new(), id).unwrap();
        let backend = Backend {
            id: RELAY,
            name: "relay".to_owned(),
            settings: Vec::new(),
            added_at: Timestamp::from_millis(self.now),
            enabled: true,
            sent: ChangeNumber::ZERO,
            position: Vec::new(),
        };
        let now = self.now();
        history.write(now, |tx| tx.put_backend(&backend)).unwrap();
        Device { history }
    }

    fn sync(&mut self, device: &mut Device) -> SyncRun {
        let mut job = Job::new(self.vault.clone(), JobOptions::default());
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
            match job.poll(&mut device.history, now, &mut entropy).unwrap() {
                Want::Continue => {}
                Want::Done => return job.runs().next().unwrap().clone(),
                Want::Send(errand) => {
                    let answer =
                        self.relay.handle(errand.device, errand.request, now, &mut entropy);
                    job.answer(Ok(answer));
                }
            }
        }
        panic!("the job does not end: {job:?}");
    }
}

#[test]
fn what_one_device_records_another_has() {
    let mut world = World::new();
    let (mut a, mut b) = (world.device(1), world.device(2));
    let id = ExecutionId::from_u128(1);
    let at = world.now();
    a.history.write(at, |tx| tx.start(&NewExecution::new(id, Kind::Job, "nightly", at)?)).unwrap();
    let run = world.sync(&mut a);
    assert_eq!(run.status, RunStatus::Completed, "{run:?}");
    let run = world.sync(&mut b);
    assert_eq!((run.status, run.counts.created), (RunStatus::Completed, 1), "{run:?}");
    assert!(run.verification.iter().all(|table| table.equal == Some(true)), "{run:?}");
    assert_eq!(run.verification.len(), 1);

    // Both edit, offline.
    let at = world.now();
    a.history.write(at, |tx| tx.finish(id, &Ending::new(Outcome::Completed, at))).unwrap();
    let at = world.now();
    b.history.write(at, |tx| tx.set_note(id, Some("seen"))).unwrap();
    world.sync(&mut b);
    world.sync(&mut a);
    let run = world.sync(&mut b);
    assert_eq!(run.status, RunStatus::Completed, "{run:?}");
    for device in [&mut a, &mut b] {
        let found = device.history.read(|tx| tx.execution(id)).unwrap().unwrap();
        assert_eq!(found.status(), Status::Completed);
        assert_eq!(found.summary.note.as_deref(), Some("seen"));
        let (summary, _) = device.history.read(|tx| tx.sync_state(&RowKey::Execution(id))).unwrap();
        assert!(summary.is_synced);
    }
    let run = world.sync(&mut a);
    assert_eq!((run.status, run.rows_done), (RunStatus::Completed, 0), "{run:?}");
    assert!(run.verification.iter().all(|table| table.equal == Some(true)), "{run:?}");
}
