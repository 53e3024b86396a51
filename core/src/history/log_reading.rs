//! Reading lines: ranges and tails, opening only the pieces that are needed.

use std::ops::ControlFlow;

use crate::id::ExecutionId;
use crate::log::{Lines, LogEntry, LogFilter, LogRange};
use crate::store::{ReadTx, StoreResult};

/// Hands the lines of a range that pass the filter, and the gaps between them, to `visit`, in the
/// order of their sequences, until it breaks. Where two devices wrote one log, whole pieces are
/// ordered by their first line.
///
/// # Errors
/// The store's own error.
pub(super) fn read_log(
    tx: &dyn ReadTx,
    execution: ExecutionId,
    range: LogRange,
    filter: &LogFilter,
    visit: &mut dyn FnMut(LogEntry<'_>) -> ControlFlow<()>,
) -> StoreResult<()> {
    let (first, last) = match range {
        LogRange::Sequences { first, last } => (first, last),
        LogRange::Tail(count) => (tail_start(tx, execution, count, filter)?, i64::MAX as u64),
    };
    if first > last {
        return Ok(());
    }
    let gaps = tx.gaps(execution)?;
    let mut gaps = gaps.iter().filter(|gap| gap.last >= first && gap.first <= last).peekable();
    for head in tx.pieces(execution, first..=last)? {
        while let Some(gap) = gaps.next_if(|gap| gap.first <= head.first) {
            if visit(LogEntry::Gap(gap)).is_break() {
                return Ok(());
            }
        }
        if !filter.may_occur_in(&head) {
            continue;
        }
        let Some(lines) = tx.piece_lines(head.log, head.first)? else { continue };
        if visit_lines(&lines, head.first, first, last, filter, visit).is_break() {
            return Ok(());
        }
    }
    for gap in gaps {
        if visit(LogEntry::Gap(gap)).is_break() {
            break;
        }
    }
    Ok(())
}

fn visit_lines(
    lines: &Lines,
    piece_first: u64,
    first: u64,
    last: u64,
    filter: &LogFilter,
    visit: &mut dyn FnMut(LogEntry<'_>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let skip = first.saturating_sub(piece_first) as usize;
    for (index, line) in lines.iter().enumerate().skip(skip) {
        let sequence = piece_first + index as u64;
        if sequence > last {
            break;
        }
        if filter.passes(&line) {
            visit(LogEntry::Line(sequence, line))?;
        }
    }
    ControlFlow::Continue(())
}

/// The sequence at which the last `count` passing lines begin.
fn tail_start(
    tx: &dyn ReadTx,
    execution: ExecutionId,
    count: u64,
    filter: &LogFilter,
) -> StoreResult<u64> {
    let everything = *filter == LogFilter::default();
    let mut missing = count;
    let mut start = i64::MAX as u64;
    for head in tx.pieces(execution, 0..=i64::MAX as u64)?.iter().rev() {
        if missing == 0 {
            break;
        }
        let lines_in_piece = head.last - head.first + 1;
        if everything && lines_in_piece <= missing {
            missing -= lines_in_piece;
            start = head.first;
        } else if everything {
            start = head.last + 1 - missing;
            missing = 0;
        } else if filter.may_occur_in(head) {
            let Some(lines) = tx.piece_lines(head.log, head.first)? else { continue };
            let indexes = (0..lines.len()).rev();
            let passing = indexes.filter(|at| lines.get(*at).is_some_and(|l| filter.passes(&l)));
            for index in passing.take(missing as usize) {
                start = head.first + index as u64;
                missing -= 1;
            }
        }
    }
    // A tail that is longer than the log shows all of it, the gaps before its first piece too.
    Ok(if missing > 0 { 0 } else { start })
}
