//! Rows: adding, writing parts of them, reading parts of them.

use runlog_core::clock::ColumnSet;
use runlog_core::model::Visibility;
use runlog_core::query::ListQuery;
use runlog_core::schema::{RowKey, Table, executions, tags};
use runlog_core::store::{RowWrite, StoreError, WriteTx};
use runlog_core::value::Value;

use crate::Factory;
use crate::sample::{
    DEVICE, OTHER, change_number, clock, id, job, put_job, put_row, put_tag, read, tag, write,
};

/// A row is read with the values of the asked columns; the others are `Null`.
pub fn only_asked_columns_are_read<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    write(&mut store, |tx| put_job(tx, 1, 1));
    let key = RowKey::Execution(id(1));
    let all = read(&mut store, |tx| tx.row(&key, executions::ALL)).unwrap();
    let sets = Table::Executions.columns().iter().map(|column| ColumnSet::of(&[column.id]));
    let more = [ColumnSet::EMPTY, executions::ENDING, executions::DETAILS, executions::SUMMARY];
    for columns in sets.chain(more) {
        let row = read(&mut store, |tx| tx.row(&key, columns)).unwrap();
        for column in Table::Executions.columns() {
            let wanted = &all.cells[column.id.index()];
            let wanted = if columns.contains(column.id) { wanted } else { &Value::Null };
            assert_eq!(&row.cells[column.id.index()], wanted, "{} of {columns:?}", column.name);
        }
        assert_eq!((row.clocks, row.change), (all.clocks.clone(), all.change));
        assert_eq!(row.visibility, Visibility::Live);
    }
    assert_eq!(read(&mut store, |tx| tx.row(&RowKey::Execution(id(2)), executions::ALL)), None);
}

/// Writing cells leaves the others and replaces clocks, number and visibility.
pub fn an_update_keeps_the_other_cells<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let key = RowKey::Execution(id(1));
    write(&mut store, |tx| {
        put_job(tx, 1, 1)?;
        put_job(tx, 2, 2)
    });
    let other = RowKey::Execution(id(2));
    let bystander = read(&mut store, |tx| tx.row(&other, executions::ALL));
    let before = read(&mut store, |tx| tx.row(&key, executions::ALL)).unwrap();
    let cells = [(executions::NOTE, "seen".into()), (executions::DELETED, 1.into())];
    write(&mut store, |tx| put_row(tx, &key, &cells, clock(50, OTHER), 3));
    let after = read(&mut store, |tx| tx.row(&key, executions::ALL)).unwrap();
    for column in Table::Executions.columns() {
        let written = cells.iter().find(|(id, _)| *id == column.id);
        let wanted = written.map_or(&before.cells[column.id.index()], |(_, value)| value);
        assert_eq!(&after.cells[column.id.index()], wanted, "{}", column.name);
        let wanted = written.map_or(before.clocks.of(column.id), |_| clock(50, OTHER));
        assert_eq!(after.clocks.of(column.id), wanted, "{}", column.name);
    }
    assert_eq!((after.change, after.visibility), (change_number(3), Visibility::Trashed));
    assert_eq!(read(&mut store, |tx| tx.row(&other, executions::ALL)), bystander);
}

/// An update without cells changes what is not a cell.
pub fn an_update_may_write_no_cell<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let key = RowKey::Execution(id(1));
    write(&mut store, |tx| put_job(tx, 1, 1));
    let before = read(&mut store, |tx| tx.row(&key, executions::ALL)).unwrap();
    write(&mut store, |tx| {
        let visibility = Visibility::Hidden;
        let change = change_number(2);
        tx.update_row(&key, &RowWrite { cells: &[], clocks: &before.clocks, change, visibility })
    });
    let after = read(&mut store, |tx| tx.row(&key, executions::ALL)).unwrap();
    assert_eq!(after.cells, before.cells);
    assert_eq!((after.change, after.visibility), (change_number(2), Visibility::Hidden));
}

/// A key is taken once; what is not there cannot be updated.
pub fn keys_are_taken_once<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let keys = [RowKey::Execution(id(1)), RowKey::Tag(id(1), tag("a"))];
    for (n, key) in (1..).zip(&keys) {
        let cells = match key.table() {
            Table::Tags => vec![(tags::DELETED, Value::Integer(0))],
            _ => job(1, 0).to_cells(DEVICE).unwrap(),
        };
        let mut clocks = runlog_core::clock::RowClocks::new();
        clocks.set(cells.iter().map(|(column, _)| *column).collect(), clock(n, DEVICE));
        let change = change_number(n);
        let visibility = Visibility::Live;
        let row = RowWrite { cells: &cells, clocks: &clocks, change, visibility };
        assert_eq!(store_error(&mut store, |tx| tx.update_row(key, &row)), StoreError::RowMissing);
        write(&mut store, |tx| tx.insert_row(key, &row));
        assert_eq!(store_error(&mut store, |tx| tx.insert_row(key, &row)), StoreError::RowExists);
        write(&mut store, |tx| tx.update_row(key, &row));
    }
}

fn store_error<S: runlog_core::store::Store>(
    store: &mut S,
    work: impl FnOnce(&mut dyn WriteTx) -> Result<(), StoreError>,
) -> StoreError {
    store.write(work).unwrap_err()
}

/// Tag rows come in the order of their tags, removed ones too, of one execution only, and also
/// before the execution itself is there.
pub fn tag_rows_may_come_before_their_execution<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let names = ["b", "B", "a b", "a", "é", "'", "z\u{1f600}", "ab"];
    write(&mut store, |tx| {
        for (change, name) in (1..).zip(names) {
            put_tag(tx, 1, name, change)?;
        }
        put_tag(tx, 2, "c", 20)?;
        let removed = [(tags::DELETED, Value::Integer(1))];
        put_row(tx, &RowKey::Tag(id(1), tag("b")), &removed, clock(21, OTHER), 21)
    });
    let found = read(&mut store, |tx| tx.tags(id(1)));
    let mut wanted = names.map(tag);
    wanted.sort();
    let found_names: Vec<_> = found.iter().map(|(tag, _)| tag.clone()).collect();
    assert_eq!(found_names, wanted);
    for (found_tag, row) in &found {
        let wanted = if *found_tag == tag("b") { Visibility::Trashed } else { Visibility::Live };
        assert_eq!(row.visibility, wanted, "{found_tag}");
        let key = RowKey::Tag(id(1), found_tag.clone());
        assert_eq!(read(&mut store, |tx| tx.row(&key, tags::ALL)).as_ref(), Some(row));
    }
    assert_eq!(read(&mut store, |tx| tx.tags(id(3))), []);
    assert_eq!(read(&mut store, |tx| tx.row(&RowKey::Execution(id(1)), executions::ALL)), None);
}

/// A row that is not whole is there, is sent, and is not shown; once it is whole it is.
pub fn a_row_in_parts_is_hidden_until_it_is_whole<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let key = RowKey::Execution(id(1));
    let mut cells = job(1, 0).to_cells(DEVICE).unwrap();
    let rest = cells.split_off(4);
    write(&mut store, |tx| {
        put_row(tx, &key, &cells, clock(1, OTHER), 1)?;
        put_job(tx, 2, 2)
    });
    let pattern = id(1).to_string().parse().unwrap();
    let shown = |store: &mut F::Store| {
        read(store, |tx| {
            let listed = tx.list(&ListQuery::newest(10))?.rows.len() as u64;
            assert_eq!(tx.count(&ListQuery::newest(10))?, listed);
            Ok((listed, tx.find(&pattern, 9)?, tx.hidden(9)?))
        })
    };
    assert_eq!(shown(&mut store), (1, vec![], vec![id(1)]));
    let changes = read(&mut store, |tx| tx.changes(change_number(0), 9));
    assert_eq!(changes.len(), 2);
    write(&mut store, |tx| put_row(tx, &key, &rest, clock(2, OTHER), 3));
    assert_eq!(shown(&mut store), (2, vec![id(1)], vec![]));
}

/// Hidden executions come in the order of their ids, at most as many as asked for.
pub fn hidden_executions_come_in_order<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    write(&mut store, |tx| {
        for (change, n) in (1..).zip([5, 3, 9, 1]) {
            let cells = [(executions::NOTE, "part".into())];
            put_row(tx, &RowKey::Execution(id(n)), &cells, clock(change, OTHER), change)?;
        }
        put_job(tx, 2, 9)
    });
    let hidden = |store: &mut F::Store, limit| read(store, |tx| tx.hidden(limit));
    assert_eq!(hidden(&mut store, usize::MAX), [1, 3, 5, 9].map(id));
    assert_eq!(hidden(&mut store, 2), [1, 3].map(id));
    assert_eq!(hidden(&mut store, 0), []);
}
