//! C5, SYNC 8: what a newer version wrote is kept with its clocks, forwarded, and applied later.

use runlog_core::codec::RowRecord;
use runlog_core::history::{History, Merged};
use runlog_core::model::Visibility;
use runlog_core::schema::{RowKey, executions};
use runlog_core::store::KeptCell;
use runlog_core::value::Value;

use crate::Factory;
use crate::dump::{Dump, records};
use crate::sample::{
    DEVICE, OTHER, at, change_number, clock, history, history_of, id, job, kept_cell, read, start,
    write,
};

fn record(table: &str, key: &[u8], seconds: u64, cells: &[(&str, Value)]) -> RowRecord {
    let cells = cells.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    RowRecord { table: table.to_owned(), key: key.to_vec(), clock: clock(seconds, OTHER), cells }
}

fn key(n: u64) -> Vec<u8> {
    RowKey::Execution(id(n)).to_bytes()
}

/// Kept cells come in the order of their names, of one table and row only.
pub fn kept_cells_come_by_name<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let cell = |column: &str, value: i64| kept_cell(column, value, clock(1, OTHER));
    write(&mut store, |tx| {
        for (change, column) in (1..).zip(["b", "", "B", "é", "a"]) {
            tx.keep("t", b"k", &cell(column, 1), change_number(change))?;
        }
        tx.keep("t", b"", &cell("x", 2), change_number(6))?;
        tx.keep("T", b"k", &cell("x", 3), change_number(7))?;
        tx.keep("t", b"k\0", &cell("x", 4), change_number(8))
    });
    let found = read(&mut store, |tx| tx.kept("t", b"k"));
    let names: Vec<_> = found.iter().map(|cell| cell.column.as_str()).collect();
    assert_eq!(names, ["", "B", "a", "b", "é"]);
    assert_eq!(read(&mut store, |tx| tx.kept("t", b"")), [cell("x", 2)]);
    assert_eq!(read(&mut store, |tx| tx.kept("t", b"other")), []);
    let mut rows = read(&mut store, |tx| tx.kept_rows(usize::MAX));
    rows.sort();
    let row = |table: &str, key: &[u8]| (table.to_owned(), key.to_vec());
    assert_eq!(rows, [row("T", b"k"), row("t", b""), row("t", b"k"), row("t", b"k\0")]);
    assert_eq!(read(&mut store, |tx| tx.kept_rows(3)).len(), 3);
}

/// Keeping a cell again replaces it; what is no longer kept is gone, and taking away what is not
/// there does nothing.
pub fn a_kept_cell_is_replaced_and_removed<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let new = kept_cell("c", Value::Blob(vec![1]), clock(2, DEVICE));
    write(&mut store, |tx| {
        tx.keep("t", b"k", &kept_cell("c", "old", clock(1, OTHER)), change_number(1))?;
        tx.keep("t", b"k", &kept_cell("d", "stays", clock(1, OTHER)), change_number(2))?;
        tx.keep("t", b"k", &new, change_number(3))
    });
    assert_eq!(read(&mut store, |tx| tx.kept("t", b"k"))[0], new);
    write(&mut store, |tx| {
        tx.unkeep("t", b"k", "d")?;
        tx.unkeep("t", b"k", "none")?;
        tx.unkeep("none", b"k", "c")
    });
    assert_eq!(read(&mut store, |tx| tx.kept("t", b"k")), [new]);
    write(&mut store, |tx| tx.unkeep("t", b"k", "c"));
    assert_eq!(read(&mut store, |tx| tx.kept_rows(9)), []);
}

/// A column or table that this program does not know is kept, beside what it knows.
pub fn unknown_columns_and_tables_are_kept<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    let run = start(&mut history, 1, 1);
    let odd = Value::Real(f64::from_bits(0x7ff8_dead_beef_0001));
    let batch = vec![
        record("executions", &key(1), 50, &[("note", "known".into()), ("mood", odd.clone())]),
        record("moods", b"\0any\xff", 51, &[("mood", Value::Integer(i64::MIN))]),
    ];
    let merged = history.write(at(60), |tx| tx.merge(batch.clone())).unwrap();
    assert_eq!(merged, [Merged::Updated, Merged::Updated]);
    let note = history.read(|tx| tx.execution(run)).unwrap().unwrap().summary.note;
    assert_eq!(note.as_deref(), Some("known"));
    let store = history.store_mut();
    let mood = KeptCell { column: "mood".into(), clock: clock(50, OTHER), value: odd };
    assert_eq!(read(store, |tx| tx.kept("executions", &key(1))), [mood]);
    assert_eq!(read(store, |tx| tx.kept("moods", b"\0any\xff")).len(), 1);
    let before = Dump::of(history.store_mut());
    let again = history.write(at(60), |tx| tx.merge(batch)).unwrap();
    assert_eq!(again, [Merged::Unchanged, Merged::Unchanged]);
    Dump::of(history.store_mut()).assert_eq(&before, "merged twice");
}

/// Kept cells merge by the same rule as all others, each column by its own clock.
pub fn kept_cells_merge_by_their_clocks<F: Factory>(factory: &mut F) {
    let cells = |seconds, cells: &[(&str, Value)]| record("moods", b"k", seconds, cells);
    let batch = [
        cells(5, &[("a", "5".into()), ("b", "5".into())]),
        cells(9, &[("b", "9".into()), ("c", "9".into())]),
        cells(7, &[("a", "7".into()), ("b", "7".into()), ("c", "7".into())]),
    ];
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for order in orders {
        let mut history = history(factory);
        for n in order {
            history.write(at(20), |tx| tx.merge(vec![batch[n].clone()])).unwrap();
        }
        let found = read(history.store_mut(), |tx| tx.kept("moods", b"k"));
        let found: Vec<_> = found.iter().map(|c| (c.value.as_text().unwrap(), c.clock)).collect();
        let wanted = [("7", clock(7, OTHER)), ("9", clock(9, OTHER)), ("9", clock(9, OTHER))];
        assert_eq!(found, wanted, "{order:?}");
    }
}

/// What is kept is sent on as it came.
pub fn kept_cells_are_forwarded<F: Factory>(factory: &mut F) {
    let mut first = history(factory);
    let run = job(1, 0).to_cells(OTHER).unwrap();
    let key_of_run = RowKey::Execution(id(1));
    first.write(at(9), |tx| tx.merge_row(&key_of_run, clock(1, OTHER), run)).unwrap();
    let sent = vec![
        record("executions", &key(1), 2, &[("mood", "good".into())]),
        record("tags", &[&key(1)[..], b"t"].concat(), 3, &[("colour", 7.into())]),
        record("moods", b"k", 4, &[("mood", Value::Real(-0.0)), ("why", Value::Null)]),
    ];
    first.write(at(9), |tx| tx.merge(sent)).unwrap();
    let forwarded = records(first.store_mut());
    let mut second = history_of(factory, OTHER);
    second.write(at(9), |tx| tx.merge(forwarded)).unwrap();
    Dump::of_shared(second.store_mut())
        .assert_eq(&Dump::of_shared(first.store_mut()), "forwarded to a second device");
    assert_eq!(read(second.store_mut(), |tx| tx.kept_rows(9)).len(), 3);
}

/// A program that knows the column applies what an older one kept, when it opens the history: the
/// newer clock wins, and what it still does not know stays kept.
pub fn kept_cells_are_applied_after_an_upgrade<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    start(&mut history, 2, 1);
    history.write(at(50), |tx| tx.set_note(id(2), Some("newer"))).unwrap();
    let mut store = history.into_store();
    write(&mut store, |tx| {
        let cell =
            |column: &str, value| KeptCell { value, ..kept_cell(column, 0, clock(20, OTHER)) };
        for n in [1, 2] {
            tx.keep("executions", &key(n), &cell("note", "later".into()), change_number(8))?;
            tx.keep("executions", &key(n), &cell("mood", "good".into()), change_number(9 + n))?;
        }
        tx.keep("executions", &key(1), &cell("pinned", "no integer".into()), change_number(10))?;
        tx.set_counters(runlog_core::store::Counters {
            change: change_number(20),
            ..tx.counters()?
        })
    });
    let store = factory.reopen(store);
    let mut history = History::open(store, OTHER).unwrap();
    assert_eq!(history.device(), DEVICE);
    for (n, wanted) in [(1, Some("later")), (2, Some("newer"))] {
        let run = history.read(|tx| tx.execution(id(n))).unwrap().unwrap();
        assert_eq!(run.summary.note.as_deref(), wanted);
    }
    let names = |cells: Vec<KeptCell>| cells.into_iter().map(|c| c.column).collect::<Vec<_>>();
    let kept = read(history.store_mut(), |tx| tx.kept("executions", &key(1)));
    assert_eq!(names(kept), ["mood", "pinned"]);
    let kept = read(history.store_mut(), |tx| tx.kept("executions", &key(2)));
    assert_eq!(names(kept), ["mood"]);
    let row = read(history.store_mut(), |tx| tx.row(&RowKey::Execution(id(1)), executions::ALL));
    let row = row.unwrap();
    assert_eq!(row.clocks.of(executions::NOTE), clock(20, OTHER));
    assert!(row.change > change_number(20), "what was applied is a change");
}

/// A value that an older program does not know hides the run; a program that knows it shows it.
pub fn a_run_with_an_unknown_value_is_reviewed<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    let mut cells = job(1, 0).to_cells(OTHER).unwrap();
    for (column, value) in &mut cells {
        if *column == executions::KIND {
            *value = "agent".into();
        }
    }
    let run = RowKey::Execution(id(1));
    history.write(at(1), |tx| tx.merge_row(&run, clock(1, OTHER), cells)).unwrap();
    assert_eq!(history.read(|tx| tx.execution(id(1))), Ok(None));
    assert_eq!(history.write(at(1), |tx| tx.review_hidden(10)), Ok(0));
    let known = vec![(executions::KIND, "job".into())];
    // As a newer program finds it: whole, and still marked as hidden.
    write(history.store_mut(), |tx| {
        let row = tx.row(&run, executions::ALL)?.unwrap();
        let (clocks, change) = (&row.clocks, row.change);
        let visibility = Visibility::Hidden;
        let write = runlog_core::store::RowWrite { cells: &known, clocks, change, visibility };
        tx.update_row(&run, &write)
    });
    let before = read(history.store_mut(), |tx| tx.row(&run, executions::ALL)).unwrap();
    assert_eq!(history.write(at(1), |tx| tx.review_hidden(10)), Ok(1));
    let after = read(history.store_mut(), |tx| tx.row(&run, executions::ALL)).unwrap();
    assert_eq!((after.clocks, after.change), (before.clocks, before.change));
    assert_eq!(after.visibility, Visibility::Live);
}
