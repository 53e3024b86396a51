//! Two devices and a relay, all in memory: the engine from the first message to the last.
#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

mod world;

use runlog_core::clock::{Clock, ClockTime};
use runlog_core::codec::RowRecord;
use runlog_core::history::History;
use runlog_core::id::DeviceId;
use runlog_core::model::{Ending, Outcome, Status};
use runlog_core::schema::{RowKey, executions};
use runlog_core::store::{KeptCell, RowWrite, Store};
use runlog_core::sync::engine::JobOptions;
use runlog_core::sync::run::{LogQuery, RunStatus, SyncType};
use world::{Device, World, assert_equal};

/// T17: a value that was changed behind the engine's back is found, named and repaired.
#[test]
fn a_verification_finds_and_repairs_what_was_changed_behind_the_engine() {
    let mut world = World::new();
    let mut a = world.device(1);
    let id = a.start(&mut world, 1);
    (2..50).for_each(|number| _ = a.start(&mut world, number));
    a.note(&mut world, id, "as written");
    assert_equal(&world.sync(&mut a));
    let key = RowKey::Execution(id);
    a.history
        .store_mut()
        .write(|tx| {
            let row = tx.row(&key, executions::ALL)?.unwrap();
            let cells = [(executions::NOTE, "tampered".into())];
            let (clocks, change, visibility) = (&row.clocks, row.change, row.visibility);
            tx.update_row(&key, &RowWrite { cells: &cells, clocks, change, visibility })
        })
        .unwrap();
    let options = JobOptions { verify: true, ..JobOptions::default() };
    let run = world.sync_with(&mut a, options);
    assert_equal(&run);
    assert_eq!(a.noted(id).as_deref(), Some("as written"));
    let log = LogQuery { run: Some(run.id), entity: Some(id), ..LogQuery::default() };
    let rows = a.history.read(|tx| Ok(tx.tx().sync_log(&log, None, 10)?)).unwrap();
    let text = rows.iter().find_map(|(_, row)| row.error.clone()).unwrap();
    assert_eq!(text, "repaired from the backend: note");
}

/// T17: so is a value that is only kept, because a newer program wrote it.
#[test]
fn a_verification_repairs_what_is_kept_for_a_newer_program() {
    let mut world = World::new();
    let mut a = world.device(1);
    let id = a.start(&mut world, 1);
    let at = world.now();
    let (table, key) = ("executions".to_owned(), id.as_bytes().to_vec());
    let clock =
        Clock { time: ClockTime::new(at.as_millis() as u64, 0), device: DeviceId::from_u128(9) };
    let cells = vec![("mood".to_owned(), "as written".into())];
    let record = RowRecord { table: table.clone(), key: key.clone(), clock, cells };
    a.history.write(at, |tx| tx.merge(vec![record])).unwrap();
    assert_equal(&world.sync(&mut a));
    let kept = |a: &mut Device| a.history.read(|tx| Ok(tx.tx().kept(&table, &key)?)).unwrap();
    let written = kept(&mut a);
    let tampered = KeptCell { value: "tampered".into(), ..written[0].clone() };
    let store = a.history.store_mut();
    store.write(|tx| tx.keep(&table, &key, &tampered, tx.counters()?.change)).unwrap();
    let options = JobOptions { verify: true, ..JobOptions::default() };
    assert_equal(&world.sync_with(&mut a, options));
    assert_eq!(kept(&mut a), written);
}

/// What the relay lost without knowing is found by its digests, and sent again.
#[test]
fn what_a_relay_lost_is_sent_again() {
    let mut world = World::new();
    let (mut a, mut b) = (world.device(1), world.device(2));
    let ids: Vec<_> = (1..40).map(|number| a.start(&mut world, number)).collect();
    assert_equal(&world.sync(&mut a));
    let sequences: Vec<u64> = world.relay.records().map(|held| held.sequence).collect();
    assert!(world.relay.damage(sequences[7]));
    let run = world.sync_with(&mut a, JobOptions { verify: true, ..JobOptions::default() });
    assert_eq!(run.status, RunStatus::Completed, "{run:?}");
    assert_equal(&world.sync(&mut b));
    assert!(ids.iter().all(|id| b.has(*id)));
}

/// SYNC 14: a relay that was set back to a backup is noticed without anybody telling it.
#[test]
fn a_relay_that_was_set_back_gets_everything_again() {
    let mut world = World::new();
    let (mut a, mut b) = (world.device(1), world.device(2));
    let first = a.start(&mut world, 1);
    world.sync(&mut a);
    world.sync(&mut b);
    let backup = world.relay.clone();
    let second = a.start(&mut world, 2);
    b.note(&mut world, first, "from b");
    world.sync(&mut a);
    world.sync(&mut b);
    world.relay = backup;
    // Somebody new goes on where the backup was, so that sequences come again.
    let mut c = world.device(3);
    let third = c.start(&mut world, 3);
    world.sync(&mut c);
    for _ in 0..2 {
        for device in [&mut a, &mut b, &mut c] {
            let run = world.sync(device);
            assert_eq!(run.status, RunStatus::Completed, "{run:?}");
        }
    }
    for device in [&mut a, &mut b, &mut c] {
        assert_equal(&world.sync(device));
        for id in [first, second, third] {
            assert!(device.has(id));
        }
        assert_eq!(device.noted(first).as_deref(), Some("from b"));
    }
}

/// SYNC 15, T12: a device restored from a backup, and a copy of a device, become others.
#[test]
fn a_copy_becomes_a_device_of_its_own() {
    let mut world = World::new();
    let (mut a, mut b) = (world.device(1), world.device(2));
    let id = a.start(&mut world, 1);
    world.sync(&mut a);
    let mut copy =
        Device { history: History::open(a.history.store().clone(), DeviceId::NIL).unwrap() };
    assert_eq!(copy.history.device(), a.history.device());
    // Both go on as the same device: the same clocks, other values.
    let now = world.now;
    a.note(&mut world, id, "from a");
    world.now = now;
    copy.note(&mut world, id, "from the copy");
    let of_copy = copy.start(&mut world, 2);
    world.sync(&mut a);
    assert_equal(&world.sync(&mut copy));
    assert_ne!(copy.history.device(), a.history.device());
    assert_equal(&world.sync(&mut a));
    assert_equal(&world.sync(&mut b));
    let notes = [&mut a, &mut b, &mut copy].map(|device| device.noted(id));
    assert!(notes.iter().all(|note| note == &notes[0] && note.is_some()), "{notes:?}");
    assert!(b.has(of_copy));
}

/// SYNC 15: a push that comes after the next process asked for it makes nobody a copy, and leaves no line
/// of a log twice.
#[test]
fn a_push_that_comes_late_changes_nothing() {
    let mut world = World::new();
    let (mut a, mut b) = (world.device(1), world.device(2));
    a.start(&mut world, 1);
    world.sync(&mut a);
    let id = a.start(&mut world, 2);
    a.log(&mut world, id, "once");
    world.sync_until_push(&mut a);
    world.sync(&mut a);
    assert!(world.late.is_none(), "the push has come");
    assert_eq!(a.history.device(), DeviceId::from_u128(1));
    assert_equal(&world.sync(&mut a));
    assert_equal(&world.sync(&mut b));
    for device in [&mut a, &mut b] {
        let pieces = device.history.read(|tx| Ok(tx.tx().pieces(id, 0..=u64::MAX >> 1)?)).unwrap();
        assert_eq!(pieces.len(), 1, "{pieces:?}");
    }
}

#[test]
fn what_one_device_records_another_has() {
    let mut world = World::new();
    let (mut a, mut b) = (world.device(1), world.device(2));
    let id = a.start(&mut world, 1);
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
        let found = device.run(id).unwrap();
        assert_eq!(found.status(), Status::Completed);
        assert_eq!(found.summary.note.as_deref(), Some("seen"));
        let (summary, _) = device.history.read(|tx| tx.sync_state(&RowKey::Execution(id))).unwrap();
        assert!(summary.is_synced);
    }
    let run = world.sync(&mut a);
    assert_eq!((run.status, run.rows_done), (RunStatus::Completed, 0), "{run:?}");
    assert!(run.verification.iter().all(|table| table.equal == Some(true)), "{run:?}");
}

/// Chosen executions go both ways without moving a position.
#[test]
fn chosen_executions_are_synced_alone() {
    let mut world = World::new();
    let (mut a, mut b) = (world.device(1), world.device(2));
    let [first, second] = [1, 2].map(|number| a.start(&mut world, number));
    a.log(&mut world, second, "a line");
    let only =
        JobOptions { sync_type: SyncType::Specific, only: vec![second], ..JobOptions::default() };
    let run = world.sync_with(&mut a, only.clone());
    assert_eq!((run.status, run.rows_done), (RunStatus::Completed, 2), "{run:?}");
    let run = world.sync_with(&mut b, only);
    assert_eq!(run.status, RunStatus::Completed, "{run:?}");
    assert_eq!(run.metadata["only"][0], second.to_string());
    assert!(b.has(second) && !b.has(first));
    world.sync(&mut a);
    assert_equal(&world.sync(&mut b));
    assert!(b.has(first));
}

/// The batch behind the one that is on its way is sealed already when a run in it is edited.
#[test]
fn an_edit_of_what_was_sealed_ahead_arrives() {
    let mut world = World::new();
    let (mut a, mut b) = (world.device(1), world.device(2));
    let ids: Vec<_> = (1..40).map(|number| a.start(&mut world, number)).collect();
    let mut last = ids.clone();
    world.meanwhile = Some(Box::new(move |device, at| {
        if let Some(id) = last.pop() {
            device.history.write(at, |tx| tx.set_note(id, Some("edited meanwhile"))).unwrap();
        }
    }));
    let small = || JobOptions { batch_bytes: 1_000, ..JobOptions::default() };
    let run = world.sync_with(&mut a, small());
    assert_eq!(run.status, RunStatus::Completed, "{run:?}");
    world.meanwhile = None;
    assert_equal(&world.sync_with(&mut a, small()));
    assert_equal(&world.sync(&mut b));
    let noted = ids.iter().filter(|id| b.noted(**id).is_some()).count();
    assert!(noted > 5, "{noted}");
    for id in ids {
        assert_eq!(a.run(id), b.run(id));
    }
}
