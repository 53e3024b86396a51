//! C2, SYNC 1 to 4 and 7: the newest clock wins each column, in whatever order records come.

use runlog_core::clock::{Clock, ClockTime, ColumnId};
use runlog_core::codec::RowRecord;
use runlog_core::history::{History, HistoryError, HistoryWriter, Merged};
use runlog_core::id::DeviceId;
use runlog_core::model::{Outcome, Status};
use runlog_core::schema::{RowKey, executions};
use runlog_core::store::Store;
use runlog_core::value::Value;

use crate::Factory;
use crate::dump::{Dump, records};
use crate::sample::{
    DEVICE, OTHER, at, clock, completed, exited, history, history_of, id, job, read, start, tag,
};

const PERMUTATIONS: [[usize; 3]; 6] =
    [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

fn run_key(n: u64) -> RowKey {
    RowKey::Execution(id(n))
}

fn merge<S: Store>(history: &mut History<S>, records: &[RowRecord]) -> Vec<Merged> {
    history.write(at(1_000), |tx| tx.merge(records.to_vec())).unwrap()
}

fn merge_row<S: Store>(
    history: &mut History<S>,
    clock: Clock,
    cells: &[(ColumnId, Value)],
) -> Merged {
    history.write(at(1_000), |tx| tx.merge_row(&run_key(1), clock, cells.to_vec())).unwrap()
}

fn cell<S: Store>(history: &mut History<S>, column: ColumnId) -> Value {
    let row = read(history.store_mut(), |tx| tx.row(&run_key(1), executions::ALL));
    row.unwrap().cells[column.index()].clone()
}

/// Three devices that each have edited the same runs, from one common state.
fn three_edited<F: Factory>(factory: &mut F) -> Vec<Vec<RowRecord>> {
    let mut origin = history(factory);
    (1..=3).for_each(|n| _ = start(&mut origin, n, n as i64));
    let common = records(origin.store_mut());
    type Edit = fn(&mut HistoryWriter<'_>) -> Result<(), HistoryError>;
    let edits: [Edit; 3] = [
        |tx| {
            tx.set_note(id(1), Some("from the first"))?;
            tx.tag(id(1), &tag("shared"))?;
            tx.finish(id(2), &exited(1, 20))?;
            tx.delete(id(3))
        },
        |tx| {
            tx.set_note(id(1), Some("from the second"))?;
            tx.set_pinned(id(1), true)?;
            tx.finish(id(2), &completed(20))?;
            tx.tag(id(3), &tag("second"))
        },
        |tx| {
            tx.tag(id(1), &tag("shared"))?;
            tx.untag(id(1), &tag("shared"))?;
            tx.delete(id(3))?;
            tx.restore(id(3))?;
            tx.start(&job(4, 9))
        },
    ];
    let edited = (1..).zip(edits).map(|(n, edit)| {
        let mut device = history_of(factory, DeviceId::from_u128(n));
        merge(&mut device, &common);
        // Two of them at the same moment: ties go by device.
        device.write(at(50 + n as i64 / 3), edit).unwrap();
        records(device.store_mut())
    });
    edited.collect()
}

/// Merging is commutative and associative: what three devices wrote gives equal rows in any order,
/// also when it comes by way of each other.
pub fn every_order_of_three_devices_gives_equal_rows<F: Factory>(factory: &mut F) {
    let devices = three_edited(factory);
    let mut all = history(factory);
    devices.iter().for_each(|records| _ = merge(&mut all, records));
    let wanted = Dump::of_shared(all.store_mut());
    for order in PERMUTATIONS {
        let mut direct = history(factory);
        order.iter().for_each(|n| _ = merge(&mut direct, &devices[*n]));
        Dump::of_shared(direct.store_mut()).assert_eq(&wanted, format!("in order {order:?}"));
        let mut between = history_of(factory, OTHER);
        merge(&mut between, &devices[order[0]]);
        merge(&mut between, &devices[order[1]]);
        let mut last = history(factory);
        merge(&mut last, &devices[order[2]]);
        merge(&mut last, &records(between.store_mut()));
        Dump::of_shared(last.store_mut()).assert_eq(&wanted, format!("by way of {order:?}"));
    }
}

/// Records may come one by one, last first: children before parents, parts before the whole.
pub fn records_may_come_one_by_one_and_backwards<F: Factory>(factory: &mut F) {
    let devices = three_edited(factory);
    let mut all = history(factory);
    devices.iter().for_each(|records| _ = merge(&mut all, records));
    let mut backwards = history(factory);
    for record in devices.iter().flatten().rev() {
        merge(&mut backwards, std::slice::from_ref(record));
    }
    Dump::of_shared(backwards.store_mut())
        .assert_eq(&Dump::of_shared(all.store_mut()), "backwards");
}

/// Merging is idempotent: what is known changes nothing and gets no number.
pub fn what_is_known_changes_nothing<F: Factory>(factory: &mut F) {
    let devices = three_edited(factory);
    let mut history = history(factory);
    devices.iter().for_each(|records| _ = merge(&mut history, records));
    let before = Dump::of(history.store_mut());
    for records in devices.iter().chain([&records(history.store_mut())]) {
        let merged = merge(&mut history, records);
        assert!(merged.iter().all(|merged| *merged == Merged::Unchanged), "{merged:?}");
        Dump::of(history.store_mut()).assert_eq(&before, "merged again");
    }
}

/// T16: a relay may keep, of each column, only the record with the newest clock.
pub fn covered_records_can_be_dropped<F: Factory>(factory: &mut F) {
    let devices = three_edited(factory);
    let all: Vec<&RowRecord> = devices.iter().flatten().collect();
    let wins = |record: &RowRecord| {
        record.cells.iter().any(|(name, _)| {
            let rivals = all.iter().filter(|r| (&r.table, &r.key) == (&record.table, &record.key));
            let mut rivals = rivals.filter(|r| r.cells.iter().any(|(column, _)| column == name));
            rivals.all(|rival| rival.clock <= record.clock)
        })
    };
    let winning: Vec<RowRecord> = all.iter().filter(|r| wins(r)).map(|r| (*r).clone()).collect();
    assert!(winning.len() < all.len(), "something was covered");
    let (mut whole, mut sparse) = (history(factory), history(factory));
    devices.iter().for_each(|records| _ = merge(&mut whole, records));
    merge(&mut sparse, &winning);
    Dump::of_shared(sparse.store_mut())
        .assert_eq(&Dump::of_shared(whole.store_mut()), "without covered records");
}

/// T5: edits of two columns of one row both stay, the older one too.
pub fn edits_of_two_columns_both_stay<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    merge_row(&mut history, clock(20, OTHER), &[(executions::NOTE, "theirs".into())]);
    merge_row(&mut history, clock(10, OTHER), &[(executions::PINNED, 1.into())]);
    assert_eq!(cell(&mut history, executions::NOTE), "theirs".into());
    assert_eq!(cell(&mut history, executions::PINNED), 1.into());
}

/// SYNC 1: a column that was never written loses to any clock, however old, while the row has newer
/// ones.
pub fn an_unwritten_column_loses_to_any_clock<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    merge_row(&mut history, clock(500, OTHER), &[(executions::NOTE, "new".into())]);
    let oldest = Clock { time: ClockTime::from_packed(1), device: DeviceId::NIL };
    let cells = [(executions::NOTE, "old".into()), (executions::USER, "old".into())];
    assert_eq!(merge_row(&mut history, oldest, &cells), Merged::Updated);
    assert_eq!(cell(&mut history, executions::NOTE), "new".into());
    assert_eq!(cell(&mut history, executions::USER), "old".into());
    let row = read(history.store_mut(), |tx| tx.row(&run_key(1), executions::ALL)).unwrap();
    assert_eq!(row.clocks.of(executions::USER), oldest);
    assert_eq!(row.clocks.of(executions::KIND), Clock::ZERO);
}

/// C2: at equal times the higher device wins, never the larger value; at equal clocks what was held
/// first stays.
pub fn ties_go_by_device_never_by_value<F: Factory>(factory: &mut F) {
    let values = [("z", 1), ("a", 2), ("m", 3)];
    for order in PERMUTATIONS {
        let mut history = history(factory);
        for n in order {
            let (value, device) = values[n];
            let clock = clock(5, DeviceId::from_u128(device));
            merge_row(&mut history, clock, &[(executions::NOTE, value.into())]);
        }
        assert_eq!(cell(&mut history, executions::NOTE), "m".into(), "{order:?}");
        let same = clock(5, DeviceId::from_u128(3));
        let merged = merge_row(&mut history, same, &[(executions::NOTE, "zzz".into())]);
        assert_eq!(merged, Merged::Unchanged);
        assert_eq!(cell(&mut history, executions::NOTE), "m".into());
    }
}

/// The zero clock is older than everything and writes nothing.
pub fn the_zero_clock_writes_nothing<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    let cells = [(executions::NOTE, "x".into())];
    let empty = Dump::of(history.store_mut());
    assert_eq!(merge_row(&mut history, Clock::ZERO, &cells), Merged::Unchanged);
    assert_eq!(merge_row(&mut history, clock(5, OTHER), &[]), Merged::Unchanged);
    Dump::of(history.store_mut()).assert_eq(&empty, "after nothing");
    merge_row(&mut history, clock(5, OTHER), &[(executions::USER, "u".into())]);
    assert_eq!(merge_row(&mut history, Clock::ZERO, &cells), Merged::Unchanged);
    assert_eq!(cell(&mut history, executions::NOTE), Value::Null);
}

/// SYNC 7: a file imported on two devices gives equal rows and clocks, and neither has news for the
/// other.
pub fn equal_imports_give_equal_rows<F: Factory>(factory: &mut F) {
    let content_hash = DeviceId::from_u128(0x5eed_5eed);
    let cells = job(1, 5).to_cells(OTHER).unwrap();
    let mut devices = [history(factory), history_of(factory, OTHER)];
    for (n, device) in devices.iter_mut().enumerate() {
        let now = at(100 * n as i64);
        let import = |tx: &mut HistoryWriter<'_>| {
            tx.merge_row(&run_key(1), clock(5, content_hash), cells.clone())
        };
        assert_eq!(device.write(now, import), Ok(Merged::Created));
        assert_eq!(device.write(now, import), Ok(Merged::Unchanged));
    }
    let [first, second] = &mut devices;
    Dump::of_shared(first.store_mut())
        .assert_eq(&Dump::of_shared(second.store_mut()), "imported twice");
    let news = merge(second, &records(first.store_mut()));
    assert_eq!(news, [Merged::Unchanged]);
}

/// M2: in whatever order a start, a judgement and two endings meet, the status comes out the same,
/// and on the way it never goes back.
pub fn the_status_never_goes_back<F: Factory>(factory: &mut F) {
    let outcome = |outcome: Outcome, seconds| {
        let mut ending = completed(seconds);
        ending.outcome = outcome;
        (clock(seconds as u64, OTHER), ending.to_cells().to_vec())
    };
    let writes = [
        (clock(90, OTHER), vec![(executions::STARTED_AT, at(90).as_millis().into())]),
        (clock(80, DEVICE), vec![(executions::LOST_AT, at(80).as_millis().into())]),
        outcome(Outcome::Failed, 30),
        outcome(Outcome::Completed, 40),
    ];
    let mut waiting = job(1, 1);
    waiting.started_at = None;
    let base = waiting.to_cells(DEVICE).unwrap();
    for n in 0..24 {
        let mut left: Vec<_> = writes.iter().collect();
        let mut history = history(factory);
        merge_row(&mut history, clock(1, DEVICE), &base);
        let mut rank = 0;
        for take in [n % 4, n / 4 % 3, n / 12 % 2, 0] {
            let (clock, cells) = left.remove(take);
            merge_row(&mut history, *clock, cells);
            let run = history.read(|tx| tx.execution(id(1))).unwrap().unwrap();
            assert!(run.status().rank() >= rank, "{} in order {n}", run.status());
            rank = run.status().rank();
        }
        let run = history.read(|tx| tx.execution(id(1))).unwrap().unwrap();
        assert_eq!(run.status(), Status::Completed, "order {n}");
    }
}

/// SYNC 4: tags that two devices put on at once are both there; of a tag put on and taken off, the
/// newer edit stays.
pub fn tags_of_two_devices_are_both_there<F: Factory>(factory: &mut F) {
    let mut devices = [history(factory), history_of(factory, OTHER)];
    start(&mut devices[0], 1, 1);
    let common = records(devices[0].store_mut());
    merge(&mut devices[1], &common);
    let [first, second] = &mut devices;
    first.write(at(10), |tx| tx.tag(id(1), &tag("first"))).unwrap();
    first.write(at(11), |tx| tx.tag(id(1), &tag("both"))).unwrap();
    second.write(at(10), |tx| tx.tag(id(1), &tag("second"))).unwrap();
    second.write(at(12), |tx| tx.tag(id(1), &tag("both"))).unwrap();
    second.write(at(13), |tx| tx.untag(id(1), &tag("both"))).unwrap();
    let (from_first, from_second) = (records(first.store_mut()), records(second.store_mut()));
    merge(first, &from_second);
    merge(second, &from_first);
    for device in &mut devices {
        let tags = device.read(|tx| tx.execution(id(1))).unwrap().unwrap().summary.tags;
        assert_eq!(tags, [tag("first"), tag("second")]);
    }
}

/// A caller that knows the schema is told about a value of the wrong type, before anything changes.
pub fn a_value_of_the_wrong_type_is_refused<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    let before = Dump::of(history.store_mut());
    let wrong = [
        (executions::NOTE, Value::Integer(1)),
        (executions::PINNED, "1".into()),
        (executions::ENDED_AT, Value::Real(1.0)),
        (executions::DEVICE_ID, "text".into()),
        (ColumnId::new(100), Value::Integer(1)),
    ];
    for cell in wrong {
        let cells = vec![(executions::USER, "u".into()), cell];
        let result = history.write(at(9), |tx| tx.merge_row(&run_key(1), clock(9, OTHER), cells));
        assert!(matches!(result, Err(HistoryError::Invalid(_))), "{result:?}");
        Dump::of(history.store_mut()).assert_eq(&before, "after the refusal");
    }
}
