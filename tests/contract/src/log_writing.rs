//! M4, R5, SYNC 25: writing logs: sequences, sealing, limits, gaps, and reading them back.

use std::ops::ControlFlow;

use runlog_core::history::{History, LogWriter};
use runlog_core::log::{
    GapReason, Level, LineRef, Lines, LogEntry, LogFilter, LogLimits, LogRange, PIECE_LINES,
    PieceHead, Stream,
};
use runlog_core::store::Store;

use crate::Factory;
use crate::sample::{DEVICE, OTHER, at, history, id, lines, many_lines, read, start};

fn open<S: Store>(history: &mut History<S>, limits: LogLimits) -> LogWriter {
    history.write(at(2), |tx| tx.open_log(id(1), limits)).unwrap()
}

fn append<S: Store>(history: &mut History<S>, log: &mut LogWriter, lines: &Lines) {
    history.write(at(3), |tx| tx.append_log(log, lines)).unwrap();
}

fn sealed<S: Store>(history: &mut History<S>) -> Vec<PieceHead> {
    let pieces = read(history.store_mut(), |tx| tx.pieces(id(1), 0..=i64::MAX as u64));
    pieces.into_iter().filter(|piece| piece.sealed).collect()
}

/// Lines as (sequence, text), gaps as (first, "gap to last").
fn entries<S: Store>(
    history: &mut History<S>,
    range: LogRange,
    filter: &LogFilter,
) -> Vec<(u64, String)> {
    let mut found = Vec::new();
    let mut visit = |entry: LogEntry<'_>| {
        found.push(match entry {
            LogEntry::Line(sequence, line) => {
                (sequence, String::from_utf8_lossy(line.bytes).into_owned())
            }
            LogEntry::Gap(gap) => (gap.first, format!("gap to {}", gap.last)),
        });
        ControlFlow::Continue(())
    };
    history.read(|tx| tx.log(id(1), range, filter, &mut visit)).unwrap();
    found
}

fn everything<S: Store>(history: &mut History<S>) -> Vec<(u64, String)> {
    entries(history, LogRange::ALL, &LogFilter::default())
}

/// So many lines that say their number.
fn numbered(first: u64, count: u64) -> Lines {
    let mut lines = Lines::new();
    for n in first..first + count {
        lines.push(LineRef {
            time: at(n as i64),
            stream: Stream::Stdout,
            level: None,
            continued: false,
            bytes: n.to_string().as_bytes(),
        });
    }
    lines
}

/// Pieces and gaps cover the sequences from 1 to the last one, each once.
fn assert_covered<S: Store>(history: &mut History<S>, last: u64) {
    let pieces = read(history.store_mut(), |tx| tx.pieces(id(1), 0..=i64::MAX as u64));
    let gaps = read(history.store_mut(), |tx| tx.gaps(id(1)));
    let mut ranges: Vec<_> = pieces.iter().map(|piece| (piece.first, piece.last)).collect();
    ranges.extend(gaps.iter().map(|gap| (gap.first, gap.last)));
    ranges.sort_unstable();
    let mut next = 1;
    for (first, last) in ranges {
        assert_eq!(first, next, "one range follows the other");
        next = last + 1;
    }
    assert_eq!(next - 1, last);
}

/// Lines are numbered from 1 without a hole and read back in order, before and after reopening and
/// over several writers.
pub fn lines_are_numbered_without_a_hole<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    let mut next = 1;
    for _ in 0..3 {
        let mut log = open(&mut history, LogLimits::default());
        assert_eq!((log.execution(), log.next_sequence()), (id(1), next));
        for count in [1, 0, 3] {
            append(&mut history, &mut log, &numbered(next, count));
            next += count;
        }
        let wanted: Vec<_> = (1..next).map(|n| (n, n.to_string())).collect();
        assert_eq!(everything(&mut history), wanted);
        history = History::open(factory.reopen(history.into_store()), OTHER).unwrap();
        assert_eq!(everything(&mut history), wanted);
        assert_eq!(history.read(|tx| tx.last_sequence(id(1))), Ok(next - 1));
    }
    assert_covered(&mut history, next - 1);
}

/// What is appended in a transaction that fails is not there, and the writer's copy from before it
/// goes on.
pub fn a_failed_append_leaves_nothing<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    let mut log = open(&mut history, LogLimits::default());
    append(&mut history, &mut log, &numbered(1, 2));
    let before = log.clone();
    let failed: Result<(), _> = history.write(at(4), |tx| {
        tx.append_log(&mut log, &numbered(3, 3_000))?;
        Err(crate::sample::intended().into())
    });
    assert!(failed.is_err());
    let mut log = before;
    append(&mut history, &mut log, &numbered(3, 1));
    let wanted: Vec<_> = (1..=3).map(|n| (n, n.to_string())).collect();
    assert_eq!(everything(&mut history), wanted);
    assert_covered(&mut history, 3);
}

/// Open pieces are sealed where they reach the size of a piece, or at the end; a sealed piece keeps
/// its boundaries and number, whoever writes on.
pub fn sealed_pieces_never_change<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    let mut log = open(&mut history, LogLimits::default());
    let mut known: Vec<PieceHead> = Vec::new();
    let mut next = 1;
    let piece = PIECE_LINES as u64;
    for (round, count) in [5, 10, piece, 3 * piece + 1, 1, piece - 1, 7].into_iter().enumerate() {
        append(&mut history, &mut log, &numbered(next, count));
        next += count;
        if round == 4 {
            log = open(&mut history, LogLimits::default());
        }
        let now = sealed(&mut history);
        assert_eq!(now[..known.len()], known, "in round {round}");
        assert!(now.iter().all(|head| head.last - head.first < piece && head.change.get() > 0));
        known = now;
        assert_covered(&mut history, next - 1);
    }
    history.write(at(9), |tx| tx.seal_log(&mut log)).unwrap();
    assert_eq!(sealed(&mut history)[..known.len()], known);
    let all = read(history.store_mut(), |tx| tx.pieces(id(1), 0..=i64::MAX as u64));
    assert!(all.iter().all(|piece| piece.sealed), "nothing is open at the end");
    let wanted: Vec<_> = (1..next).map(|n| (n, n.to_string())).collect();
    assert_eq!(everything(&mut history), wanted);
}

/// Beyond its limits a log keeps head and tail; whole pieces between them are dropped, remembered
/// with their first sequences, and the dropped range grows with the log.
pub fn limits_keep_head_and_tail<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    let piece = PIECE_LINES as u64;
    let limits = LogLimits { lines: 12 * piece, ..LogLimits::UNLIMITED };
    let mut log = open(&mut history, limits);
    let mut dropped: Vec<u64> = Vec::new();
    for round in 1..=30 {
        append(&mut history, &mut log, &many_lines(PIECE_LINES, "x"));
        assert_covered(&mut history, round * piece);
        let gaps = read(history.store_mut(), |tx| tx.gaps(id(1)));
        assert!(gaps.len() <= 1);
        if let [gap] = &gaps[..] {
            assert_eq!((gap.reason, gap.log.device), (GapReason::Limit, DEVICE));
            assert_eq!(gap.first, 3 * piece + 1, "a quarter is the head");
            assert_eq!(gap.bytes, 2 * gap.lines());
            assert!(gap.pieces.starts_with(&dropped), "{:?} after {dropped:?}", gap.pieces);
            dropped.clone_from(&gap.pieces);
            let held: u64 = sealed(&mut history).iter().map(|p| p.last - p.first + 1).sum();
            assert!(held <= limits.lines, "{held} lines held");
        }
        if round == 20 {
            log = open(&mut history, limits);
        }
    }
    assert!(dropped.len() >= 18, "{} pieces dropped", dropped.len());
}

/// What a full queue dropped takes its sequences, and stands between the lines around it.
pub fn dropped_lines_take_their_sequences<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    let mut log = open(&mut history, LogLimits::default());
    append(&mut history, &mut log, &numbered(1, 2));
    history.write(at(4), |tx| tx.note_dropped(&mut log, 0, 0)).unwrap();
    history.write(at(4), |tx| tx.note_dropped(&mut log, 5, 50)).unwrap();
    append(&mut history, &mut log, &numbered(8, 1));
    let wanted = [(1, "1"), (2, "2"), (3, "gap to 7"), (8, "8")].map(|(n, t)| (n, t.to_owned()));
    assert_eq!(everything(&mut history), wanted);
    assert_covered(&mut history, 8);
    let gap = &read(history.store_mut(), |tx| tx.gaps(id(1)))[0];
    assert_eq!((gap.reason, gap.bytes, gap.lines()), (GapReason::Queue, 50, 5));
    assert!(gap.change.get() > 0, "it travels");
}

/// Ranges and tails give their lines, over open and sealed pieces and gaps.
pub fn ranges_and_tails_are_read<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    let mut log = open(&mut history, LogLimits::default());
    append(&mut history, &mut log, &numbered(1, 2_500));
    history.write(at(4), |tx| tx.note_dropped(&mut log, 10, 0)).unwrap();
    append(&mut history, &mut log, &numbered(2_511, 3));
    append(&mut history, &mut log, &numbered(2_514, 2));
    let all = everything(&mut history);
    assert_eq!(all.len(), 2_506);
    let none = LogFilter::default();
    for (first, last) in [(1, 1), (1_999, 2_002), (2_500, 2_500), (2_501, 2_510), (2_400, 9_999)] {
        let found = entries(&mut history, LogRange::Sequences { first, last }, &none);
        let overlaps = |(n, text): &&(u64, String)| {
            let end = text.strip_prefix("gap to ").map_or(*n, |end| end.parse().unwrap());
            *n <= last && end >= first
        };
        assert_eq!(found, all.iter().filter(overlaps).cloned().collect::<Vec<_>>());
    }
    let backwards = LogRange::Sequences { first: 9, last: 8 };
    assert_eq!(entries(&mut history, backwards, &none), []);
    for count in [0, 1, 2, 4, 5] {
        let found = entries(&mut history, LogRange::Tail(count), &none);
        assert_eq!(found, all[all.len() - count as usize..], "the last {count}");
    }
    let found = entries(&mut history, LogRange::Tail(7), &none);
    assert_eq!(found, all[all.len() - 8..], "the gap between the lines is told");
    assert_eq!(entries(&mut history, LogRange::Tail(u64::MAX), &none), all);
}

/// Streams and levels filter lines, in ranges and tails.
pub fn streams_and_levels_filter_lines<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    let mut log = open(&mut history, LogLimits::default());
    let texts: Vec<String> = (1..=3_000).map(|n| n.to_string()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    append(&mut history, &mut log, &lines(&texts));
    // As `lines` makes them: the stream alternates, the level goes none, warn, info.
    let stream_of = |n: u64| Stream::ALL[(n as usize - 1) % 2];
    let level_of = |n: u64| [None, Some(Level::Warn), Some(Level::Info)][(n as usize - 1) % 3];
    for stream in [None, Some(Stream::Stdout), Some(Stream::Stderr), Some(Stream::Event)] {
        for level in [None, Some(Level::Trace), Some(Level::Warn), Some(Level::Error)] {
            let passes = |n: &u64| {
                stream.is_none_or(|stream| stream_of(*n) == stream)
                    && level.is_none_or(|least| level_of(*n).is_some_and(|level| level >= least))
            };
            let wanted: Vec<u64> = (1..=3_000).filter(passes).collect();
            let filter = LogFilter { stream, level };
            let mut sequences = |range| -> Vec<u64> {
                entries(&mut history, range, &filter).iter().map(|(n, _)| *n).collect()
            };
            assert_eq!(sequences(LogRange::ALL), wanted, "{filter:?}");
            let tail = &wanted[wanted.len().saturating_sub(10)..];
            assert_eq!(sequences(LogRange::Tail(10)), tail, "{filter:?}");
        }
    }
}

/// A reader that has enough stops.
pub fn a_reader_may_stop<F: Factory>(factory: &mut F) {
    let mut history = history(factory);
    start(&mut history, 1, 1);
    let mut log = open(&mut history, LogLimits::default());
    append(&mut history, &mut log, &numbered(1, 5_000));
    let mut visited = 0;
    let mut visit = |_: LogEntry<'_>| {
        visited += 1;
        if visited == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let filter = LogFilter::default();
    history.read(|tx| tx.log(id(1), LogRange::ALL, &filter, &mut visit)).unwrap();
    assert_eq!(visited, 3);
}
