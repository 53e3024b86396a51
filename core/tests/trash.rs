//! The trash: what is purged, when, and that nothing comes back.
#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

mod world;

use runlog_core::history::TrashKeeps;
use runlog_core::id::ExecutionId;
use runlog_core::query::ListQuery;
use runlog_core::sync::limits::{ACKNOWLEDGED_EVERY_MS, HEARD_WITHIN_MS};
use runlog_core::sync::run::{EntityOutcome, LogQuery, RunStatus};
use world::{Device, World, assert_equal};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Syncs until everyone has told the relay that they hold all that it has.
fn sync_all(world: &mut World, devices: &mut [&mut Device]) {
    for _ in 0..3 {
        world.pass(ACKNOWLEDGED_EVERY_MS as i64);
        for device in &mut *devices {
            assert_equal(&world.sync(device));
        }
    }
}

fn delete(world: &mut World, device: &mut Device, id: ExecutionId) {
    let at = world.now();
    device.history.write(at, |tx| tx.delete(id)).unwrap();
}

fn in_trash(device: &mut Device) -> u64 {
    let mut query = ListQuery::newest(10);
    query.filter.deleted = true;
    device.history.read(|tx| tx.count(&query)).unwrap()
}

#[test]
fn what_was_deleted_thirty_days_ago_is_purged_everywhere() {
    let mut world = World::new();
    let (mut a, mut b) = (world.device(1), world.device(2));
    let (id, other) = (a.start(&mut world, 1), a.start(&mut world, 2));
    a.tag(&mut world, id, "noisy");
    a.log(&mut world, id, "a line");
    sync_all(&mut world, &mut [&mut a, &mut b]);
    delete(&mut world, &mut a, id);
    sync_all(&mut world, &mut [&mut a, &mut b]);
    world.pass(28 * DAY_MS);
    sync_all(&mut world, &mut [&mut a, &mut b]);
    assert_eq!([in_trash(&mut a), in_trash(&mut b)], [1, 1]);
    world.pass(3 * DAY_MS);
    let run = world.sync(&mut b);
    assert_equal(&run);
    assert_eq!(run.metadata["purged_from_trash"], 1);
    assert!(!b.has(id) && b.has(other));
    assert_equal(&world.sync(&mut a));
    assert!(!a.has(id) && a.has(other));
    // The relay lets go of the run, its tag and its log; the purge and the other run stay.
    assert_eq!(world.relay.records().count(), 2);
}

#[test]
fn a_device_that_does_not_know_of_the_delete_is_waited_for() {
    let mut world = World::new();
    let (mut a, mut away) = (world.device(1), world.device(2));
    let id = a.start(&mut world, 1);
    sync_all(&mut world, &mut [&mut a, &mut away]);
    delete(&mut world, &mut a, id);
    world.pass(40 * DAY_MS);
    sync_all(&mut world, &mut [&mut a]);
    assert_eq!(in_trash(&mut a), 1);
    // Its edit is older than the purge, and nothing is lost by it.
    away.note(&mut world, id, "made while away");
    assert_equal(&world.sync(&mut away));
    sync_all(&mut world, &mut [&mut a, &mut away]);
    assert_eq!([in_trash(&mut a), in_trash(&mut away)], [1, 1], "a note newer than the delete");
}

#[test]
fn a_device_that_was_away_for_too_long_brings_nothing_back() {
    let mut world = World::new();
    let (mut a, mut away) = (world.device(1), world.device(2));
    let id = a.start(&mut world, 1);
    sync_all(&mut world, &mut [&mut a, &mut away]);
    away.note(&mut world, id, "made while away");
    delete(&mut world, &mut a, id);
    world.pass(HEARD_WITHIN_MS as i64 + DAY_MS);
    sync_all(&mut world, &mut [&mut a]);
    world.pass(DAY_MS);
    sync_all(&mut world, &mut [&mut a]);
    assert_eq!(in_trash(&mut a), 0);
    assert!(!a.has(id));
    let run = world.sync(&mut away);
    assert_eq!(run.status, RunStatus::Completed, "{run:?}");
    assert_equal(&world.sync(&mut away));
    assert!(!away.has(id));
    let log = LogQuery { entity: Some(id), ..LogQuery::default() };
    let rows = away.history.read(|tx| Ok(tx.tx().sync_log(&log, None, 10)?)).unwrap();
    assert!(rows.iter().any(|(_, row)| row.outcome == Some(EntityOutcome::Purged)), "{rows:?}");
    sync_all(&mut world, &mut [&mut a, &mut away]);
    assert!(!a.has(id));
}

#[test]
fn the_trash_keeps_what_it_is_told_to() {
    let mut world = World::new();
    let mut a = world.device(1);
    let id = a.start(&mut world, 1);
    delete(&mut world, &mut a, id);
    let now = world.now();
    a.history.write(now, |tx| tx.set_trash_keeps(TrashKeeps::ForEver)).unwrap();
    sync_all(&mut world, &mut [&mut a]);
    world.pass(400 * DAY_MS);
    sync_all(&mut world, &mut [&mut a]);
    assert_eq!(in_trash(&mut a), 1);
    let now = world.now();
    a.history.write(now, |tx| tx.set_trash_keeps(TrashKeeps::Days(399))).unwrap();
    sync_all(&mut world, &mut [&mut a]);
    assert_eq!(in_trash(&mut a), 0);
}

/// A device whose clock is a year ahead purges by the relay's clock.
#[test]
fn a_clock_that_is_ahead_does_not_cut_the_time_short() {
    let mut world = World::new();
    let mut a = world.device(1);
    let id = a.start(&mut world, 1);
    delete(&mut world, &mut a, id);
    sync_all(&mut world, &mut [&mut a]);
    world.ahead = 365 * DAY_MS;
    world.sync(&mut a);
    assert_eq!(in_trash(&mut a), 1);
    world.ahead = 0;
    world.pass(31 * DAY_MS);
    sync_all(&mut world, &mut [&mut a]);
    assert_eq!(in_trash(&mut a), 0);
}
