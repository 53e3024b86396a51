//! Writing a log: open pieces, sealing, limits, gaps.

use std::collections::VecDeque;

use super::{HistoryError, HistoryWriter, predecessors};
use crate::id::{DeviceId, ExecutionId};
use crate::log::{Gap, GapReason, Lines, LogKey, LogLimits, PIECE_BYTES, PIECE_LINES, PieceHead};
use crate::mask::LineMasks;
use crate::schema::RowKey;
use crate::store::{ChangeNumber, ItemKey};
use crate::sync::digests::Digests;

/// Where one writer stands in the log of one execution: what follows from the pieces that are
/// stored, kept in memory so that appending reads nothing.
///
/// It describes the store as of the last committed append. Where a transaction fails, go on with a
/// copy from before it.
#[derive(Clone, Debug)]
pub struct LogWriter {
    log: LogKey,
    limits: LogLimits,
    /// The sequence of the next line.
    next: u64,
    /// The lines of the open pieces, which begin at `open_first`.
    open: Lines,
    open_first: u64,
    head: Held,
    tail: VecDeque<TailPiece>,
    tail_held: Held,
    dropped: Option<Gap>,
    masks: LineMasks,
}

/// How much of a region of the log is held.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    bytes: u64,
    lines: u64,
    /// No further piece goes into it.
    closed: bool,
}

/// A sealed piece that limits may drop.
#[derive(Clone, Copy, Debug)]
struct TailPiece {
    first: u64,
    last: u64,
    bytes: u64,
}

impl LogWriter {
    /// Of a log of which nothing is held from `next` on.
    pub(super) fn new(log: LogKey, limits: LogLimits, next: u64) -> Self {
        Self {
            log,
            limits,
            next,
            open: Lines::new(),
            open_first: next,
            head: Held::default(),
            tail: VecDeque::new(),
            tail_held: Held::default(),
            dropped: None,
            masks: LineMasks::default(),
        }
    }

    /// The sequence of the next line.
    pub fn next_sequence(&self) -> u64 {
        self.next
    }

    /// The execution.
    pub fn execution(&self) -> ExecutionId {
        self.log.execution
    }
}

impl HistoryWriter<'_> {
    /// Begins or goes on with the log of an execution.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn open_log(
        &mut self,
        execution: ExecutionId,
        limits: LogLimits,
    ) -> Result<LogWriter, HistoryError> {
        let log = LogKey { execution, device: self.device() };
        let next = self.tx.last_sequence(execution)? + 1;
        let mut writer = LogWriter::new(log, limits, next);
        if next > 1 {
            self.resume(&mut writer)?;
        }
        Ok(writer)
    }

    /// Counts what is there already, and seals what an earlier writer left open.
    fn resume(&mut self, writer: &mut LogWriter) -> Result<(), HistoryError> {
        let log = writer.log;
        writer.dropped = self
            .tx
            .gaps(log.execution)?
            .into_iter()
            .find(|gap| gap.log == log && gap.reason == GapReason::Limit);
        let pieces = self.tx.pieces(log.execution, 0..=i64::MAX as u64)?;
        for piece in pieces.iter().filter(|piece| piece.log == log) {
            if piece.sealed {
                let past = writer.dropped.as_ref().is_some_and(|gap| piece.first > gap.last);
                writer.head.closed |= past;
                writer.count_sealed(piece.first, piece.last, piece.bytes);
            } else if let Some(lines) = self.tx.piece_lines(log, piece.first)? {
                if writer.open.is_empty() {
                    writer.open_first = piece.first;
                }
                writer.open.extend(&lines);
            }
        }
        self.seal_open(writer)
    }

    /// Appends lines, their secrets masked. They are there once the transaction is committed; what reaches the size of a
    /// piece is sealed, and what the limits do not hold is dropped from the middle of the log.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn append_log(
        &mut self,
        writer: &mut LogWriter,
        lines: &Lines,
    ) -> Result<(), HistoryError> {
        if lines.is_empty() {
            return Ok(());
        }
        self.follow_device(writer)?;
        let lines = &*self.masker.lines(lines, &mut writer.masks);
        let appended_first = writer.next;
        writer.next += lines.len() as u64;
        let mut taken = writer.fill_open(lines, 0);
        if !is_full(&writer.open) {
            let head = PieceHead::open(writer.log, appended_first, lines);
            return Ok(self.tx.put_piece(&head, lines)?);
        }
        self.remove_open(writer, appended_first)?;
        while is_full(&writer.open) {
            self.put_sealed(writer)?;
            writer.open_first += writer.open.len() as u64;
            writer.open.clear();
            taken += writer.fill_open(lines, taken);
        }
        if !writer.open.is_empty() {
            let head = PieceHead::open(writer.log, writer.open_first, &writer.open);
            self.tx.put_piece(&head, &writer.open)?;
        }
        self.enforce(writer)
    }

    /// Seals what is open: for the end of a run.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn seal_log(&mut self, writer: &mut LogWriter) -> Result<(), HistoryError> {
        self.follow_device(writer)?;
        self.seal_open(writer)?;
        self.enforce(writer)
    }

    /// Notes that lines were dropped before they could be appended: they take their sequences.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn note_dropped(
        &mut self,
        writer: &mut LogWriter,
        lines: u64,
        bytes: u64,
    ) -> Result<(), HistoryError> {
        if lines == 0 {
            return Ok(());
        }
        self.follow_device(writer)?;
        self.seal_open(writer)?;
        let (first, last) = (writer.next, writer.next + lines - 1);
        writer.next = last + 1;
        writer.open_first = writer.next;
        if self.tx.purged(&RowKey::Execution(writer.log.execution))?.is_some() {
            return Ok(());
        }
        let change = self.next_change();
        let reason = GapReason::Queue;
        let gap = Gap { log: writer.log, first, last, bytes, reason, pieces: Vec::new(), change };
        Ok(self.tx.put_gap(&gap)?)
    }

    /// Follows the device where it turned out to be a copy and became another one: the open pieces
    /// went along ([`Self::rename_log`]), those that it shares with the other stay whole. The log of
    /// an import is nobody's.
    fn follow_device(&self, writer: &mut LogWriter) -> Result<(), HistoryError> {
        let (of, device) = (writer.log.device, self.device());
        if of != device && predecessors(&*self.tx)?.contains(&of) {
            writer.go_on_as(device);
        }
        Ok(())
    }

    /// Puts pieces of an execution's log that this device wrote as `old` under its present name:
    /// open ones, and those with a change after `most`.
    ///
    /// # Errors
    /// The store's own errors.
    pub(crate) fn rename_log(
        &mut self,
        execution: ExecutionId,
        old: DeviceId,
        most: ChangeNumber,
    ) -> Result<(), HistoryError> {
        let log = LogKey { execution, device: self.device() };
        for piece in self.tx.pieces(execution, 0..=i64::MAX as u64)? {
            let concerned = piece.log.device == old && (!piece.sealed || piece.change > most);
            let lines = self.tx.piece_lines(piece.log, piece.first)?;
            let Some(lines) = lines.filter(|_| concerned) else { continue };
            self.remove_piece(&piece)?;
            let change = if piece.sealed { self.next_change() } else { ChangeNumber::ZERO };
            Digests::forget(self.tx, &ItemKey::piece(piece.log, piece.first))?;
            self.tx.put_piece(&PieceHead { log, change, ..piece }, &lines)?;
        }
        Ok(())
    }

    /// Removes one piece, and no other that lies within it.
    fn remove_piece(&mut self, piece: &PieceHead) -> Result<(), HistoryError> {
        let (log, range) = (piece.log, piece.first..=piece.last);
        let mut others = Vec::new();
        for other in self.tx.pieces(log.execution, range.clone())? {
            let within = other.log == log && other.first > piece.first && other.last <= piece.last;
            let lines = self.tx.piece_lines(log, other.first)?.filter(|_| within);
            others.extend(lines.map(|lines| (other, lines)));
        }
        self.tx.remove_pieces(log, range)?;
        Ok(others.iter().try_for_each(|(head, lines)| self.tx.put_piece(head, lines))?)
    }

    fn seal_open(&mut self, writer: &mut LogWriter) -> Result<(), HistoryError> {
        if writer.open.is_empty() {
            return Ok(());
        }
        self.remove_open(writer, writer.next)?;
        self.put_sealed(writer)?;
        writer.open_first = writer.next;
        writer.open.clear();
        Ok(())
    }

    /// Removes the open pieces that are stored: those before `end`.
    fn remove_open(&mut self, writer: &LogWriter, end: u64) -> Result<(), HistoryError> {
        if writer.open_first < end {
            self.tx.remove_pieces(writer.log, writer.open_first..=end - 1)?;
        }
        Ok(())
    }

    /// Stores the open lines as one sealed piece.
    fn put_sealed(&mut self, writer: &mut LogWriter) -> Result<(), HistoryError> {
        // The run may have been purged elsewhere while it is recorded here: late pieces stay out,
        // here as there.
        if self.tx.purged(&RowKey::Execution(writer.log.execution))?.is_some() {
            return Ok(());
        }
        let change = self.next_change();
        let open = PieceHead::open(writer.log, writer.open_first, &writer.open);
        let head = PieceHead { sealed: true, change, ..open };
        self.tx.put_piece(&head, &writer.open)?;
        writer.count_sealed(head.first, head.last, head.bytes);
        Ok(())
    }

    /// Drops pieces from the beginning of the tail until it is within its limit again, with an
    /// eighth to spare, so that this happens once in many pieces.
    fn enforce(&mut self, writer: &mut LogWriter) -> Result<(), HistoryError> {
        let limit = writer.limits.tail();
        if limit.holds(writer.tail_held.bytes, writer.tail_held.lines) {
            return Ok(());
        }
        let spare = LogLimits { bytes: limit.bytes / 8 * 7, lines: limit.lines / 8 * 7 };
        let mut gap = writer.dropped.take().unwrap_or_else(|| Gap {
            log: writer.log,
            first: writer.tail.front().map_or(writer.next, |piece| piece.first),
            last: 0,
            bytes: 0,
            reason: GapReason::Limit,
            pieces: Vec::new(),
            change: ChangeNumber::ZERO,
        });
        let already_dropped = gap.pieces.len();
        // The newest piece stays, however large it is.
        while writer.tail.len() > 1 && !spare.holds(writer.tail_held.bytes, writer.tail_held.lines)
        {
            let Some(piece) = writer.tail.pop_front() else { break };
            writer.tail_held.bytes -= piece.bytes;
            writer.tail_held.lines -= piece.last - piece.first + 1;
            gap.last = piece.last;
            gap.bytes += piece.bytes;
            gap.pieces.push(piece.first);
        }
        if gap.pieces.len() > already_dropped {
            let from = gap.pieces[already_dropped];
            self.tx.remove_pieces(writer.log, from..=gap.last)?;
            gap.change = self.next_change();
            self.tx.put_gap(&gap)?;
        }
        writer.dropped = (gap.last > 0).then_some(gap);
        Ok(())
    }
}

impl LogWriter {
    fn go_on_as(&mut self, device: DeviceId) {
        self.log.device = device;
        self.head = Held::default();
        self.tail.clear();
        self.tail_held = Held::default();
        self.dropped = None;
    }

    /// Moves as few of the lines from `from` on into the open piece as make it full, or all, and
    /// says how many. (Taking all at once and splitting would copy a large batch once a piece.)
    fn fill_open(&mut self, lines: &Lines, from: usize) -> usize {
        let lines_left = PIECE_LINES.saturating_sub(self.open.len());
        let bytes_left = PIECE_BYTES.saturating_sub(self.open.bytes());
        let count = lines.reach(from, lines_left, bytes_left);
        self.open.extend_from(lines, from..from + count);
        count
    }

    fn count_sealed(&mut self, first: u64, last: u64, bytes: u64) {
        let (all_bytes, lines) = (self.head.bytes + bytes, self.head.lines + (last - first + 1));
        self.head.closed |= !self.limits.head().holds(all_bytes, lines);
        if !self.head.closed {
            self.head.bytes = all_bytes;
            self.head.lines = lines;
            return;
        }
        self.tail.push_back(TailPiece { first, last, bytes });
        self.tail_held.bytes += bytes;
        self.tail_held.lines += last - first + 1;
    }
}

fn is_full(lines: &Lines) -> bool {
    lines.len() >= PIECE_LINES || lines.bytes() >= PIECE_BYTES
}
