//! Stamping anew: what nobody has acknowledged gets other clocks.
//!
//! There are two reasons. A device that turns out to be a copy of another, or to have been set back,
//! may have issued clocks that the other issued as well: it goes on as a new device, and what nobody
//! acknowledged gets that device in its clocks. The times stay: an edit is as old as it was, and what
//! was written since, perhaps by this very device before it was set back, still beats it.
//!
//! And a device whose wall clock was ahead has clocks that no relay accepts: once its wall clock is
//! right, they are taken back as far as everything that anyone else may have seen, also those that it
//! issued under an id that it has given up since.
//!
//! These are the only places where a clock that was written is changed.

use crate::change::ChangeNumber;
use crate::clock::{Clock, ClockTime, ColumnSet};
use crate::history::{History, HistoryError, HistoryWriter, note_predecessor, predecessors};
use crate::id::{DeviceId, ExecutionId};
use crate::order;
use crate::schema::RowKey;
use crate::sorted_map::SortedMap;
use crate::store::{ChangedItem, ItemKey, KeptCell, ReadTx, Store};
use crate::sync::connection::Connection;
use crate::sync::limits::AHEAD_MS_MAX;
use crate::sync::local::BackupNote;
use crate::sync::settled::Settled;
use crate::sync::unsent;
use crate::time::Timestamp;

const SCANNED_AT_ONCE: usize = 512;
/// Most refused items that are looked at in one run.
const REFUSED_MAX: usize = 65_536;

/// What was written under one clock and is to be stamped anew.
#[derive(Clone, Debug, PartialEq)]
struct Group {
    clock: Clock,
    item: ItemKey,
    target: Target,
}

#[derive(Clone, Debug, PartialEq)]
enum Target {
    /// Columns of a row.
    Columns(RowKey, ColumnSet),
    /// A cell that is kept for a newer program, and that was stated again with its row.
    Kept(KeptCell),
    /// The purge of an execution.
    Purge(ExecutionId),
}

/// Makes the history that of another device: a new id, what nobody acknowledged stamped anew, and
/// every backend met as if for the first time.
///
/// A job does this where a relay says that the device is a copy. Who knows it already, as after a
/// restore from a backup, does it before the first job.
///
/// # Errors
/// The store's own errors; nothing was changed then.
pub fn become_another<S: Store>(
    history: &mut History<S>,
    new: DeviceId,
    now: Timestamp,
) -> Result<(), HistoryError> {
    let old = history.device();
    history.write(now, |writer| {
        let most = newest_acknowledged(writer.reader().tx())?;
        let groups = unacknowledged_groups(writer.reader().tx(), &[old], most)?;
        let last = writer.reader().tx().counters()?.clock;
        note_predecessor(writer.tx_mut(), old)?;
        writer.become_device(new, last);
        writer.tx_mut().set_device(new)?;
        for Group { clock, item, target } in groups {
            target.restamp(writer, &item, Clock { device: new, ..clock })?;
        }
        take_log_along(writer, old, most)?;
        let newest = writer.newest_change();
        for backend in writer.reader().tx().backends()? {
            let anew = Connection::decode(&backend.position).unwrap_or_default().begun_anew(newest);
            writer.tx_mut().set_sent(backend.id, ChangeNumber::ZERO, &anew.encode())?;
        }
        Ok(())
    })?;
    history.reload_device()
}

/// Makes a history that is a copy that of a device of its own, and forgets that it is a copy. Backends
/// that its note names are switched off.
///
/// # Errors
/// The store's own errors.
pub fn adopt_copy<S: Store>(
    history: &mut History<S>,
    note: Option<&BackupNote>,
    new: DeviceId,
    now: Timestamp,
) -> Result<(), HistoryError> {
    become_another(history, new, now)?;
    history.write(now, |writer| {
        let pauses = note.map(|note| &note.pauses[..]).unwrap_or_default();
        for mut backend in writer.reader().tx().backends()? {
            if pauses.contains(&backend.id) {
                backend.enabled = false;
                writer.put_backend(&backend)?;
            }
        }
        writer.set_backup_note(None)
    })
}

/// Puts what nobody acknowledged of the logs that the device was writing under its new name: the
/// device that it was a copy of goes on with the same logs, under the same sequences.
fn take_log_along(
    writer: &mut HistoryWriter<'_>,
    old: DeviceId,
    most: ChangeNumber,
) -> Result<(), HistoryError> {
    // All of them: an open piece has no change, and any run may have one.
    let mut executions: Vec<ExecutionId> = Vec::new();
    let mut after = ChangeNumber::ZERO;
    loop {
        let changes = writer.reader().tx().changes(after, SCANNED_AT_ONCE)?;
        let Some(last) = changes.last() else { break };
        after = last.number;
        executions.extend(changes.iter().filter_map(|change| match &change.item {
            ChangedItem::Row(key) => Some(key.execution()),
            ChangedItem::Piece { log, .. } => Some(log.execution),
            _ => None,
        }));
    }
    order::sort(&mut executions);
    executions.dedup();
    executions.into_iter().try_for_each(|id| writer.rename_log(id, old, most))
}

/// Stamps anew what every backend refused because its clock was ahead, once this device's wall clock
/// agrees with the relay's. `offset_ms` is how far the relay's clock is ahead of this device's.
pub(super) fn restamp_refused(
    writer: &mut HistoryWriter<'_>,
    offset_ms: i64,
) -> Result<(), HistoryError> {
    if offset_ms < -(AHEAD_MS_MAX as i64) {
        return Ok(());
    }
    let refused = refused_by_all(writer.reader().tx())?;
    if refused.is_empty() {
        return Ok(());
    }
    let mut own = predecessors(writer.reader().tx())?;
    own.push(writer.device());
    let wall = u64::try_from(writer.now().as_millis()).unwrap_or(0);
    let most = newest_acknowledged(writer.reader().tx())?;
    let mut groups = unacknowledged_groups(writer.reader().tx(), &own, most)?;
    for item in &refused {
        groups.extend(own_groups(writer.reader().tx(), item, &own)?);
    }
    order::sort_by(&mut groups, |a, b| (a.clock, &a.item).cmp(&(b.clock, &b.item)));
    groups.dedup();
    let (ahead, fine): (Vec<Group>, Vec<Group>) =
        groups.into_iter().partition(|group| group.clock.time.millis() > wall);
    if ahead.is_empty() {
        return Ok(());
    }
    let mut floor = Settled::read(writer.reader().tx())?;
    for backend in writer.reader().tx().backends()? {
        floor = floor.max(Connection::decode(&backend.position).unwrap_or_default().newest);
    }
    floor = floor.max(fine.iter().map(|group| group.clock.time).max().unwrap_or(ClockTime::ZERO));
    writer.become_device(writer.device(), floor);
    // The rejections stay until the backends have taken the items, all of each: what others wrote in
    // them was refused as well. What keeps its clock is offered again when it is due.
    set_back(writer, ahead)
}

/// Items refused for their clock by every backend that they were offered to.
fn refused_by_all(tx: &dyn ReadTx) -> Result<Vec<ItemKey>, HistoryError> {
    let code = super::exporting::code_of(crate::sync::message::Reason::ClockAhead).0;
    let backends = tx.backends()?;
    // A refusal stands until all of the item was taken, whatever changed about it since.
    let mut items: SortedMap<ItemKey, (ChangeNumber, usize)> = SortedMap::new();
    for backend in &backends {
        for refused in tx.rejections(backend.id, None, REFUSED_MAX)? {
            if refused.code == code {
                let (change, count) = items.entry_or(refused.item, (ChangeNumber::ZERO, 0));
                *change = refused.change.max(*change);
                *count += 1;
            }
        }
    }
    let mut all = Vec::new();
    for (item, (change, refusals)) in items {
        let offered = backends.iter().filter(|backend| change <= backend.sent).count();
        if refusals >= offered {
            all.push(item);
        }
    }
    Ok(all)
}

fn newest_acknowledged(tx: &dyn ReadTx) -> Result<ChangeNumber, HistoryError> {
    let sent = tx.backends()?.into_iter().map(|backend| backend.sent).max();
    Ok(sent.unwrap_or(ChangeNumber::ZERO))
}

/// What some devices wrote in rows and nobody acknowledged.
fn unacknowledged_groups(
    tx: &dyn ReadTx,
    own: &[DeviceId],
    most: ChangeNumber,
) -> Result<Vec<Group>, HistoryError> {
    let mut groups = Vec::new();
    let mut after = most;
    loop {
        let changes = tx.changes(after, SCANNED_AT_ONCE)?;
        let Some(last) = changes.last() else { return Ok(groups) };
        after = last.number;
        for change in changes {
            let item = ItemKey::from(&change.item);
            match change.item {
                ChangedItem::Row(_) => {
                    let columns = unsent::unacknowledged(tx, &item, change.number)?;
                    groups.extend(row_groups(tx, &item, own, columns)?);
                }
                ChangedItem::Kept { .. } => groups.extend(kept_groups(tx, &item, own)?),
                _ => {}
            }
        }
    }
}

/// All that some devices wrote of an item: the purge, or the row's columns and kept cells by clock.
fn own_groups(
    tx: &dyn ReadTx,
    item: &ItemKey,
    own: &[DeviceId],
) -> Result<Vec<Group>, HistoryError> {
    if let (ItemKey::PURGES, Some(execution)) = (item.table.as_str(), item.execution()) {
        let clock = tx.purged(&RowKey::Execution(execution))?;
        let clock = clock.filter(|clock| own.contains(&clock.device));
        let target = Target::Purge(execution);
        let group = clock.map(|clock| Group { clock, item: item.clone(), target });
        return Ok(group.into_iter().collect());
    }
    let mut groups = row_groups(tx, item, own, None)?;
    groups.extend(kept_groups(tx, item, own)?);
    Ok(groups)
}

/// The cells kept for a row that some devices wrote.
fn kept_groups(
    tx: &dyn ReadTx,
    item: &ItemKey,
    own: &[DeviceId],
) -> Result<Vec<Group>, HistoryError> {
    let kept = tx.kept(&item.table, &item.key)?.into_iter();
    let kept = kept.filter(|cell| own.contains(&cell.clock.device));
    let group = |cell: KeptCell| {
        let (clock, item) = (cell.clock, item.clone());
        Group { clock, item, target: Target::Kept(cell) }
    };
    Ok(kept.map(group).collect())
}

/// The columns of a row, or those within a set, that some devices wrote, by clock.
fn row_groups(
    tx: &dyn ReadTx,
    item: &ItemKey,
    own: &[DeviceId],
    within: Option<ColumnSet>,
) -> Result<Vec<Group>, HistoryError> {
    let Some(key) = item.row() else { return Ok(Vec::new()) };
    let Some(row) = tx.row(&key, ColumnSet::EMPTY)? else { return Ok(Vec::new()) };
    let within = within.unwrap_or(key.table().all_columns());
    let groups = row.clocks.groups().into_iter().filter(|(clock, _)| own.contains(&clock.device));
    Ok(groups
        .map(|(clock, columns)| (clock, columns.intersection(within)))
        .filter(|(_, columns)| !columns.is_empty())
        .map(|(clock, columns)| {
            let target = Target::Columns(key.clone(), columns);
            Group { clock, item: item.clone(), target }
        })
        .collect())
}

/// Gives each old clock a new one, in their order. Never upwards: where others have moved on past it,
/// the old clock is no longer ahead of them.
fn set_back(writer: &mut HistoryWriter<'_>, groups: Vec<Group>) -> Result<(), HistoryError> {
    let mut clocks: Vec<(Clock, Clock)> =
        groups.iter().map(|group| (group.clock, group.clock)).collect();
    order::sort(&mut clocks);
    clocks.dedup();
    for (old, new) in &mut clocks {
        *new = writer.tick()?.min(*old);
    }
    for Group { clock, item, target } in groups {
        let new = clocks.binary_search_by_key(&clock, |(old, _)| *old).map(|at| clocks[at].1);
        if let Ok(new) = new
            && new.time < clock.time
        {
            target.restamp(writer, &item, new)?;
        }
    }
    Ok(())
}

impl Target {
    fn restamp(
        self,
        writer: &mut HistoryWriter<'_>,
        item: &ItemKey,
        clock: Clock,
    ) -> Result<(), HistoryError> {
        match self {
            Self::Columns(key, columns) => writer.restamp(&key, columns, clock),
            Self::Kept(cell) => {
                let change = writer.next_change();
                let cell = KeptCell { clock, ..cell };
                Ok(writer.tx_mut().keep(&item.table, &item.key, &cell, change)?)
            }
            // What it covered, it covers still: the new clock is above all that came from others,
            // and what was written here after it has a later one.
            Self::Purge(execution) => writer.purge_up_to(execution, clock, Vec::new()),
        }
    }
}
