//! What a relay lets go of is missed by nobody (SYNC 9, T16), and digests say what is held (SYNC 26).

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::subsequence;

use super::*;

#[derive(Clone, Debug)]
struct Step {
    device: u128,
    records: Vec<SealedRecord>,
}

/// What a record drops follows from row and clock, as all else does: each time it comes the same.
fn any_record() -> impl Strategy<Value = SealedRecord> {
    let marks = subsequence(vec![1u8, 2, 3, 4], 1..=4);
    let parts = (0..3u8, 0..6u64, 1..3u128, marks, 1..3u32, 0..2u8);
    parts.prop_map(|(row, millis, device, marks, key, twin)| {
        let mut record = generation(key, record(row, millis, device, &marks));
        // A device and its copy write other values under one clock.
        record.cells.iter_mut().for_each(|cell| cell.tag.0[0] ^= twin * (1 + row % 2));
        let rows: Vec<u8> =
            (0..3).filter(|other| (millis >> other ^ device as u64) & 1 == 1).collect();
        match (u64::from(row) + millis * 3 + device as u64) % 5 {
            0 => dropping(record, millis * 7 % 6, &rows),
            _ => record,
        }
    })
}

fn any_script() -> impl Strategy<Value = Vec<Step>> {
    let step = (1..4u128, vec(any_record(), 0..5));
    vec(step.prop_map(|(device, records)| Step { device, records }), 0..12)
}

fn play(relay: MemoryRelay, script: &[Step]) -> World {
    let mut world = World { relay, entropy: Counting::default() };
    let mut devices: BTreeMap<u128, Device> = BTreeMap::new();
    for step in script {
        let device = devices.entry(step.device).or_insert_with(|| Device::new(step.device));
        world.push(device, step.records.clone());
        assert_digests(&world.relay);
    }
    world
}

fn assert_digests(relay: &MemoryRelay) {
    assert_eq!(relay.state(NOW).digests, relay.recomputed_digests());
    let weights: usize = relay.records().map(|held| held.record.weight()).sum();
    assert_eq!(relay.state(NOW).bytes, weights as u64);
}

type Columns = BTreeMap<(OpaqueKey, Mark), (Clock, CellTag)>;

/// What a device has that merges all of it: of each column the newest clock, and of that the greatest
/// tag.
fn merged(world: &mut World) -> Columns {
    let mut columns = Columns::new();
    for delivered in world.pull(&mut Device::new(99), false, 300) {
        let record = delivered.record;
        for cell in &record.cells {
            let entry = columns.entry((record.row, cell.mark)).or_insert((record.clock, cell.tag));
            *entry = (record.clock, cell.tag).max(*entry);
        }
    }
    columns
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_goes_is_missed_by_nobody(script in any_script()) {
        let mut dropping = play(MemoryRelay::new(RelayLimits::default()), &script);
        let mut keeping = play(MemoryRelay::that_keeps_covered(RelayLimits::default()), &script);
        prop_assert_eq!(merged(&mut dropping), merged(&mut keeping));
        prop_assert_eq!(dropping.relay.recomputed_digests(), keeping.relay.recomputed_digests());
        prop_assert!(dropping.relay.records().count() <= keeping.relay.records().count());
    }

    #[test]
    fn each_held_record_wins_a_column(script in any_script()) {
        let world = play(MemoryRelay::new(RelayLimits::default()), &script);
        let mut rows: BTreeMap<OpaqueKey, Vec<Header>> = BTreeMap::new();
        for held in world.relay.records() {
            rows.entry(held.record.row).or_default().push(Header::new(held.sequence, &held.record));
        }
        for headers in rows.values() {
            let needed: std::collections::BTreeSet<u64> =
                winners(headers).iter().map(|(header, _)| header.sequence).collect();
            prop_assert_eq!(needed.len(), headers.len());
        }
    }

    #[test]
    fn the_order_of_arrival_does_not_matter(
        (script, shuffled) in any_script().prop_flat_map(|script| {
            let records: Vec<Step> = script
                .iter()
                .flat_map(|step| step.records.iter().map(|r| (step.device, r.clone())))
                .map(|(device, record)| Step { device, records: vec![record] })
                .collect();
            (Just(script), Just(records).prop_shuffle())
        }),
    ) {
        let mut once = play(MemoryRelay::new(RelayLimits::default()), &script);
        let mut again = play(MemoryRelay::new(RelayLimits::default()), &shuffled);
        prop_assert_eq!(merged(&mut once), merged(&mut again));
        prop_assert_eq!(once.relay.recomputed_digests(), again.relay.recomputed_digests());
    }

    #[test]
    fn what_came_once_changes_nothing_when_it_comes_again(script in any_script()) {
        let mut world = play(MemoryRelay::new(RelayLimits::default()), &script);
        let before: Vec<Delivered> = world.relay.records().collect();
        let mut other = Device::new(50);
        for step in &script {
            for verdict in world.push(&mut other, step.records.clone()) {
                prop_assert!(matches!(verdict, Verdict::Known | Verdict::Dropped));
            }
        }
        prop_assert_eq!(world.relay.records().collect::<Vec<_>>(), before);
        assert_digests(&world.relay);
    }

    #[test]
    fn damage_is_repaired_by_pushing_again(
        script in any_script(), pick in any::<prop::sample::Index>(),
    ) {
        let mut world = play(MemoryRelay::new(RelayLimits::default()), &script);
        let expected = (merged(&mut world), world.relay.recomputed_digests());
        let sequences: Vec<u64> = world.relay.records().map(|held| held.sequence).collect();
        if sequences.is_empty() {
            return Ok(());
        }
        let held: Vec<SealedRecord> = world.relay.records().map(|held| held.record).collect();
        world.relay.damage(*pick.get(&sequences));
        // Nobody is handed the damaged record, and the digest says that it is missing.
        merged(&mut world);
        assert_digests(&world.relay);
        let verdicts = world.push(&mut Device::new(50), held);
        // None where another record of the same clock has its columns.
        prop_assert!(verdicts.iter().filter(|v| **v == Verdict::Accepted).count() <= 1);
        assert_digests(&world.relay);
        prop_assert_eq!((merged(&mut world), world.relay.recomputed_digests()), expected);
    }
}
