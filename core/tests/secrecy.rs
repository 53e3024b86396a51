//! What crosses the wire, and what a relay can do with it.
#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

mod world;

use runlog_core::sealed::{Mark, OpaqueKey, SealedRecord};
use runlog_core::sync::run::RunStatus;
use world::World;

const SECRET: &str = "correct horse battery staple";

/// Every message of a sync of a run that has a secret in each of its fields.
fn messages(world: &mut World) -> Vec<u8> {
    let mut device = world.device(1);
    let id = device.start_named(world, 1, SECRET);
    device.note(world, id, SECRET);
    device.tag(world, id, SECRET);
    device.log(world, id, SECRET);
    let run = world.sync(&mut device);
    assert_eq!(run.status, RunStatus::Completed, "{run:?}");
    std::mem::take(&mut world.wire)
}

#[test]
fn nothing_that_is_named_or_valued_crosses_the_wire() {
    let mut world = World::new();
    let wire = messages(&mut world);
    assert!(wire.len() > 500);
    let id = runlog_core::id::ExecutionId::from_u128(world::FIRST + 1);
    let plain: [&[u8]; 6] =
        [SECRET.as_bytes(), b"executions", b"tags", b"note", b"workflow_id", id.as_bytes()];
    for text in plain {
        assert!(!wire.windows(text.len()).any(|bytes| bytes == text), "{text:?}");
    }
}

#[test]
fn two_vaults_share_no_name() {
    let names = |world: &World| -> Vec<(OpaqueKey, Vec<Mark>)> {
        let of = |record: SealedRecord| {
            (record.row, record.cells.iter().map(|cell| cell.mark).collect())
        };
        world.relay.records().map(|held| of(held.record)).collect()
    };
    let [mut one, mut two] = [World::of_vault(1), World::of_vault(2)];
    messages(&mut one);
    messages(&mut two);
    for (row, marks) in names(&one) {
        for (other, others) in names(&two) {
            assert_ne!(row, other);
            assert!(marks.iter().all(|mark| !others.contains(mark)));
        }
    }
}

/// A record that was altered or moved is set aside alone, and named.
#[test]
fn what_a_relay_alters_does_not_open_and_blocks_nothing() {
    type Alteration = fn(&mut SealedRecord, &SealedRecord);
    let alterations: [Alteration; 5] = [
        |record, _| record.sealed[0] ^= 1,
        |record, _| record.clock.time = runlog_core::clock::ClockTime::new(1_700_000_500_000, 0),
        |record, other| record.row = other.row,
        |record, _| record.cells.truncate(1),
        |record, other| record.table = other.table,
    ];
    for (number, alter) in alterations.into_iter().enumerate() {
        let mut world = World::new();
        let (mut a, mut b) = (world.device(1), world.device(2));
        let first = a.start_named(&mut world, 1, "first");
        let second = a.start_named(&mut world, 2, "second");
        a.tag(&mut world, second, "tagged");
        world.sync(&mut a);
        let tag = world.relay.records().last().unwrap().record;
        world.tampering = Some(Box::new(move |record: &mut SealedRecord, at: usize| {
            if at == 0 {
                alter(record, &tag);
            }
        }));
        let run = world.sync(&mut b);
        assert_eq!((run.status, run.counts.failed), (RunStatus::Partial, 1), "{number}: {run:?}");
        assert!(!b.has(first), "{number}");
        assert!(b.has(second), "{number}");
        // Once the relay gives what it was given, nothing is missing: a full sync fetches it.
        world.tampering = None;
        world.sync_fully(&mut b);
        assert!(b.has(first), "{number}");
    }
}
