//! One record at a time: cover, floors, keys, the gate, the quota, damage.

use super::*;

fn pushed(world: &mut World, records: &[SealedRecord]) -> Vec<Verdict> {
    let mut device = Device::new(1);
    device.standing = {
        let state = world.relay.device(device.id);
        Standing { got: None, sent: state.sent, token: state.token }
    };
    world.push(&mut device, records.to_vec())
}

fn sequences(world: &World) -> Vec<u64> {
    world.relay.records().map(|held| held.sequence).collect()
}

use Verdict::{Accepted, Dropped, Known, Refused};

/// SYNC 9: a clock comes again with fewer columns, and with others.
#[test]
fn a_clock_names_no_record() {
    let mut world = World::new();
    let (all, fewer, others) =
        (record(0, 1, 1, &[1, 2]), record(0, 1, 1, &[2]), record(0, 1, 1, &[2, 3]));
    assert_eq!(pushed(&mut world, &[all, fewer, others]), [Accepted, Known, Accepted]);
    assert_eq!(sequences(&world), [1, 2]);
    // The first still wins its first column; then it wins nothing.
    assert_eq!(pushed(&mut world, &[record(0, 2, 1, &[2, 3])]), [Accepted]);
    assert_eq!(sequences(&world), [1, 3]);
    assert_eq!(pushed(&mut world, &[record(0, 2, 2, &[1])]), [Accepted]);
    assert_eq!(sequences(&world), [3, 4]);
    assert_eq!(pushed(&mut world, &[record(0, 1, 1, &[1, 2])]), [Known]);
}

#[test]
fn a_newer_key_replaces_in_place() {
    let mut world = World::new();
    let old = record(0, 1, 1, &[1, 2]);
    assert_eq!(pushed(&mut world, &[old.clone(), record(1, 1, 1, &[1])]), [Accepted, Accepted]);
    let digests = world.relay.recomputed_digests();
    let new = SealedRecord { sealed: vec![9; 50], ..generation(2, old.clone()) };
    assert_eq!(pushed(&mut world, &[new.clone(), old, new.clone()]), [Accepted, Known, Known]);
    assert_eq!(sequences(&world), [1, 2]);
    assert_eq!(world.relay.records().next().unwrap().record, new);
    assert_eq!(world.relay.state(NOW).digests, digests);
    assert_eq!(world.relay.state(NOW).digests, world.relay.recomputed_digests());
}

/// A row that was split since: what the old key sealed goes all the same.
#[test]
fn a_newer_key_covers_what_is_left_of_a_record() {
    let mut world = World::new();
    pushed(&mut world, &[record(0, 1, 1, &[1, 2])]);
    let (one, two) = (record(0, 1, 1, &[1]), record(0, 1, 1, &[2]));
    let digests = world.relay.recomputed_digests();
    assert_eq!(pushed(&mut world, &[generation(2, one), generation(2, two)]), [Accepted, Accepted]);
    assert_eq!(world.relay.records().filter(|held| held.record.key.generation == 1).count(), 0);
    assert_eq!(world.relay.recomputed_digests(), digests);
}

#[test]
fn dropped_rows_stay_out_up_to_their_floor() {
    let mut world = World::new();
    pushed(&mut world, &[record(1, 1, 1, &[1]), record(1, 5, 1, &[2]), record(2, 1, 1, &[1])]);
    let purge = dropping(record(0, 9, 1, &[1]), 3, &[1, 2]);
    assert_eq!(pushed(&mut world, &[purge]), [Accepted]);
    assert_eq!(sequences(&world), [2, 4]);
    let late = [record(1, 3, 1, &[1]), record(1, 4, 1, &[1]), record(2, 2, 1, &[1])];
    assert_eq!(pushed(&mut world, &late), [Dropped, Accepted, Dropped]);
    // A lower floor changes nothing.
    let lower = dropping(record(0, 10, 1, &[1]), 1, &[1]);
    assert_eq!(pushed(&mut world, &[lower, record(1, 2, 1, &[3])]), [Accepted, Dropped]);
    assert_eq!(world.relay.state(NOW).digests, world.relay.recomputed_digests());
}

#[test]
fn a_record_does_not_drop_its_own_row() {
    let mut world = World::new();
    let purge = dropping(record(0, 2, 1, &[1]), 3, &[0, 1]);
    let old = [record(0, 1, 1, &[2]), record(1, 1, 1, &[2])];
    pushed(&mut world, &old);
    assert_eq!(pushed(&mut world, &[purge.clone(), purge]), [Accepted, Known]);
    assert_eq!(pushed(&mut world, &old), [Known, Dropped]);
}

fn at(millis_from_now: i64) -> SealedRecord {
    record(7, (1000 + millis_from_now) as u64, 1, &[1])
}

const AHEAD: Verdict = Refused(Reason::ClockAhead);

#[test]
fn a_clock_ahead_is_refused_unless_the_vault_has_been_there() {
    let limit = limits::AHEAD_MS_MAX as i64;
    let mut world = World::new();
    assert_eq!(pushed(&mut world, &[at(limit)]), [Accepted]);
    assert_eq!(pushed(&mut world, &[at(limit + 1001)]), [AHEAD]);
    // A batch does not climb on itself.
    assert_eq!(pushed(&mut world, &[at(limit + 1000), at(limit + 1500)]), [Accepted, AHEAD]);
    assert_eq!(world.relay.state(NOW).newest, at(limit + 1000).clock.time);
    // What is known is answered before its clock is looked at.
    let earlier = NOW.plus_millis(-10_000_000);
    let mut device = Device::new(1);
    let state = world.relay.device(device.id);
    device.standing = Standing { got: None, sent: state.sent, token: state.token };
    let push = world.next_push(&device, vec![at(limit + 1000)]);
    let answer = world.relay.handle(device.id, Request::Push(push), earlier, &mut world.entropy);
    assert!(matches!(answer, Answer::Pushed(Pushed { verdicts, .. }) if verdicts == [Known]));
}

#[test]
fn a_floor_ahead_is_refused_as_a_clock_is() {
    let mut world = World::new();
    let far = dropping(record(0, 1, 1, &[1]), 10_000_000, &[1]);
    assert_eq!(pushed(&mut world, &[far, record(1, 1, 1, &[1])]), [AHEAD, Accepted]);
}

#[test]
fn a_full_vault_takes_what_makes_room() {
    let mut world = World::new();
    pushed(&mut world, &[record(0, 1, 1, &[1]), record(1, 1, 1, &[1])]);
    world.relay.set_quota(world.relay.state(NOW).bytes);
    let full = Refused(Reason::Quota);
    assert_eq!(pushed(&mut world, &[record(2, 1, 1, &[1])]), [full]);
    assert_eq!(pushed(&mut world, &[record(0, 1, 1, &[1])]), [Known]);
    // As large as what it covers.
    assert_eq!(pushed(&mut world, &[record(0, 2, 1, &[1])]), [Accepted]);
    let larger = SealedRecord { sealed: vec![0; 41], ..record(0, 3, 1, &[1]) };
    assert_eq!(pushed(&mut world, &[larger]), [full]);
    let purge = dropping(SealedRecord { sealed: vec![], ..record(2, 1, 1, &[1]) }, 5, &[0, 1]);
    assert_eq!(pushed(&mut world, &[purge, record(3, 1, 1, &[1])]), [Accepted, full]);
    assert_eq!(sequences(&world), [world.relay.state(NOW).head]);
}

#[test]
fn a_value_too_large_is_refused_alone() {
    let mut world = World::new();
    world.relay = MemoryRelay::new(RelayLimits { sealed_bytes_max: 40, ..RelayLimits::default() });
    let large = SealedRecord { sealed: vec![0; 41], ..record(0, 1, 1, &[1]) };
    let verdicts = pushed(&mut world, &[large, record(1, 1, 1, &[1])]);
    assert_eq!(verdicts, [Refused(Reason::TooLarge), Accepted]);
}

/// SYNC 17: a damaged record counts neither as known nor as cover.
#[test]
fn a_damaged_record_is_absent() {
    let mut world = World::new();
    pushed(&mut world, &[record(0, 5, 1, &[1])]);
    assert!(world.relay.damage(1));
    assert_eq!(pushed(&mut world, &[record(0, 4, 1, &[1])]), [Accepted]);
    assert_eq!(pushed(&mut world, &[record(0, 5, 1, &[1])]), [Accepted]);
    assert_eq!(sequences(&world), [3]);
    assert_eq!(world.relay.state(NOW).digests, world.relay.recomputed_digests());
}
