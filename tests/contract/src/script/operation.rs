//! Operations as data, and running them.

use runlog_core::codec::RowRecord;
use runlog_core::history::{HistoryError, HistoryWriter};
use runlog_core::id::ExecutionId;
use runlog_core::log::{Gap, Lines, LogLimits, PieceHead};
use runlog_core::model::{Attributes, Ending, NewExecution, Params, Tag};
use runlog_core::store::{
    Backend, BackendId, ChangeNumber, ItemKey, KeptCell, OwnerId, Rejection, Room, StoreResult,
    WriteTx,
};
use runlog_core::sync::run::{EntityResult, SyncId, SyncLogEntry, SyncRun};
use runlog_core::time::Timestamp;

/// One operation of a history.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each is the method of its name")]
pub enum Operation {
    Start(Box<NewExecution>),
    BeginRunning(ExecutionId, Timestamp),
    Finish(ExecutionId, Ending),
    Lose(ExecutionId, Timestamp),
    HoldLease(ExecutionId, OwnerId),
    LoseOrphans { alive: OwnerId },
    Tag(ExecutionId, Tag),
    Untag(ExecutionId, Tag),
    SetNote(ExecutionId, Option<String>),
    SetPinned(ExecutionId, bool),
    SetParams(ExecutionId, Params),
    SetAttributes(ExecutionId, Attributes),
    Delete(ExecutionId),
    Restore(ExecutionId),
    Purge(ExecutionId),
    Merge(Vec<RowRecord>),
    ReviewHidden,
    Log(ExecutionId, LogWork),
}

/// What one writer does to a log.
#[derive(Clone, Debug)]
pub struct LogWork {
    /// How much is kept.
    pub limits: LogLimits,
    /// What is appended.
    pub batches: Vec<Lines>,
    /// How many lines a full queue drops behind them.
    pub dropped: u64,
    /// Whether what is open is sealed at the end.
    pub sealed: bool,
}

impl Operation {
    /// Does it, and tells the answer.
    ///
    /// # Errors
    /// Those of the method.
    pub fn run(&self, tx: &mut HistoryWriter<'_>) -> Result<String, HistoryError> {
        match self {
            Self::Start(new) => tx.start(new)?,
            Self::BeginRunning(id, at) => tx.begin_running(*id, *at)?,
            Self::Finish(id, ending) => tx.finish(*id, ending)?,
            Self::Lose(id, at) => tx.lose(*id, *at)?,
            Self::HoldLease(id, owner) => tx.hold_lease(*id, *owner)?,
            Self::LoseOrphans { alive } => {
                return Ok(format!("{:?}", tx.lose_orphans(&mut |owner| owner == *alive)?));
            }
            Self::Tag(id, tag) => tx.tag(*id, tag)?,
            Self::Untag(id, tag) => tx.untag(*id, tag)?,
            Self::SetNote(id, note) => tx.set_note(*id, note.as_deref())?,
            Self::SetPinned(id, pinned) => tx.set_pinned(*id, *pinned)?,
            Self::SetParams(id, params) => tx.set_params(*id, params)?,
            Self::SetAttributes(id, attributes) => tx.set_attributes(*id, attributes)?,
            Self::Delete(id) => tx.delete(*id)?,
            Self::Restore(id) => tx.restore(*id)?,
            Self::Purge(id) => tx.purge(*id)?,
            Self::Merge(records) => return Ok(format!("{:?}", tx.merge(records.clone())?)),
            Self::ReviewHidden => return Ok(format!("{:?}", tx.review_hidden(usize::MAX)?)),
            Self::Log(id, work) => work.run(tx, *id)?,
        }
        Ok(String::new())
    }
}

impl LogWork {
    fn run(&self, tx: &mut HistoryWriter<'_>, id: ExecutionId) -> Result<(), HistoryError> {
        let mut log = tx.open_log(id, self.limits)?;
        self.batches.iter().try_for_each(|lines| tx.append_log(&mut log, lines))?;
        tx.note_dropped(&mut log, self.dropped, self.dropped * 7)?;
        if self.sealed { tx.seal_log(&mut log) } else { Ok(()) }
    }
}

/// One write to the store that no operation of a history makes: what sync will.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each is the method of its name")]
pub enum Direct {
    PutBackend(Backend),
    RemoveBackend(BackendId),
    PutMark(BackendId, ChangeNumber, Timestamp),
    PutRejection(Rejection),
    Keep(String, Vec<u8>, KeptCell),
    Unkeep(String, Vec<u8>, String),
    PutPiece(PieceHead, Lines),
    PutGap(Gap),
    RemoveLease(ExecutionId),
    SetSent(BackendId, ChangeNumber, Vec<u8>),
    RemoveRejection(BackendId, ItemKey),
    PutNote(Room, Vec<u8>, Vec<u8>),
    RemoveNote(Room, Vec<u8>),
    RemoveNotes(Room, Vec<u8>),
    PutSyncRun(Box<SyncRun>),
    AddSyncLog(Vec<SyncLogEntry>),
    CompleteSyncLog(SyncId, bool, EntityResult, Option<String>),
    RemoveSyncRuns(Timestamp),
}

impl Direct {
    /// Does it; what needs a change number takes the next one.
    ///
    /// # Errors
    /// The store's own.
    pub fn run(&self, tx: &mut dyn WriteTx) -> StoreResult<()> {
        match self {
            Self::PutBackend(backend) => tx.put_backend(backend),
            Self::RemoveBackend(id) => tx.remove_backend(*id),
            Self::PutMark(id, change, at) => tx.put_mark(*id, *change, *at),
            Self::PutRejection(rejection) => tx.put_rejection(rejection),
            Self::Keep(table, key, cell) => {
                let change = next_change(tx)?;
                tx.keep(table, key, cell, change)
            }
            Self::Unkeep(table, key, column) => tx.unkeep(table, key, column),
            Self::PutPiece(head, lines) => put_piece(tx, head, lines),
            Self::PutGap(gap) => {
                let change = next_change(tx)?;
                tx.put_gap(&Gap { change, ..gap.clone() })
            }
            Self::RemoveLease(id) => tx.remove_lease(*id),
            Self::SetSent(id, sent, position) => tx.set_sent(*id, *sent, position),
            Self::RemoveRejection(id, item) => tx.remove_rejection(*id, item),
            Self::PutNote(room, key, value) => tx.put_note(*room, key, value),
            Self::RemoveNote(room, key) => tx.remove_note(*room, key),
            Self::RemoveNotes(room, prefix) => tx.remove_notes(*room, prefix).map(drop),
            Self::PutSyncRun(run) => tx.put_sync_run(run),
            Self::AddSyncLog(entries) => tx.add_sync_log(entries),
            Self::CompleteSyncLog(run, had_changes, result, error) => {
                tx.complete_sync_log(*run, *had_changes, *result, error.as_deref())
            }
            Self::RemoveSyncRuns(before) => tx.remove_sync_runs(*before).map(drop),
        }
    }
}

fn next_change(tx: &mut dyn WriteTx) -> StoreResult<ChangeNumber> {
    let mut counters = tx.counters()?;
    counters.change = counters.change.next();
    tx.set_counters(counters)?;
    Ok(counters.change)
}

/// Adds a piece that another device sent, unless it is here.
fn put_piece(tx: &mut dyn WriteTx, head: &PieceHead, lines: &Lines) -> StoreResult<()> {
    let held = tx.pieces(head.log.execution, head.first..=head.last)?;
    if held.iter().any(|piece| piece.log == head.log) {
        return Ok(());
    }
    let change = next_change(tx)?;
    tx.put_piece(&PieceHead { change, ..head.clone() }, lines)
}
