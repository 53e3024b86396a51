//! Promise 5: everything that syncs is given once, under its newest number, in ascending order.

use runlog_core::log::GapReason;
use runlog_core::schema::{RowKey, executions};
use runlog_core::store::{Change, ChangedItem, Store};

use crate::Factory;
use crate::sample::{
    OTHER, change_number, clock, gap, id, kept_cell, lines, log_key, piece, put_job, put_row,
    put_tag, read, tag, write,
};

fn after<S: Store>(store: &mut S, number: u64, limit: usize) -> Vec<(u64, ChangedItem)> {
    let changes = read(store, |tx| tx.changes(change_number(number), limit));
    changes.into_iter().map(|Change { number, item }| (number.get(), item)).collect()
}

fn run(n: u64) -> ChangedItem {
    ChangedItem::Row(RowKey::Execution(id(n)))
}

fn piece_at(n: u64, first: u64) -> ChangedItem {
    ChangedItem::Piece { log: log_key(n), first }
}

fn kept(table: &str, key: &[u8]) -> ChangedItem {
    ChangedItem::Kept { table: table.to_owned(), key: key.to_vec() }
}

/// Rows, kept rows, sealed pieces and gaps share one sequence of numbers.
pub fn all_that_syncs_shares_one_sequence<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    assert_eq!(after(&mut store, 0, usize::MAX), []);
    let text = lines(&["a"]);
    write(&mut store, |tx| {
        tx.put_piece(&piece(log_key(1), 1, &text, 5), &text)?;
        tx.put_gap(&gap(log_key(1), 2, 3, 3))?;
        tx.keep("moods", b"k", &kept_cell("mood", 1, clock(1, OTHER)), change_number(4))?;
        put_tag(tx, 1, "t", 2)?;
        put_job(tx, 1, 6)?;
        put_job(tx, 2, 1)
    });
    let tag_row = ChangedItem::Row(RowKey::Tag(id(1), tag("t")));
    let gap_item = ChangedItem::Gap { log: log_key(1), first: 2, reason: GapReason::Limit };
    let wanted = [run(2), tag_row, gap_item, kept("moods", b"k"), piece_at(1, 1), run(1)];
    let wanted: Vec<_> = (1..).zip(wanted).collect();
    for number in 0..=7 {
        let rest = &wanted[wanted.len().min(number)..];
        for limit in 0..=7 {
            let found = after(&mut store, number as u64, limit);
            assert_eq!(found, rest[..rest.len().min(limit)], "after {number}, {limit} of them");
        }
    }
    assert_eq!(after(&mut store, u64::MAX >> 1, usize::MAX), []);
}

/// What changes again is given under its new number only.
pub fn a_new_change_takes_the_place_of_the_old<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let text = lines(&["a"]);
    let cell = |value: i64| kept_cell("mood", value, clock(value as u64, OTHER));
    write(&mut store, |tx| {
        put_job(tx, 1, 1)?;
        tx.keep("moods", b"k", &cell(1), change_number(2))?;
        tx.put_piece(&piece(log_key(1), 1, &text, 3), &text)?;
        tx.put_gap(&gap(log_key(1), 2, 3, 4))?;
        put_job(tx, 2, 5)
    });
    write(&mut store, |tx| {
        tx.put_gap(&gap(log_key(1), 2, 9, 6))?;
        tx.renumber_piece(log_key(1), 1, change_number(7))?;
        tx.keep("moods", b"k", &cell(2), change_number(8))?;
        let note = [(executions::NOTE, "n".into())];
        put_row(tx, &RowKey::Execution(id(1)), &note, clock(9, OTHER), 9)
    });
    let gap_item = ChangedItem::Gap { log: log_key(1), first: 2, reason: GapReason::Limit };
    let wanted =
        [(5, run(2)), (6, gap_item), (7, piece_at(1, 1)), (8, kept("moods", b"k")), (9, run(1))];
    assert_eq!(after(&mut store, 0, usize::MAX), wanted);
}

/// All cells that are kept of one row are one item; what is removed is none any more.
pub fn kept_cells_of_a_row_change_together<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let cell = |column: &str| kept_cell(column, 1, clock(1, OTHER));
    write(&mut store, |tx| {
        tx.keep("moods", b"k", &cell("a"), change_number(1))?;
        tx.keep("moods", b"l", &cell("a"), change_number(2))?;
        tx.keep("other", b"k", &cell("a"), change_number(3))?;
        tx.keep("moods", b"k", &cell("b"), change_number(4))
    });
    let wanted = [(2, kept("moods", b"l")), (3, kept("other", b"k")), (4, kept("moods", b"k"))];
    assert_eq!(after(&mut store, 0, usize::MAX), wanted);
    write(&mut store, |tx| tx.unkeep("moods", b"k", "b"));
    assert_eq!(after(&mut store, 0, usize::MAX), wanted);
    write(&mut store, |tx| tx.unkeep("moods", b"k", "a"));
    assert_eq!(after(&mut store, 0, usize::MAX), wanted[..2]);
}

/// An open piece is not sent; a removed or purged one neither.
pub fn open_and_removed_pieces_are_no_changes<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let text = lines(&["a", "b"]);
    write(&mut store, |tx| {
        put_job(tx, 1, 1)?;
        put_job(tx, 2, 2)?;
        put_tag(tx, 2, "t", 3)?;
        tx.put_piece(&piece(log_key(1), 1, &text, 4), &text)?;
        tx.put_piece(&piece(log_key(1), 3, &text, 5), &text)?;
        tx.put_piece(&piece(log_key(1), 5, &text, 0), &text)?;
        tx.put_piece(&piece(log_key(2), 1, &text, 6), &text)?;
        tx.put_gap(&gap(log_key(2), 3, 4, 7))
    });
    assert_eq!(after(&mut store, 0, usize::MAX).len(), 7);
    write(&mut store, |tx| {
        tx.remove_pieces(log_key(1), 1..=2)?;
        tx.purge(id(2), clock(9, OTHER), change_number(0))
    });
    assert_eq!(after(&mut store, 0, usize::MAX), [(1, run(1)), (5, piece_at(1, 3))]);
}
