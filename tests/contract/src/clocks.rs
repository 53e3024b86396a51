//! C1, SYNC 2: the clock is kept with the data that it stamps, and only moves with it.

use runlog_core::clock::{Clock, ClockError, ClockTime};
use runlog_core::codec::RowRecord;
use runlog_core::history::{History, HistoryError, Merged};
use runlog_core::schema::{RowKey, executions};
use runlog_core::store::{Counters, Store};

use crate::Factory;
use crate::dump::Dump;
use crate::sample::{DEVICE, OTHER, at, clock, history, id, job, read, start, tag, write};

fn counters<S: Store>(history: &mut History<S>) -> Counters {
    read(history.store_mut(), |tx| tx.counters())
}

fn note_clock<S: Store>(history: &mut History<S>, n: u64) -> Clock {
    let row = read(history.store_mut(), |tx| tx.row(&RowKey::Execution(id(n)), executions::ALL));
    row.unwrap().clocks.of(executions::NOTE)
}

fn noted(n: u64, note: &str, clock: Clock) -> RowRecord {
    RowRecord {
        table: "executions".to_owned(),
        key: RowKey::Execution(id(n)).to_bytes(),
        clock,
        cells: vec![("note".to_owned(), note.into())],
    }
}

/// Every edit has a newer clock and a higher number than all before it, whatever the wall clock
/// says, also after reopening.
pub fn every_edit_is_newer_than_all_before<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 100);
    let mut before = counters(&mut history);
    for (n, seconds) in [101, 50, 101, -1_700_000_001, 101, 200].into_iter().enumerate() {
        let note = format!("note {n}");
        history.write(at(seconds), |tx| tx.set_note(id(1), Some(&note))).unwrap();
        let after = counters(&mut history);
        assert!(after.clock > before.clock, "at {seconds} s");
        assert!(after.change > before.change, "at {seconds} s");
        assert_eq!(note_clock(&mut history, 1), Clock { time: after.clock, device: DEVICE });
        before = after;
        history = History::open(factory.reopen(history.into_store()), OTHER).unwrap();
        assert_eq!(counters(&mut history), before);
    }
    assert_eq!(before.clock, clock(200, DEVICE).time, "the wall clock leads where it is ahead");
}

/// A transaction that is rolled back moved neither clock nor number, whatever it did before.
pub fn a_failed_edit_moves_nothing<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 100);
    let before = Dump::of(history.store_mut());
    let result = history.write(at(200), |tx| {
        tx.set_note(id(1), Some("lost"))?;
        tx.tag(id(1), &tag("lost"))?;
        tx.start(&job(2, 200))?;
        tx.start(&job(1, 200))
    });
    assert_eq!(result, Err(HistoryError::Exists { id: id(1) }));
    Dump::of(history.store_mut()).assert_eq(&before, "after the failed edit");
}

/// A batch moves the clock to its newest record, once, and never back.
pub fn a_batch_moves_the_clock_to_its_newest<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 100);
    let newest = Clock { time: ClockTime::new(at(500).as_millis() as u64, 7), device: OTHER };
    let batch = vec![
        noted(1, "b", clock(300, OTHER)),
        noted(1, "c", newest),
        noted(1, "a", clock(50, OTHER)),
    ];
    let merged = history.write(at(101), |tx| tx.merge(batch.clone())).unwrap();
    assert_eq!(merged, [Merged::Updated, Merged::Updated, Merged::Unchanged]);
    assert_eq!(counters(&mut history).clock, newest.time);
    let before = Dump::of(history.store_mut());
    let merged = history.write(at(101), |tx| tx.merge(batch)).unwrap();
    assert_eq!(merged, [Merged::Unchanged; 3]);
    Dump::of(history.store_mut()).assert_eq(&before, "the batch came again");
    history.write(at(102), |tx| tx.set_note(id(1), Some("mine"))).unwrap();
    assert!(note_clock(&mut history, 1) > newest);
}

/// A batch with a record that nobody can read moves nothing and merges nothing.
pub fn a_failed_batch_moves_nothing<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 100);
    let before = Dump::of(history.store_mut());
    let good = noted(1, "good", clock(500, OTHER));
    for key in [vec![], vec![1; 15], vec![1; 17]] {
        let bad = RowRecord { key, ..noted(1, "bad", clock(900, OTHER)) };
        for batch in [vec![good.clone(), bad.clone()], vec![bad, good.clone()]] {
            let result = history.write(at(101), |tx| tx.merge(batch));
            assert!(matches!(result, Err(HistoryError::Invalid(_))), "{result:?}");
            Dump::of(history.store_mut()).assert_eq(&before, "after the failed batch");
        }
    }
    history.write(at(101), |tx| tx.merge(vec![good])).unwrap();
    assert_eq!(counters(&mut history).clock, clock(500, OTHER).time);
}

/// At the end of its bits the clock is an error that changes nothing; it never wraps.
pub fn the_end_of_the_clock_is_an_error<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 100);
    write(history.store_mut(), |tx| {
        let clock = ClockTime::from_packed(u64::MAX - 1);
        tx.set_counters(Counters { clock, ..tx.counters()? })
    });
    history.write(at(101), |tx| tx.set_note(id(1), Some("the last"))).unwrap();
    let before = Dump::of(history.store_mut());
    let result = history.write(at(101), |tx| tx.set_note(id(1), Some("one too many")));
    assert_eq!(result, Err(HistoryError::Clock(ClockError::Exhausted)));
    let result = history.write(at(101), |tx| tx.start(&job(2, 101)));
    assert_eq!(result, Err(HistoryError::Clock(ClockError::Exhausted)));
    Dump::of(history.store_mut()).assert_eq(&before, "at the end");
}

/// T4: clocks are compared as numbers, in the store too: 10 is newer than 9, and a counter of 2
/// newer than a device of any name.
pub fn clocks_are_compared_as_numbers<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 100);
    let base = at(200).as_millis() as u64;
    let tick = |millis, counter, device| {
        let device = runlog_core::id::DeviceId::from_u128(device);
        Clock { time: ClockTime::new(base + millis, counter), device }
    };
    let ascending = [
        tick(9, 0, 1),
        tick(9, 9, 1),
        tick(9, 10, 1),
        tick(9, u16::MAX, 1),
        tick(10, 0, 1),
        tick(10, 0, 9),
        tick(10, 0, 10),
        tick(10, 0, u128::MAX),
        tick(10, 1, 0),
        tick(100, 0, 0),
        Clock { time: ClockTime::from_packed(u64::MAX), device: DEVICE },
    ];
    for (n, newer) in ascending.into_iter().enumerate() {
        let merged = history.write(at(201), |tx| tx.merge(vec![noted(1, "newer", newer)])).unwrap();
        assert_eq!(merged, [Merged::Updated], "{newer:?}");
        for older in &ascending[..=n] {
            let merged = history.write(at(201), |tx| tx.merge(vec![noted(1, "older", *older)]));
            assert_eq!(merged, Ok(vec![Merged::Unchanged]), "{older:?} against {newer:?}");
        }
    }
}

/// T8: a store that was opened is ready, keeps its first device, and knows it after reopening.
pub fn opening_leaves_the_store_ready<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 100);
    assert_eq!(read(history.store_mut(), |tx| tx.device()), Some(DEVICE));
    let before = Dump::of(history.store_mut());
    let mut history = History::open(factory.reopen(history.into_store()), OTHER).unwrap();
    assert_eq!(history.device(), DEVICE);
    Dump::of(history.store_mut()).assert_eq(&before, "opened as another device");
}
