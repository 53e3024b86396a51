//! Taking a page of records, in one transaction with the position that it moves.

use crate::clock::{Clock, ClockTime};
use crate::history::{Arrival, HistoryError, HistoryWriter};
use crate::id::{DeviceId, ExecutionId};
use crate::order;
use crate::sealed::{OpaqueKey, SealedRecord};
use crate::sorted_map::SortedMap;
use crate::store::{BackendId, ItemKey};
use crate::sync::connection::Connection;
use crate::sync::heard::heard;
use crate::sync::message::{Held, Page};
use crate::sync::quarantine::{SetAside, SetAsideReason, key_of};
use crate::sync::run::{Direction, EntityOutcome, EntityResult, SyncLogEntry, SyncRun};
use crate::sync::settled::Settled;
use crate::sync::taking::{Taken, take};
use crate::sync::unsent::Watermarks;
use crate::sync::vault::Vault;

/// Most records that were set aside to be tried again in one transaction.
const RETRIED_AT_ONCE: usize = 256;

/// Merges a page and moves the position behind it. Everything or nothing. Says whether the page shows
/// that somebody else writes under this device's name: this is a copy, or was set back.
pub(super) fn import_page(
    writer: &mut HistoryWriter<'_>,
    vault: &Vault,
    page: &Page,
    connection: &mut Connection,
    run: &mut SyncRun,
) -> Result<bool, HistoryError> {
    let mut batch = Batch::begin(writer, run.backend)?;
    for delivered in &page.records {
        batch.take(writer, vault, &delivered.record, Way::Pulled, run)?;
    }
    connection.standing.got = page.next.or(connection.standing.got);
    if !page.more {
        connection.with_own = false;
    }
    run.rows_done += page.records.len() as u64;
    let behind = page.state.head.saturating_sub(page.next.map_or(0, |next| next.sequence));
    run.rows_total = run.rows_done + if page.more { behind } else { 0 };
    let twin = batch.twin;
    batch.end(writer, connection, run)?;
    Ok(twin)
}

/// Merges the records of chosen rows. The position does not move: they were not read in sequence.
pub(super) fn import_chosen(
    writer: &mut HistoryWriter<'_>,
    vault: &Vault,
    records: &[SealedRecord],
    connection: &Connection,
    run: &mut SyncRun,
) -> Result<(), HistoryError> {
    let mut batch = Batch::begin(writer, run.backend)?;
    for record in records {
        batch.take(writer, vault, record, Way::Pulled, run)?;
    }
    run.rows_done += records.len() as u64;
    batch.end(writer, connection, run)
}

/// What became of a part of what was set aside.
#[derive(Debug)]
pub(super) struct Retried {
    /// Where to go on; `None` at the end.
    pub(super) next: Option<Vec<u8>>,
    /// Rows that are to be fetched again.
    pub(super) due: Vec<OpaqueKey>,
}

/// Tries again what was set aside from a backend, a part at a time.
pub(super) fn retry_set_aside(
    writer: &mut HistoryWriter<'_>,
    vault: &Vault,
    after: Option<&[u8]>,
    connection: &Connection,
    run: &mut SyncRun,
) -> Result<Retried, HistoryError> {
    let again = SetAside::list(writer.reader().tx(), run.backend, after, RETRIED_AT_ONCE)?;
    let next = (again.len() == RETRIED_AT_ONCE).then(|| again.last().map(SetAside::key)).flatten();
    let mut due = Vec::new();
    let mut batch = Batch::begin(writer, run.backend)?;
    for held in again {
        let taken = take(writer, vault, &held.record)?;
        if let Taken::Merged { item, change, .. } = taken {
            held.remove(writer.tx_mut())?;
            batch.saw(&held.record);
            batch.note(item, change);
        } else if held.is_to_be_fetched(writer.now()) {
            due.push(held.record.row);
        }
    }
    due.dedup();
    batch.end(writer, connection, run)?;
    Ok(Retried { next, due })
}

/// Takes rows that were fetched again because something of them did not open. What did not open and
/// is no longer among the records of its row was covered there, or is gone: nothing waits for it.
pub(super) fn import_again(
    writer: &mut HistoryWriter<'_>,
    vault: &Vault,
    rows: &[OpaqueKey],
    held: &Held,
    connection: &Connection,
    run: &mut SyncRun,
) -> Result<(), HistoryError> {
    let mut batch = Batch::begin(writer, run.backend)?;
    // A row is never parted: rows behind the last one did not fit.
    let last = held.records.last().map(|record| record.row).filter(|_| held.more);
    for row in rows.iter().filter(|row| last.is_none_or(|last| **row <= last)) {
        let mut gone = SetAside::of_row(writer.reader().tx(), run.backend, row)?;
        gone.retain(SetAside::did_not_open);
        for record in held.records.iter().filter(|record| record.row == *row) {
            let key = key_of(run.backend, record);
            gone.retain(|aside| aside.key() != key);
            batch.take(writer, vault, record, Way::FetchedAgain, run)?;
        }
        for aside in gone {
            aside.remove(writer.tx_mut())?;
            let text = "what did not open is no longer at the backend: covered, or gone".to_owned();
            batch.told.push((None, EntityResult::Skipped, EntityOutcome::LostTo, text));
        }
    }
    batch.end(writer, connection, run)
}

/// How a record came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Pulled,
    /// With its row, because something of it did not open.
    FetchedAgain,
}

/// A table, and the execution in it that a record is of.
type Entity = (String, Option<ExecutionId>);

/// One transaction's worth of records from a backend.
struct Batch {
    backend: BackendId,
    /// Whether the backend was removed while its records were on their way.
    was_removed: bool,
    /// Nobody else needs what comes, and nothing of ours waits: what comes counts as sent at once.
    sole: bool,
    newest: Option<ClockTime>,
    /// The newest clock of each device whose records came.
    authors: SortedMap<DeviceId, Clock>,
    /// What became of what came, by table and execution, in the order in which it came.
    noted: Vec<(Entity, (EntityResult, EntityOutcome))>,
    /// What has a row of the log of its own, with words.
    told: Vec<(Option<ItemKey>, EntityResult, EntityOutcome, String)>,
    /// Whether somebody else writes under this device's name.
    twin: bool,
}

impl Batch {
    fn begin(writer: &mut HistoryWriter<'_>, backend: BackendId) -> Result<Self, HistoryError> {
        let before = writer.newest_change();
        let backends = writer.reader().tx().backends()?;
        let alone = backends.iter().all(|other| other.id == backend || !other.enabled);
        let sole = alone
            && Watermarks::read(writer.reader().tx())?.is_some_and(|marks| marks.least == before);
        Ok(Self {
            backend,
            was_removed: !backends.iter().any(|held| held.id == backend),
            sole,
            newest: None,
            authors: SortedMap::new(),
            noted: Vec::new(),
            told: Vec::new(),
            twin: false,
        })
    }

    fn arrival(&self, run: &SyncRun) -> Arrival {
        Arrival { backend: self.backend, run: run.id, forwards: !self.sole }
    }

    fn take(
        &mut self,
        writer: &mut HistoryWriter<'_>,
        vault: &Vault,
        record: &SealedRecord,
        way: Way,
        run: &mut SyncRun,
    ) -> Result<(), HistoryError> {
        writer.arriving(Some(self.arrival(run)));
        let taken = take(writer, vault, record)?;
        writer.arriving(None);
        match taken {
            Taken::Merged { item, change, contested } => {
                self.saw(record);
                if way == Way::FetchedAgain {
                    self.opened_now(writer, record, &item, change.is_some(), run)?;
                }
                self.twin |= contested && record.clock.device == writer.device();
                if change.is_none() {
                    run.counts.skipped += 1;
                }
                self.note(item, change);
            }
            Taken::SetAside { item, reason, detail } => {
                let outcome = match reason {
                    SetAsideReason::NoKey | SetAsideReason::Damaged => EntityOutcome::DecryptFailed,
                    SetAsideReason::ClockAhead => EntityOutcome::Deferred,
                    SetAsideReason::Unreadable | SetAsideReason::Unplaceable => {
                        EntityOutcome::Quarantined
                    }
                };
                let (backend, got_at) = (self.backend, writer.now());
                let before = SetAside::find(writer.reader().tx(), backend, record)?;
                let fetches = match way {
                    Way::Pulled => 0,
                    Way::FetchedAgain => before.as_ref().map_or(0, |held| held.fetches) + 1,
                };
                let set_aside = SetAside {
                    backend,
                    reason,
                    detail: detail.clone(),
                    at: before.map_or(got_at, |held| held.at),
                    fetches,
                    got_at,
                    record: record.clone(),
                };
                // Nobody would ever try it again, or forget it.
                if !self.was_removed {
                    set_aside.put(writer.tx_mut())?;
                }
                let own = item.as_ref().and_then(ItemKey::as_piece);
                self.twin |= own.is_some_and(|(log, _)| log.device == writer.device());
                self.told.push((item, EntityResult::Failed, outcome, detail));
            }
        }
        Ok(())
    }

    /// Says of a record that was set aside that it opened when it came again.
    fn opened_now(
        &mut self,
        writer: &mut HistoryWriter<'_>,
        record: &SealedRecord,
        item: &ItemKey,
        changed: bool,
        run: &SyncRun,
    ) -> Result<(), HistoryError> {
        let Some(held) = SetAside::find(writer.reader().tx(), run.backend, record)? else {
            return Ok(());
        };
        held.remove(writer.tx_mut())?;
        let result = if changed { EntityResult::Updated } else { EntityResult::Skipped };
        let text = "did not open when it came: fetched again".to_owned();
        self.told.push((Some(item.clone()), result, EntityOutcome::Repaired, text));
        Ok(())
    }

    /// Only a record that opened moves the clock.
    fn saw(&mut self, record: &SealedRecord) {
        self.newest = self.newest.max(Some(record.clock.time));
        let newest = self.authors.entry_or(record.clock.device, record.clock);
        *newest = record.clock.max(*newest);
    }

    fn note(&mut self, item: ItemKey, change: Option<(EntityResult, EntityOutcome)>) {
        let Some(change) = change else { return };
        let execution = item.execution();
        self.noted.push(((item.table, execution), change));
    }

    /// Several records of one execution are one row of the log: the one that says most.
    fn join(&mut self) {
        order::sort_by(&mut self.noted, |(a, _), (b, _)| a.cmp(b));
        self.noted.dedup_by(|(next, change), (key, held)| {
            let same = next == key;
            if same && change.0 != EntityResult::Updated && held.0 != EntityResult::Created {
                *held = *change;
            }
            same
        });
    }

    fn end(
        mut self,
        writer: &mut HistoryWriter<'_>,
        connection: &Connection,
        run: &mut SyncRun,
    ) -> Result<(), HistoryError> {
        writer.observe(self.newest);
        if let Some(newest) = self.newest {
            Settled::raise(writer.tx_mut(), newest)?;
        }
        let at = writer.now();
        for clock in self.authors.values() {
            heard(writer.tx_mut(), *clock, at)?;
        }
        let (id, sync_type) = (run.id, run.sync_type);
        let entry = |entity_type: Option<String>, entity_id, result, outcome, error| SyncLogEntry {
            run: id,
            entity_type,
            entity_id,
            sync_type,
            direction: Direction::RemoteToLocal,
            had_changes: result != EntityResult::Skipped && result != EntityResult::Failed,
            result: Some(result),
            outcome: Some(outcome),
            error,
            at,
        };
        self.join();
        let mut entries = Vec::with_capacity(self.noted.len() + self.told.len());
        for ((table, execution), (result, outcome)) in self.noted {
            match result {
                EntityResult::Created => run.counts.created += 1,
                EntityResult::Deleted => run.counts.deleted += 1,
                EntityResult::Skipped => run.counts.skipped += 1,
                _ => run.counts.updated += 1,
            }
            run.table(&table).rows += 1;
            entries.push(entry(Some(table), execution, result, outcome, None));
        }
        for (item, result, outcome, text) in self.told {
            run.counts.failed += u64::from(result == EntityResult::Failed);
            let execution = item.as_ref().and_then(ItemKey::execution);
            let table = item.map(|item| item.table);
            entries.push(entry(table, execution, result, outcome, Some(text)));
        }
        writer.tx_mut().add_sync_log(&entries)?;
        let sent = if self.sole && !writer.owes() { Some(writer.newest_change()) } else { None };
        super::save(writer.tx_mut(), self.backend, sent, connection, at)?;
        Ok(writer.tx_mut().put_sync_run(run)?)
    }
}
