//! Q1: finding executions by what people type.

use runlog_core::history::HistoryError;
use runlog_core::id::{ExecutionId, IdPattern};
use runlog_core::schema::{RowKey, executions};
use runlog_core::store::Store;

use crate::Factory;
use crate::sample::{DEVICE, OTHER, at, clock, history, job, put_row, read, write};

fn pattern(text: &str) -> IdPattern {
    text.parse().unwrap()
}

fn id(digits: &str) -> ExecutionId {
    digits.parse().unwrap()
}

const A: &str = "0190aaaa-0000-7000-8000-0000deadbeef";
const B: &str = "0190aaaa-0000-7000-8000-0001deadbeef";
const C: &str = "0190aaab-0000-7000-8000-000000000001";
const D: &str = "deadbeef-0000-4000-8000-000000000002";
const LOWEST: &str = "00000000-0000-0000-0000-000000000000";
const HIGHEST: &str = "ffffffff-ffff-ffff-ffff-ffffffffffff";

fn add<S: Store>(store: &mut S, ids: &[&str]) {
    write(store, |tx| {
        for (change, text) in (1..).zip(ids) {
            let cells = job(1, 0).to_cells(DEVICE).unwrap();
            put_row(tx, &RowKey::Execution(id(text)), &cells, clock(change, DEVICE), change)?;
        }
        Ok(())
    });
}

/// By the whole id, by its beginning from four digits on, and by its last eight digits; in the order
/// of ids, with or without hyphens, in any case.
pub fn beginnings_and_tails_find<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    add(&mut store, &[D, B, HIGHEST, A, LOWEST, C]);
    let mut find = |text: &str| {
        let found = read(&mut store, |tx| tx.find(&pattern(text), 10));
        found.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    for text in [A, B, C, D, LOWEST, HIGHEST] {
        assert_eq!(find(text), [text]);
        assert_eq!(find(&text.replace('-', "").to_uppercase()), [text]);
    }
    assert_eq!(find("0190"), [A, B, C]);
    assert_eq!(find("0190-AAAA"), [A, B]);
    assert_eq!(find("0190aaab"), [C]);
    assert_eq!(find("00000001"), [C]);
    assert_eq!(find("deadbeef"), [A, B, D]);
    assert_eq!(find("deadbee"), [D]);
    assert_eq!(find("eadbeef"), [""; 0]);
    assert_eq!(find("ffff"), [HIGHEST]);
    assert_eq!(find("0000"), [LOWEST]);
    assert_eq!(find("00000000"), [LOWEST]);
    assert_eq!(find("ffffffff"), [HIGHEST]);
    assert_eq!(find("7fff"), [""; 0]);
}

/// No more ids come than were asked for, the lowest first.
pub fn no_more_ids_come_than_asked_for<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    add(&mut store, &[D, C, B, A]);
    for (limit, wanted) in [(0, vec![]), (1, vec![A]), (2, vec![A, B]), (9, vec![A, B, D])] {
        let wanted: Vec<_> = wanted.into_iter().map(id).collect();
        assert_eq!(read(&mut store, |tx| tx.find(&pattern("deadbeef"), limit)), wanted);
    }
}

/// What is in the trash is found, what is hidden is not.
pub fn the_trash_is_found_the_hidden_is_not<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    add(&mut store, &[A, B]);
    write(&mut store, |tx| {
        let deleted = [(executions::DELETED, 1.into())];
        put_row(tx, &RowKey::Execution(id(A)), &deleted, clock(9, OTHER), 9)?;
        let part = [(executions::NOTE, "part".into())];
        put_row(tx, &RowKey::Execution(id(D)), &part, clock(9, OTHER), 10)
    });
    assert_eq!(read(&mut store, |tx| tx.find(&pattern("deadbeef"), 9)), [id(A), id(B)]);
    assert_eq!(read(&mut store, |tx| tx.find(&pattern(D), 9)), []);
}

/// A history says that nothing matches, or which ids do where there are several.
pub fn an_ambiguous_id_is_told<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    add(history.store_mut(), &[A, B, C, D]);
    let mut find = |text: &str| history.read(|tx| tx.find(&pattern(text)));
    assert_eq!(find("0190aaab"), Ok(id(C)));
    assert_eq!(find("5555"), Err(HistoryError::NoMatch { pattern: pattern("5555") }));
    let matches = vec![id(A), id(B), id(D)];
    assert_eq!(
        find("deadbeef"),
        Err(HistoryError::Ambiguous { pattern: pattern("deadbeef"), matches })
    );
    history.write(at(1), |tx| tx.delete(id(C))).unwrap();
    assert_eq!(history.read(|tx| tx.find(&pattern("0190aaab"))), Ok(id(C)));
}
