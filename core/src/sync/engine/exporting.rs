//! Handing over what waits: building a batch, and storing its verdicts with the position they move.

use crate::change::ChangeNumber;
use crate::clock::ColumnSet;
use crate::entropy::Entropy;
use crate::history::{HistoryError, HistoryWriter};
use crate::id::ExecutionId;
use crate::order;
use crate::schema::RowKey;
use crate::sealed::SealedRecord;
use crate::sorted_map::SortedMap;
use crate::store::{BackendId, ChangedItem, ItemKey, ReadTx, Rejection};
use crate::sync::connection::Connection;
use crate::sync::contents::{all_parts, gap_of};
use crate::sync::limits::{ABOVE_NEWEST_MS, AHEAD_MS_MAX, RECORDS_MAX};
use crate::sync::message::{Pushed, Reason, Verdict};
use crate::sync::run::{Direction, EntityOutcome, EntityResult, SyncLogEntry, SyncRun};
use crate::sync::settled::Settled;
use crate::sync::unsent::{self, Lacking, Watermarks};
use crate::sync::vault::Vault;
use crate::time::Timestamp;

/// Changes looked at together.
const SCANNED_AT_ONCE: usize = 512;
/// Most refused items that are offered again in one batch.
const OFFERED_AGAIN_MAX: usize = 512;

/// Records on their way, and what they are of.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) items: Vec<BatchItem>,
    pub(super) records: Vec<SealedRecord>,
    /// What the backend had when it was gathered.
    pub(super) after: ChangeNumber,
    /// Every change up to this one is in the batch or needs no sending.
    pub(super) upto: ChangeNumber,
    bytes: usize,
}

#[derive(Debug)]
pub(super) struct BatchItem {
    pub(super) item: ItemKey,
    pub(super) change: ChangeNumber,
    /// How many of the records are of it.
    pub(super) records: usize,
    pub(super) whole: bool,
}

/// Forgets refusals of what is here no longer: a log piece that got another name, say. Nothing would
/// ever be offered for them again.
pub(super) fn forget_gone(
    writer: &mut HistoryWriter<'_>,
    backend: BackendId,
) -> Result<(), HistoryError> {
    for refused in writer.reader().tx().rejections(backend, None, OFFERED_AGAIN_MAX)? {
        if all_parts(writer.reader().tx(), &refused.item)?.is_empty() {
            writer.tx_mut().remove_rejection(backend, &refused.item)?;
        }
    }
    Ok(())
}

impl Batch {
    fn after(sent: ChangeNumber) -> Self {
        Self { items: Vec::new(), records: Vec::new(), after: sent, upto: sent, bytes: 0 }
    }

    /// Nothing to hand over.
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Gathers what waits for a backend after `sent`, up to about `bytes_max` bytes; what was
    /// refused comes again where the reason may be gone.
    pub(super) fn gather(
        tx: &dyn ReadTx,
        vault: &Vault,
        (backend, sent): (BackendId, ChangeNumber),
        connection: &Connection,
        bytes_max: usize,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, HistoryError> {
        let mut batch = Self::after(sent);
        let refused = tx.rejections(backend, None, usize::MAX)?;
        let mut refused: Vec<ItemKey> = refused.into_iter().map(|refused| refused.item).collect();
        order::sort(&mut refused);
        loop {
            let changes = tx.changes(batch.upto, SCANNED_AT_ONCE)?;
            let scanned = changes.len();
            for change in changes {
                let item = ItemKey::from(&change.item);
                let after = connection.origins_after;
                // What was refused counts as sent, and yet it is not there.
                let was_refused = refused.binary_search(&item).is_ok();
                let lacking = match was_refused {
                    true => Lacking::Everything,
                    false => unsent::lacking(tx, &item, change.number, backend, after)?,
                };
                let whole = lacking == Lacking::Everything;
                let records = match was_refused {
                    true => all_records(tx, vault, &item, entropy)?,
                    false => vault.records(tx, &change.item, lacking, entropy)?,
                };
                batch.add(
                    BatchItem { item, change: change.number, records: records.len(), whole },
                    records,
                );
                batch.upto = change.number;
                if batch.is_full(bytes_max) {
                    return Ok(batch.parents_first());
                }
            }
            if scanned < SCANNED_AT_ONCE {
                return Ok(batch.parents_first());
            }
        }
    }

    /// Gathers what was refused by a backend and may be taken now.
    pub(super) fn gather_refused(
        tx: &dyn ReadTx,
        vault: &Vault,
        (backend, sent): (BackendId, ChangeNumber),
        (connection, relay_now): (&Connection, Timestamp),
        bytes_max: usize,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, HistoryError> {
        let mut batch = Self::after(sent);
        for refused in tx.rejections(backend, None, OFFERED_AGAIN_MAX)? {
            // A newer change of it waits anyway, and a change that is gone is no change.
            if refused.change > sent || batch.is_full(bytes_max) {
                continue;
            }
            let records = all_records(tx, vault, &refused.item, entropy)?;
            let gate = (relay_now.as_millis().max(0) as u64 + AHEAD_MS_MAX)
                .max(connection.newest.millis() + ABOVE_NEWEST_MS);
            let due = refused.code != code_of(Reason::ClockAhead).0
                || records.iter().all(|record| record.clock.time.millis() <= gate);
            let fits = refused.code != code_of(Reason::Quota).0
                || connection.quota == 0
                || connection.bytes < connection.quota;
            if due && fits {
                let (item, change) = (refused.item, refused.change);
                batch.add(BatchItem { item, change, records: records.len(), whole: true }, records);
            }
        }
        Ok(batch)
    }

    /// Gathers chosen executions with all that belongs to them, whether they wait or not. The
    /// position does not move.
    pub(super) fn gather_chosen(
        tx: &dyn ReadTx,
        vault: &Vault,
        sent: ChangeNumber,
        only: &[ExecutionId],
        entropy: &mut dyn Entropy,
    ) -> Result<Self, HistoryError> {
        let mut batch = Self::after(sent);
        for item in chosen_items(tx, only)? {
            let Some(changed) = item.to_changed() else { continue };
            let records = vault.records(tx, &changed, Lacking::Everything, entropy)?;
            let change = newest_change_of(tx, &item)?;
            batch.add(BatchItem { item, change, records: records.len(), whole: true }, records);
            if batch.records.len() + 256 >= RECORDS_MAX {
                break;
            }
        }
        Ok(batch.parents_first())
    }

    fn add(&mut self, item: BatchItem, records: Vec<SealedRecord>) {
        self.bytes += records.iter().map(SealedRecord::weight).sum::<usize>();
        self.records.extend(records);
        self.items.push(item);
    }

    /// Whether there may be more that waits.
    pub(super) fn is_full(&self, bytes_max: usize) -> bool {
        self.bytes >= bytes_max || self.records.len() + 256 >= RECORDS_MAX
    }

    /// Executions before what belongs to them.
    fn parents_first(mut self) -> Self {
        let rank = |item: &BatchItem| match item.item.table.as_str() {
            ItemKey::EXECUTIONS => 0,
            ItemKey::LOG | ItemKey::LOG_GAPS => 2,
            _ => 1,
        };
        if self.items.is_sorted_by_key(rank) {
            return self;
        }
        let mut records = self.records.into_iter();
        let mut parted: Vec<(BatchItem, Vec<SealedRecord>)> = self
            .items
            .into_iter()
            .map(|item| {
                let own = records.by_ref().take(item.records).collect();
                (item, own)
            })
            .collect();
        order::sort_by_key(&mut parted, |(item, _)| rank(item));
        self.items = Vec::with_capacity(parted.len());
        self.records = Vec::new();
        for (item, records) in parted {
            self.items.push(item);
            self.records.extend(records);
        }
        self
    }
}

/// Everything that is known to belong to some executions.
pub(super) fn chosen_items(
    tx: &dyn ReadTx,
    only: &[ExecutionId],
) -> Result<Vec<ItemKey>, HistoryError> {
    let mut items = Vec::new();
    for execution in only {
        let own = tx.execution_items(*execution)?;
        let row = ItemKey::from(&RowKey::Execution(*execution));
        // One that is not here yet can be asked for all the same.
        if !own.contains(&row) {
            items.push(row);
        }
        items.extend(own);
    }
    Ok(items)
}

/// The number of an item's newest change.
fn newest_change_of(tx: &dyn ReadTx, item: &ItemKey) -> Result<ChangeNumber, HistoryError> {
    if let Some((log, first)) = item.as_piece() {
        let pieces = tx.pieces(log.execution, first..=first)?;
        let piece = pieces.iter().find(|piece| piece.log == log && piece.first == first);
        return Ok(piece.map_or(ChangeNumber::ZERO, |piece| piece.change));
    }
    if let Some((log, first, reason)) = item.as_gap() {
        let gap = gap_of(tx, log, first, reason)?;
        return Ok(gap.map_or(ChangeNumber::ZERO, |gap| gap.change));
    }
    let row = match item.row() {
        Some(key) => tx.row(&key, ColumnSet::EMPTY)?,
        None => None,
    };
    Ok(row.map_or(ChangeNumber::ZERO, |row| row.change))
}

/// Stores the verdicts of a batch with the position that they move. Everything or nothing.
pub(super) fn acknowledge(
    writer: &mut HistoryWriter<'_>,
    batch: &Batch,
    pushed: &Pushed,
    connection: &mut Connection,
    run: &mut SyncRun,
) -> Result<(), HistoryError> {
    let at = writer.now();
    let backend = run.backend;
    connection.standing.sent = pushed.sent.or(connection.standing.sent);
    connection.standing.token = Some(pushed.token);
    connection.pending = None;
    super::save(writer.tx_mut(), backend, Some(batch.upto), connection, at)?;
    let least = Watermarks::read(writer.reader().tx())?.map_or(batch.upto, |marks| marks.least);
    let mut verdicts = pushed.verdicts.iter().zip(&batch.records);
    let mut entries = Vec::with_capacity(batch.items.len());
    let mut newest = None;
    let mut refused_now = SortedMap::new();
    for part in &batch.items {
        let mut refused = None;
        let mut dropped = false;
        for (verdict, record) in verdicts.by_ref().take(part.records) {
            match verdict {
                Verdict::Refused(reason) => refused = Some(*reason),
                Verdict::Dropped => dropped = true,
                Verdict::Accepted | Verdict::Known => newest = newest.max(Some(record.clock.time)),
            }
        }
        unsent::forget(writer.tx_mut(), &part.item, least)?;
        if part.records == 0 {
            continue;
        }
        let (result, outcome, error) = match refused {
            Some(reason) => {
                let (code, text) = code_of(reason);
                refused_now.insert(&part.item, ());
                let rejection = Rejection {
                    backend,
                    item: part.item.clone(),
                    change: part.change,
                    code: code.to_owned(),
                    reason: text.to_owned(),
                    at,
                };
                writer.tx_mut().put_rejection(&rejection)?;
                let outcome = match reason {
                    Reason::ClockAhead => EntityOutcome::ClockAhead,
                    _ => EntityOutcome::Rejected,
                };
                run.counts.failed += 1;
                (EntityResult::Failed, outcome, Some(text.to_owned()))
            }
            None => {
                // A row and what is kept for it have one name, and one may be refused alone.
                if !refused_now.contains_key(&&part.item) {
                    writer.tx_mut().remove_rejection(backend, &part.item)?;
                }
                let result = if dropped {
                    run.counts.skipped += 1;
                    EntityResult::Skipped
                } else if part.whole {
                    run.counts.created += 1;
                    EntityResult::Created
                } else {
                    run.counts.updated += 1;
                    EntityResult::Updated
                };
                let outcome =
                    if dropped { EntityOutcome::Purged } else { EntityOutcome::Acknowledged };
                (result, outcome, None)
            }
        };
        run.table(&part.item.table).rows += 1;
        entries.push(SyncLogEntry {
            run: run.id,
            entity_type: Some(part.item.table.clone()),
            entity_id: part.item.execution(),
            sync_type: run.sync_type,
            direction: Direction::LocalToRemote,
            had_changes: result != EntityResult::Failed && result != EntityResult::Skipped,
            result: Some(result),
            outcome: Some(outcome),
            error,
            at,
        });
    }
    if let Some(newest) = newest {
        Settled::raise(writer.tx_mut(), newest)?;
    }
    run.rows_done += batch.records.len() as u64;
    run.rows_total = run.rows_total.max(run.rows_done);
    writer.tx_mut().add_sync_log(&entries)?;
    Ok(writer.tx_mut().put_sync_run(run)?)
}

/// The stable code of a reason, and its words.
pub(super) fn code_of(reason: Reason) -> (&'static str, &'static str) {
    match reason {
        Reason::ClockAhead => (
            "clock_ahead",
            "this device's clock was more than 5 minutes ahead of the relay's when it was written: \
             set the clock right, then it is sent again",
        ),
        Reason::Quota => {
            ("quota", "the vault is full on the relay: purge what is not needed or raise its quota")
        }
        Reason::TooLarge => ("too_large", "it is larger than the relay takes"),
    }
}

/// All that there is of an item: a row with the cells that are kept for it, which share its name.
fn all_records(
    tx: &dyn ReadTx,
    vault: &Vault,
    item: &ItemKey,
    entropy: &mut dyn Entropy,
) -> Result<Vec<SealedRecord>, HistoryError> {
    let kept = ChangedItem::Kept { table: item.table.clone(), key: item.key.clone() };
    let changed = item.to_changed().filter(|changed| *changed != kept);
    let mut records = Vec::new();
    for changed in changed.into_iter().chain([kept]) {
        records.extend(vault.records(tx, &changed, Lacking::Everything, entropy)?);
    }
    Ok(records)
}
