//! Pieces and gaps of logs.

use runlog_core::id::ExecutionId;
use runlog_core::log::{GapReason, Lines, LogKey, PieceHead};
use runlog_core::store::{Store, StoreError};

use crate::Factory;
use crate::sample::{
    DEVICE, OTHER, at, change_number, gap, id, lines, log_key, many_lines, piece, read, write,
};

fn theirs(n: u64) -> LogKey {
    LogKey { execution: id(n), device: OTHER }
}

fn heads<S: Store>(store: &mut S, execution: ExecutionId) -> Vec<PieceHead> {
    read(store, |tx| tx.pieces(execution, 0..=i64::MAX as u64))
}

fn put<S: Store>(store: &mut S, log: LogKey, first: u64, lines: &Lines, change: u64) -> PieceHead {
    let head = piece(log, first, lines, change);
    write(store, |tx| tx.put_piece(&head, lines));
    head
}

/// A piece keeps its head and every byte of its lines, open or sealed, also after reopening.
pub fn pieces_keep_every_byte<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let all_bytes: Vec<u8> = (0..=255).collect();
    let mut odd = lines(&["", "\0", "a\nb\r\n", "\u{1f600}", "x"]);
    for (stream, level) in runlog_core::log::Stream::ALL.iter().zip(runlog_core::log::Level::ALL) {
        odd.push(runlog_core::log::LineRef {
            time: runlog_core::time::Timestamp::from_millis(i64::MIN),
            stream: *stream,
            level: Some(*level),
            continued: true,
            bytes: &all_bytes,
        });
    }
    let batches = [odd, many_lines(1, ""), many_lines(3_000, "again and again")];
    let mut first = 1;
    let mut wanted = Vec::new();
    for (change, lines) in [0, 1, i64::MAX as u64].into_iter().zip(batches) {
        wanted.push((put(&mut store, log_key(1), first, &lines, change), lines.clone()));
        first += lines.len() as u64;
    }
    let mut store = factory.reopen(store);
    let found = heads(&mut store, id(1));
    assert_eq!(found, wanted.iter().map(|(head, _)| head.clone()).collect::<Vec<_>>());
    for (head, lines) in wanted {
        let found = read(&mut store, |tx| tx.piece_lines(head.log, head.first));
        assert_eq!(found, Some(lines));
    }
    assert_eq!(read(&mut store, |tx| tx.piece_lines(log_key(1), 2)), None);
    assert_eq!(read(&mut store, |tx| tx.piece_lines(theirs(1), 1)), None);
}

/// A range gives the pieces that overlap it, by first sequence, then device.
pub fn a_range_gives_the_pieces_that_overlap_it<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let text = lines(&["a", "b", "c"]);
    for (log, first) in [
        (log_key(1), 7),
        (theirs(1), 1),
        (log_key(1), 1),
        (theirs(1), 4),
        (log_key(1), 20),
        (log_key(2), 4),
    ] {
        put(&mut store, log, first, &text, first + 1);
    }
    let mut within = |range| {
        let found = read(&mut store, |tx| tx.pieces(id(1), range));
        found.iter().map(|head| (head.first, head.log.device)).collect::<Vec<_>>()
    };
    let all = [(1, DEVICE), (1, OTHER), (4, OTHER), (7, DEVICE), (20, DEVICE)];
    assert_eq!(within(0..=i64::MAX as u64), all);
    assert_eq!(within(0..=0), []);
    assert_eq!(within(3..=3), all[..2]);
    assert_eq!(within(3..=4), all[..3]);
    assert_eq!(within(6..=7), all[2..4]);
    assert_eq!(within(10..=19), []);
    assert_eq!(within(22..=22), all[4..]);
    assert_eq!(within(23..=i64::MAX as u64), []);
}

/// Removing takes the pieces of one log that lie wholly within the range, and no other.
pub fn whole_pieces_are_removed<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let text = lines(&["a", "b", "c"]);
    for first in [1, 4, 7, 10] {
        put(&mut store, log_key(1), first, &text, first);
    }
    put(&mut store, theirs(1), 4, &text, 20);
    put(&mut store, log_key(2), 4, &text, 21);
    write(&mut store, |tx| tx.remove_pieces(log_key(1), 2..=10));
    let left: Vec<_> = heads(&mut store, id(1)).iter().map(|h| (h.first, h.log.device)).collect();
    assert_eq!(left, [(1, DEVICE), (4, OTHER), (10, DEVICE)]);
    assert_eq!(heads(&mut store, id(2)).len(), 1);
    assert_eq!(read(&mut store, |tx| tx.piece_lines(log_key(1), 4)), None);
    write(&mut store, |tx| tx.remove_pieces(log_key(1), 50..=60));
    put(&mut store, log_key(1), 4, &text, 30);
    assert_eq!(read(&mut store, |tx| tx.piece_lines(log_key(1), 4)), Some(text));
}

/// SYNC 6: a new number is all that changes of a piece that is to be sent again.
pub fn a_piece_is_renumbered<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let text = lines(&["a"]);
    let head = put(&mut store, log_key(1), 1, &text, 1);
    put(&mut store, log_key(1), 2, &text, 2);
    write(&mut store, |tx| tx.renumber_piece(log_key(1), 1, change_number(9)));
    let found = heads(&mut store, id(1));
    assert_eq!(found[0], PieceHead { change: change_number(9), ..head });
    assert_eq!(found[1].change, change_number(2));
    let nowhere = [(log_key(1), 3), (theirs(1), 1), (log_key(2), 1)];
    for (log, first) in nowhere {
        let result = store.write(|tx| tx.renumber_piece(log, first, change_number(10)));
        assert_eq!(result, Err(StoreError::RowMissing));
    }
}

/// The last sequence is that of the last line or gap, over all devices.
pub fn the_last_sequence_counts_gaps_and_all_devices<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let last = |store: &mut F::Store| read(store, |tx| tx.last_sequence(id(1)));
    assert_eq!(last(&mut store), 0);
    put(&mut store, log_key(1), 1, &lines(&["a", "b"]), 0);
    assert_eq!(last(&mut store), 2);
    put(&mut store, theirs(1), 1, &lines(&["a", "b", "c"]), 1);
    assert_eq!(last(&mut store), 3);
    write(&mut store, |tx| tx.put_gap(&gap(log_key(1), 3, 8, 2)));
    assert_eq!(last(&mut store), 8);
    put(&mut store, log_key(2), 1, &many_lines(20, "x"), 3);
    assert_eq!(last(&mut store), 8);
}

/// Gaps come by first sequence, then device; one of the same log, first sequence and reason replaces
/// the other.
pub fn gaps_are_kept_and_replaced<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let mut early = gap(theirs(1), 2, 4, 1);
    early.pieces = vec![2, 3, u64::from(u32::MAX) + 7];
    early.bytes = i64::MAX as u64;
    let mut queue = gap(log_key(1), 5, 5, 2);
    queue.reason = GapReason::Queue;
    queue.pieces.clear();
    let limit = gap(log_key(1), 5, 9, 3);
    let elsewhere = gap(log_key(2), 1, 2, 4);
    write(&mut store, |tx| {
        [&limit, &elsewhere, &queue, &early].into_iter().try_for_each(|gap| tx.put_gap(gap))
    });
    let mut store = factory.reopen(store);
    let found = read(&mut store, |tx| tx.gaps(id(1)));
    assert_eq!(found[0], early);
    assert_eq!(found.len(), 3);
    assert!(found.contains(&queue) && found.contains(&limit));
    let longer = gap(log_key(1), 5, 30, 7);
    write(&mut store, |tx| tx.put_gap(&longer));
    let found = read(&mut store, |tx| tx.gaps(id(1)));
    assert_eq!(found.len(), 3);
    assert!(found.contains(&queue) && found.contains(&longer));
    assert_eq!(longer.lines(), 26);
}

/// Logs may be there before their execution is (SYNC 3), and do not make it appear.
pub fn a_log_may_come_before_its_run<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    put(&mut store, theirs(1), 1, &lines(&["a"]), 1);
    write(&mut store, |tx| tx.put_gap(&gap(theirs(1), 2, 3, 2)));
    let listed = runlog_core::query::ListQuery::newest(9);
    assert_eq!(read(&mut store, |tx| tx.list(&listed)).rows, []);
    assert_eq!(read(&mut store, |tx| tx.hidden(9)), []);
    assert_eq!(heads(&mut store, id(1))[0].last_at, at(0));
}
