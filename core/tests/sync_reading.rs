//! What is read of syncing after two devices have met over a relay.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on fails.

use std::sync::Arc;

use runlog_core::change::ChangeNumber;
use runlog_core::crypto::VaultSecret;
use runlog_core::history::{History, HistoryError};
use runlog_core::id::{DeviceId, ExecutionId};
use runlog_core::model::{Ending, Kind, NewExecution, Outcome, Tag};
use runlog_core::relay::{MemoryRelay, RelayLimits};
use runlog_core::store::{Backend, BackendId, MemoryStore};
use runlog_core::sync::engine::{Job, JobOptions, TransportError, Want};
use runlog_core::sync::reading::{BackendState, NOT_HEARD_FROM_MS, OverallState, Why};
use runlog_core::sync::run::{Direction, RunFilter, RunStatus, SyncRun, SyncType};
use runlog_core::sync::vault::Vault;
use runlog_core::time::Timestamp;
use serde_json::json;

const RELAY: BackendId = BackendId(1);
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const ID: ExecutionId = ExecutionId::from_u128(1);

type Device = History<MemoryStore>;

struct World {
    vault: Arc<Vault>,
    relay: MemoryRelay,
    reachable: bool,
    now: i64,
    random: u64,
}

impl World {
    fn new() -> Self {
        let secret = VaultSecret::generate(&mut |bytes: &mut [u8]| bytes.fill(7));
        let vault = Arc::new(Vault::new(secret.keys()));
        let relay = MemoryRelay::new(RelayLimits::default());
        Self { vault, relay, reachable: true, now: 1_700_000_000_000, random: 1 }
    }

    fn now(&mut self) -> Timestamp {
        self.now += 10;
        Timestamp::from_millis(self.now)
    }

    fn device(&mut self, number: u128) -> Device {
        let mut history = History::open(MemoryStore::new(), DeviceId::from_u128(number)).unwrap();
        let now = self.now();
        let backend = Backend {
            id: RELAY,
            name: "relay".to_owned(),
            settings: Vec::new(),
            added_at: now,
            enabled: true,
            sent: ChangeNumber::ZERO,
            position: Vec::new(),
        };
        history.write(now, |tx| tx.put_backend(&backend)).unwrap();
        history
    }

    fn start(&mut self, device: &mut Device, id: ExecutionId) {
        let at = self.now();
        let mut new = NewExecution::new(id, Kind::Job, "nightly", at).unwrap();
        new.tags = vec![Tag::new("ci").unwrap()];
        device.write(at, |tx| tx.start(&new)).unwrap();
    }

    fn note(&mut self, device: &mut Device, text: &str) {
        let at = self.now();
        device.write(at, |tx| tx.set_note(ID, Some(text))).unwrap();
    }

    fn sync(&mut self, device: &mut Device) -> SyncRun {
        self.sync_as(device, JobOptions::default())
    }

    fn sync_as(&mut self, device: &mut Device, options: JobOptions) -> SyncRun {
        let mut job = Job::new(self.vault.clone(), options);
        for _ in 0..10_000 {
            let now = self.now();
            let random = &mut self.random;
            let mut entropy = |bytes: &mut [u8]| {
                for byte in bytes {
                    *random = random.wrapping_mul(6364136223846793005).wrapping_add(1);
                    *byte = (*random >> 33) as u8;
                }
            };
            match job.poll(device, now, &mut entropy).unwrap() {
                Want::Continue => {}
                Want::Done => return job.runs().next().unwrap().clone(),
                Want::Send(_) if !self.reachable => {
                    let message = "connection refused".to_owned();
                    job.answer(Err(TransportError { message }));
                }
                Want::Send(errand) => {
                    let answer =
                        self.relay.handle(errand.device, errand.request, now, &mut entropy);
                    job.answer(Ok(answer));
                }
            }
        }
        panic!("the job does not end: {job:?}");
    }

    fn state(&mut self, device: &mut Device) -> (OverallState, BackendState, String) {
        let now = self.now();
        let overview = device.read(|tx| tx.sync_overview(now)).unwrap();
        let backend = &overview.backends[0];
        assert_eq!(overview.warns(), overview.since.is_some());
        (overview.state, backend.state, backend.words.clone())
    }
}

fn why(device: &mut Device, field: &str) -> Why {
    device.read(|tx| tx.why(ID, field)).unwrap()
}

#[test]
fn up_to_date_is_said_when_it_is_so_and_not_before() {
    let mut world = World::new();
    let (mut a, mut b) = (world.device(1), world.device(2));
    world.start(&mut a, ID);
    assert_eq!(world.state(&mut a).1, BackendState::NeverHeardFrom);
    world.sync(&mut a);
    assert_eq!(world.state(&mut a).0, OverallState::UpToDate);

    world.note(&mut a, "edited");
    let waiting = (OverallState::NotUpToDate, BackendState::Waiting, "1 to hand over".to_owned());
    assert_eq!(world.state(&mut a), waiting);
    let now = world.now();
    let since = a.read(|tx| tx.sync_overview(now)).unwrap().since.unwrap();
    assert!(now.millis_since(since) < 100, "since the edit, not since the run began");
    world.sync(&mut a);

    // What was only pushed does not know what others did.
    world.sync(&mut b);
    world.note(&mut b, "theirs");
    world.sync(&mut b);
    let options = JobOptions { direction: Direction::LocalToRemote, ..JobOptions::default() };
    world.note(&mut a, "mine");
    world.sync_as(&mut a, options);
    assert_eq!(world.state(&mut a).1, BackendState::Behind);
    world.sync(&mut a);
    assert_eq!(world.state(&mut a).0, OverallState::UpToDate);

    world.reachable = false;
    world.sync(&mut a);
    let (state, reason, words) = world.state(&mut a);
    assert_eq!((state, reason), (OverallState::NotUpToDate, BackendState::Failing));
    assert_eq!(words, "the last sync failed: connection refused");
    world.reachable = true;
    world.sync(&mut a);
    assert_eq!(world.state(&mut a).0, OverallState::UpToDate);
    world.now += NOT_HEARD_FROM_MS as i64;
    assert_eq!(world.state(&mut a).1, BackendState::NotHeardFrom);
}

#[test]
fn runs_and_rows_of_the_log_come_newest_first_each_with_its_run() {
    let mut world = World::new();
    let (mut a, mut b) = (world.device(1), world.device(2));
    world.start(&mut a, ID);
    world.sync(&mut a);
    world.sync(&mut b);
    for n in 0..3 {
        world.note(&mut a, &format!("note {n}"));
        world.sync(&mut a);
        world.sync(&mut b);
    }
    let full = JobOptions { sync_type: SyncType::Full, ..JobOptions::default() };
    let full = world.sync_as(&mut b, full);

    let latest = b.read(|tx| tx.latest_sync(None)).unwrap().unwrap();
    assert_eq!(latest.id, full.id);
    assert_eq!(b.read(|tx| tx.latest_sync(Some(Direction::RemoteToLocal))).unwrap(), None);
    let runs = b.read(|tx| tx.sync_runs(&RunFilter::default(), None, 10)).unwrap();
    assert_eq!((runs.len(), runs[0].id), (5, full.id));

    let page = b.read(|tx| tx.sync_logs_for(ID, None, None)).unwrap();
    assert!(page.next.is_none());
    assert_eq!(page.rows.iter().filter(|row| row.entry.entity_type.is_none()).count(), 1);
    assert!(page.rows.iter().all(|row| row.run.id == row.entry.run));
    assert!(page.rows.is_sorted_by(|one, next| one.entry.at >= next.entry.at));
    let (mut paged, mut cursor) = (Vec::new(), None);
    loop {
        let page = b.read(|tx| tx.sync_logs_for(ID, Some(2), cursor)).unwrap();
        paged.extend(page.rows);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(paged, page.rows);
    let row = serde_json::to_value(&page.rows[0]).unwrap();
    assert_eq!(row["run"]["sync_id"], row["sync_id"]);
}

#[test]
fn statistics_count_days_and_are_zero_without_a_run() {
    let mut world = World::new();
    let mut a = world.device(1);
    let now = world.now();
    let stats = a.read(|tx| tx.sync_stats(7, now)).unwrap();
    assert_eq!((stats.total, stats.success_rate, stats.average_duration_ms), (0, 0.0, 0));
    assert_eq!((stats.per_day.len(), stats.by_direction.len()), (7, 3));
    assert!(stats.per_day.iter().all(|day| day.total == 0));

    world.start(&mut a, ID);
    world.sync(&mut a);
    world.now += 2 * DAY_MS;
    world.sync(&mut a);
    world.reachable = false;
    world.sync(&mut a);
    let now = world.now();
    let stats = a.read(|tx| tx.sync_stats(7, now)).unwrap();
    assert_eq!((stats.total, stats.completed, stats.failures), (3, 2, 1));
    assert!((stats.success_rate - 2.0 / 3.0).abs() < 1e-9);
    assert!(stats.average_duration_ms > 0 && stats.rows > 0);
    let days: Vec<u64> = stats.per_day.iter().map(|day| day.total).collect();
    assert_eq!(days, [0, 0, 0, 0, 1, 0, 2]);
    assert_eq!(stats.by_direction[0].total, 3);
    // A day ends at midnight of UTC; what is older than the days does not count.
    let stats = a.read(|tx| tx.sync_stats(1, now)).unwrap();
    assert_eq!((stats.total, stats.since.as_millis() % DAY_MS), (2, 0));
    let stats = a.read(|tx| tx.sync_stats(u32::MAX, now)).unwrap();
    assert_eq!(stats.per_day.len(), 366);
}

#[test]
fn a_value_tells_who_wrote_it_how_it_came_and_what_it_displaced() {
    let mut world = World::new();
    let (mut a, mut b) = (world.device(1), world.device(2));
    world.start(&mut a, ID);
    world.sync(&mut a);
    let brought = world.sync(&mut b);

    let note = why(&mut a, "note");
    assert_eq!((note.value.clone(), note.arrived.clone()), (json!(null), None));
    let status = why(&mut a, "status");
    assert_eq!(status.column, "started_at");
    assert!(status.written.unwrap().here);
    // What came with the execution displaced nothing: the log tells which run brought it.
    let workflow = why(&mut b, "workflow_id");
    assert_eq!(workflow.value, json!("nightly"));
    let arrived = workflow.arrived.unwrap();
    assert_eq!((arrived.sync_id, arrived.certain), (brought.id, false));
    assert_eq!(arrived.run.unwrap().id, brought.id);

    world.note(&mut b, "mine");
    world.note(&mut a, "theirs");
    world.sync(&mut a);
    let run = world.sync(&mut b);
    let note = why(&mut b, "note");
    assert_eq!(note.value, json!("theirs"));
    let written = note.written.unwrap();
    assert_eq!((written.device_id, written.here), (DeviceId::from_u128(1), false));
    let arrived = note.arrived.unwrap();
    assert_eq!((arrived.sync_id, arrived.certain), (run.id, true));
    let displaced = note.displaced.unwrap();
    assert_eq!((displaced.value, displaced.written.here), (json!("mine"), true));
    assert!(displaced.by_this_value && displaced.sync_id == Some(run.id));

    // An edit made here since: what was displaced was so by another value.
    world.note(&mut b, "mine again");
    let note = why(&mut b, "note");
    assert!(note.arrived.is_none() && note.written.unwrap().here);
    assert!(!note.displaced.unwrap().by_this_value);

    let at = world.now();
    a.write(at, |tx| tx.untag(ID, &Tag::new("ci").unwrap())).unwrap();
    let at = world.now();
    a.write(at, |tx| tx.finish(ID, &Ending::new(Outcome::Completed, at))).unwrap();
    world.sync(&mut a);
    world.sync(&mut b);
    let tag = why(&mut b, "tag:ci");
    assert_eq!((tag.value, tag.displaced.unwrap().value), (json!(false), json!(true)));
    let ended = why(&mut b, "ended_at");
    assert_eq!(ended.value, json!(at.to_string()));
    assert_eq!(why(&mut b, "status").value, json!("completed"));
    assert_eq!(why(&mut b, "tag:none").written, None);
    let all = b.read(|tx| tx.whys(ID)).unwrap();
    let fields: Vec<&str> = all.iter().map(|why| why.field.as_str()).collect();
    assert!(fields.starts_with(&["outcome", "ended_at"]) && fields.ends_with(&["tag:ci"]));

    let wrong = b.read(|tx| tx.why(ID, "colour")).unwrap_err().to_string();
    assert!(wrong.contains("there is no 'colour'; there are status, outcome"), "{wrong}");
    let missing = b.read(|tx| tx.why(ExecutionId::from_u128(9), "note"));
    assert!(matches!(missing, Err(HistoryError::NotFound { .. })));
}

#[test]
fn what_is_older_than_90_days_is_forgotten() {
    let mut world = World::new();
    let (mut a, mut b) = (world.device(1), world.device(2));
    world.start(&mut a, ID);
    world.sync(&mut a);
    world.sync(&mut b);
    world.note(&mut b, "mine");
    world.note(&mut a, "theirs");
    world.sync(&mut a);
    world.sync(&mut b);
    let keep = |world: &mut World, device: &mut Device| {
        let now = world.now();
        device.write(now, |tx| tx.keep_sync_history()).unwrap()
    };
    world.now += 80 * DAY_MS;
    let kept = world.sync(&mut b);
    let removed = keep(&mut world, &mut b);
    assert_eq!((removed.runs, removed.displaced), (0, 0));
    world.now += 20 * DAY_MS;
    let removed = keep(&mut world, &mut b);
    assert_eq!((removed.runs, removed.displaced), (2, 1));
    let runs = b.read(|tx| tx.sync_runs(&RunFilter::default(), None, 10)).unwrap();
    assert_eq!((runs.len(), runs[0].id), (1, kept.id));
    assert_eq!(runs[0].status, RunStatus::Completed);
    let note = why(&mut b, "note");
    assert_eq!((note.displaced, note.arrived), (None, None));
    assert!(note.written.is_some(), "who wrote it is known for ever");
    let log = b.read(|tx| tx.sync_logs_for(ID, None, None)).unwrap();
    assert!(log.rows.is_empty());
    assert_eq!(keep(&mut world, &mut b).runs, 0);
}
