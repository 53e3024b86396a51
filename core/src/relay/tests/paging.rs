//! Pages, and finding out what differs.

use super::*;

fn filled() -> (World, Device, Device) {
    let (mut world, mut one, mut two) = (World::new(), Device::new(1), Device::new(2));
    for row in 0..10 {
        world.push(&mut one, vec![record(row, 1, 1, &[1]), record(row, 2, 1, &[2])]);
        world.push(&mut two, vec![record(row, 3, 2, &[3])]);
    }
    (world, one, two)
}

#[test]
fn pages_of_any_size_give_everything_once_in_order() {
    for bytes_max in [0, 1, 150, 300, 1000, 1 << 20] {
        let (mut world, one, _) = filled();
        for (device, with_own, count) in [
            (Device::new(3), false, 30),
            (Device { standing: Standing { got: None, ..one.standing }, ..one.clone() }, false, 10),
            (one, true, 30),
        ] {
            let mut device = device;
            let all = world.pull(&mut device, with_own, bytes_max);
            assert_eq!(all.len(), count, "{bytes_max}");
            assert!(all.is_sorted_by_key(|delivered| delivered.sequence));
            assert_eq!(device.standing.got.unwrap().sequence, world.relay.state(NOW).head);
            assert!(world.pull(&mut device, with_own, bytes_max).is_empty());
        }
    }
}

#[test]
fn the_last_page_tells_digests_and_the_head() {
    let (mut world, _, two) = filled();
    let answer = world.ask(&two, two.pull(false, 1 << 20));
    let Answer::Page(page) = answer else { panic!("{answer:?}") };
    assert!(!page.more);
    assert_eq!(page.state, world.relay.state(NOW));
    assert_eq!(page.state.digests, world.relay.recomputed_digests());
    assert_eq!(page.next.unwrap().sequence, page.state.head);
}

#[test]
fn parts_add_up_to_the_table_and_describe_tells_them_apart() {
    let (mut world, one, _) = filled();
    let standing = one.standing;
    for (table, digest) in world.relay.state(NOW).digests {
        let answer = world.ask(&one, Request::Compare(Compare { standing, table }));
        let Answer::Parts(parts) = answer else { panic!("{answer:?}") };
        let mut sum = Digest::default();
        for (part, of_part) in &parts.parts {
            sum.merge(of_part);
            let describe = Describe { standing, table, part: *part, after: None };
            let answer = world.ask(&one, Request::Describe(describe));
            let Answer::Held(held) = answer else { panic!("{answer:?}") };
            assert!(!held.more && held.records.iter().all(|record| record.sealed.is_empty()));
            let mut described = Digest::default();
            for record in &held.records {
                assert_eq!((record.row.0[0], record.table), (*part, table));
                record.cells.iter().for_each(|c| described.add(&record.row, &record.clock, c));
            }
            assert_eq!(described, *of_part);
        }
        assert_eq!(sum, digest);
    }
}

#[test]
fn fetch_gives_whole_rows_in_order_and_goes_on() {
    let (mut world, one, _) = filled();
    let limits = RelayLimits { page_bytes_max: 500, ..RelayLimits::default() };
    world.relay.limits = limits;
    let mut rows: Vec<OpaqueKey> = [9, 3, 200, 5, 3].map(|row| OpaqueKey([row; 16])).into();
    let mut fetched = Vec::new();
    loop {
        let fetch = Fetch { standing: one.standing, rows: rows.clone() };
        let answer = world.ask(&one, Request::Fetch(fetch));
        let Answer::Held(held) = answer else { panic!("{answer:?}") };
        let last = held.records.last().unwrap().row;
        rows.retain(|row| *row > last);
        fetched.extend(held.records);
        if !held.more {
            break;
        }
    }
    let order: Vec<u8> = fetched.iter().map(|record| record.row.0[0]).collect();
    assert_eq!(order, [3, 3, 3, 5, 5, 5, 9, 9, 9]);
    assert!(fetched.iter().all(|record| !record.sealed.is_empty()));
}
