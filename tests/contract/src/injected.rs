//! Promise 1 under faults: a script over a store of which every write fails once.

use runlog_core::history::History;
use runlog_core::store::Store;

use crate::Factory;
use crate::dump::Dump;
use crate::fail_after::{FailAfter, injected};
use crate::sample::{DEVICE, furnish, write_everything};
use crate::script::{place, script, seeds};
use crate::scripts::Expected;

/// Each writing method, failing at each of its turns, leaves the store as it was; without the fault
/// the same work is done.
pub fn every_method_can_fail_and_leaves_nothing<F: Factory>(factory: &mut F) {
    let mut whole = factory.create();
    furnish(&mut whole);
    whole.write(write_everything).unwrap();
    let wanted = Dump::of(&mut whole);
    let mut store = FailAfter { inner: factory.create(), writes_left: None };
    furnish(&mut store.inner);
    let before = Dump::of(&mut store);
    let mut writes = 0;
    loop {
        store.writes_left = Some(writes);
        let result = store.write(write_everything);
        if result.is_ok() {
            break;
        }
        assert_eq!(result, Err(injected()), "after {writes} writes");
        Dump::of(&mut store).assert_eq(&before, format!("failed after {writes} writes"));
        writes += 1;
    }
    assert!(writes > 35, "only {writes} writes");
    Dump::of(&mut store).assert_eq(&wanted, "without a fault");
}

/// A fault while the store is made to stay loses nothing.
pub fn a_failed_persist_loses_nothing<F: Factory>(factory: &mut F) {
    let mut store = FailAfter { inner: factory.create(), writes_left: None };
    furnish(&mut store.inner);
    let before = Dump::of(&mut store);
    store.writes_left = Some(0);
    assert_eq!(store.persist(), Err(injected()));
    Dump::of(&mut store).assert_eq(&before, "after the failed persist");
    assert_eq!(store.persist(), Ok(()));
    Dump::of(&mut factory.reopen(store.inner)).assert_eq(&before, "reopened");
}

/// Every write of a script fails once. After each failure the store holds what it held before, and
/// goes on: without the fault the step does what it does in the model.
pub fn every_write_of_a_script_can_fail<F: Factory>(factory: &mut F) {
    let mut faults = 0;
    let seeds = seeds(2);
    for seed in &seeds {
        let steps = script(*seed, 40);
        let expected = Expected::of(&steps);
        let store = FailAfter { inner: factory.create(), writes_left: None };
        let mut history = History::open(store, DEVICE).unwrap();
        for (number, step) in steps.iter().enumerate() {
            for writes in 0.. {
                history.store_mut().writes_left = Some(writes);
                let answer = step.run(&mut history);
                let struck = history.store_mut().writes_left.take().is_none();
                let place = format!("write {writes} of {}", place(*seed, number, step));
                expected.assert_all_or_nothing(number, &mut history, (answer, struck), &place);
                if !struck {
                    break;
                }
                faults += 1;
            }
        }
    }
    assert!(faults > 60 * seeds.len() as u64, "only {faults} faults");
}
