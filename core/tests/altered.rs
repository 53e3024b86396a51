//! Records that are altered on their way: set aside, fetched again, and said so.
#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

mod world;

use runlog_core::id::ExecutionId;
use runlog_core::sealed::SealedRecord;
use runlog_core::store::Room;
use runlog_core::sync::engine::JobOptions;
use runlog_core::sync::run::{EntityOutcome, LogQuery, RunStatus, SyncLogEntry, SyncRun};
use world::{Device, RELAY, World, assert_equal};

const MINUTE_MS: i64 = 60_000;

/// Two devices, of which the first has synced so many executions.
fn devices(world: &mut World, executions: u128) -> (Device, Device, Vec<ExecutionId>) {
    let (mut a, b) = (world.device(1), world.device(2));
    let ids = (0..executions).map(|number| a.start(world, number)).collect();
    assert_equal(&world.sync(&mut a));
    (a, b, ids)
}

/// Alters what pages and fetched rows bring from here on.
fn alter(world: &mut World, which: usize, how: fn(&mut SealedRecord)) {
    world.tampering = Some(Box::new(move |record, at| {
        if at == which {
            how(record);
        }
    }));
}

fn break_seal(record: &mut SealedRecord) {
    if let Some(byte) = record.sealed.last_mut() {
        *byte ^= 1;
    }
}

/// What the sync log says of a run beside its own row.
fn told(device: &mut Device, run: &SyncRun) -> Vec<SyncLogEntry> {
    let query = LogQuery { run: Some(run.id), ..LogQuery::default() };
    let rows = device.history.read(|tx| Ok(tx.tx().sync_log(&query, None, 1_000)?)).unwrap();
    rows.into_iter().map(|(_, row)| row).filter(|row| row.outcome.is_some()).collect()
}

fn set_aside(device: &mut Device) -> usize {
    let notes = |tx: &runlog_core::history::HistoryReader<'_>| {
        Ok(tx.tx().notes(Room::Quarantine, &[], None, usize::MAX)?.len())
    };
    device.history.read(notes).unwrap()
}

/// Whatever of a record was altered, the next job fetches it again, and the log says so.
#[test]
fn what_was_altered_on_its_way_is_fetched_again_by_itself() {
    let ways: [fn(&mut SealedRecord); 5] = [
        break_seal,
        |record| record.nonce[0] ^= 1,
        |record| record.key.id[0] ^= 1,
        |record| record.cells[0].mark.0[7] ^= 1,
        |record| record.clock.time = runlog_core::clock::ClockTime::new(1, 0),
    ];
    for (number, way) in ways.into_iter().enumerate() {
        let mut world = World::new();
        let (_, mut b, ids) = devices(&mut world, 5);
        alter(&mut world, 3, way);
        let run = world.sync(&mut b);
        assert_eq!(run.status, RunStatus::Partial, "{number}: {run:?}");
        assert_eq!((run.counts.failed, set_aside(&mut b)), (1, 1), "{number}");
        world.tampering = None;
        let run = world.sync(&mut b);
        assert_equal(&run);
        assert!(ids.iter().all(|id| b.has(*id)), "{number}");
        assert_eq!(set_aside(&mut b), 0, "{number}");
        // Where clock or columns were altered, what was set aside is no record of the row.
        let outcome = if number < 3 { EntityOutcome::Repaired } else { EntityOutcome::LostTo };
        let told = told(&mut b, &run);
        assert!(told.iter().any(|row| row.outcome == Some(outcome)), "{number}: {told:?}");
    }
}

/// A record whose row key was altered says nothing of its true row: that digests differ does.
#[test]
fn a_row_that_came_under_another_name_is_found_by_the_digests() {
    let mut world = World::new();
    let (_, mut b, ids) = devices(&mut world, 5);
    alter(&mut world, 3, |record| record.row.0[0] ^= 1);
    assert_eq!(world.sync(&mut b).status, RunStatus::Partial);
    world.tampering = None;
    world.sync(&mut b);
    assert_equal(&world.sync(&mut b));
    assert!(ids.iter().all(|id| b.has(*id)));
}

/// What does not open however often it is fetched is fetched ever more rarely.
#[test]
fn each_further_fetch_waits_twice_as_long() {
    let mut world = World::new();
    let (_, mut b, _) = devices(&mut world, 1);
    alter(&mut world, 0, break_seal);
    world.sync(&mut b);
    let mut fetched_after = Vec::new();
    for minute in 0..20 {
        // A little more than a minute, as each job takes a moment.
        world.now = 1_700_000_010_000 + minute * (MINUTE_MS + 1_000);
        let run = world.sync(&mut b);
        assert_eq!(run.status, RunStatus::Partial);
        assert_eq!(set_aside(&mut b), 1);
        if told(&mut b, &run).iter().any(|row| row.outcome == Some(EntityOutcome::DecryptFailed)) {
            fetched_after.push(minute);
        }
    }
    assert_eq!(fetched_after, [0, 1, 3, 7, 15]);
    // A clock that was set back hours does not make it wait for hours.
    world.now -= 300 * MINUTE_MS;
    world.tampering = None;
    assert_equal(&world.sync(&mut b));
}

/// One job fetches 256 rows again at most, and the next ones the others.
#[test]
fn what_one_job_fetches_again_is_bounded() {
    let mut world = World::new();
    let (_, mut b, _) = devices(&mut world, 600);
    world.tampering = Some(Box::new(|record, _| break_seal(record)));
    world.sync(&mut b);
    assert_eq!(set_aside(&mut b), 600);
    world.tampering = None;
    for left in [344, 88, 0] {
        world.sync(&mut b);
        assert_eq!(set_aside(&mut b), left);
    }
    assert_equal(&world.sync(&mut b));
}

/// A backend leaves nothing behind that is removed while a page of its is on its way.
#[test]
fn nothing_is_set_aside_from_a_backend_that_was_removed() {
    let mut world = World::new();
    let (_, mut b, _) = devices(&mut world, 3);
    alter(&mut world, 1, break_seal);
    world.meanwhile = Some(Box::new(|device, at| {
        device.history.write(at, |tx| tx.remove_backend(RELAY)).unwrap();
    }));
    let run = world.sync(&mut b);
    assert_eq!(run.status, RunStatus::Failed, "{run:?}");
    assert_eq!(run.error.as_deref(), Some("the backend was removed"));
    assert_eq!(set_aside(&mut b), 0);
}

/// What the backend has let go of by the time it is asked for is forgotten.
#[test]
fn what_was_covered_meanwhile_is_forgotten() {
    let mut world = World::new();
    let (mut a, mut b, ids) = devices(&mut world, 2);
    a.note(&mut world, ids[1], "one");
    world.sync(&mut a);
    alter(&mut world, 2, break_seal);
    assert_eq!(world.sync(&mut b).status, RunStatus::Partial);
    a.note(&mut world, ids[1], "two");
    world.sync(&mut a);
    world.tampering = None;
    let run = world.sync_with(&mut b, JobOptions::default());
    assert_equal(&run);
    assert_eq!(b.noted(ids[1]).as_deref(), Some("two"));
    assert!(told(&mut b, &run).iter().any(|row| row.outcome == Some(EntityOutcome::LostTo)));
}
