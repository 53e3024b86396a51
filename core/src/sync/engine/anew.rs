//! Stamping anew: what nobody has acknowledged gets other clocks.
//!
//! There are two reasons. A device that turns out to be a copy of another, or to have been set back,
//! may have issued clocks that the other issued as well: it goes on as a new device, and what nobody
//! acknowledged gets clocks of that device. And a device whose wall clock was ahead has clocks that no
//! relay accepts: once its wall clock is right, they are taken back as far as everything that anyone
//! else may have seen. These are the only places where a clock that was written is changed.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::ChangeNumber;
use crate::clock::{Clock, ClockTime, ColumnSet};
use crate::history::{History, HistoryError, HistoryWriter, note_predecessor};
use crate::id::{DeviceId, ExecutionId};
use crate::schema::RowKey;
use crate::store::{ChangedItem, ItemKey, ReadTx, Store};
use crate::sync::connection::Connection;
use crate::sync::limits::AHEAD_MS_MAX;
use crate::sync::settled::Settled;
use crate::sync::unsent;
use crate::time::Timestamp;

const SCANNED_AT_ONCE: usize = 512;
/// Most refused items that are looked at in one run.
const REFUSED_MAX: usize = 65_536;

/// Columns of a row under one clock, to be stamped anew.
type Group = (RowKey, Clock, ColumnSet);

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
        let groups = unacknowledged_groups(writer.reader().tx(), old, most)?;
        let last = writer.reader().tx().counters()?.clock;
        note_predecessor(writer.tx_mut(), old)?;
        writer.become_device(new, last);
        writer.tx_mut().set_device(new)?;
        stamp(writer, groups, |_, _| true)?;
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
    executions.sort_unstable();
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
    let device = writer.device();
    let wall = u64::try_from(writer.now().as_millis()).unwrap_or(0);
    let most = newest_acknowledged(writer.reader().tx())?;
    let mut groups = unacknowledged_groups(writer.reader().tx(), device, most)?;
    for item in &refused {
        groups.extend(own_groups(writer.reader().tx(), item, device, None)?);
    }
    groups.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
    groups.dedup();
    let (ahead, fine): (Vec<Group>, Vec<Group>) =
        groups.into_iter().partition(|(_, clock, _)| clock.time.millis() > wall);
    if ahead.is_empty() {
        return Ok(());
    }
    let mut floor = Settled::read(writer.reader().tx())?;
    for backend in writer.reader().tx().backends()? {
        floor = floor.max(Connection::decode(&backend.position).unwrap_or_default().newest);
    }
    floor = floor.max(fine.iter().map(|(_, clock, _)| clock.time).max().unwrap_or(ClockTime::ZERO));
    writer.become_device(device, floor);
    // Never upwards: where others have moved on past it, the old clock is no longer ahead of them.
    let stamped = stamp(writer, ahead, |old, new| new < old)?;
    // What keeps its clock is offered again when it is due.
    for item in refused.iter().filter(|item| stamped.contains(item)) {
        for backend in writer.reader().tx().backends()? {
            writer.tx_mut().remove_rejection(backend.id, item)?;
        }
    }
    Ok(())
}

/// Items refused for their clock by every backend that they were offered to.
fn refused_by_all(tx: &dyn ReadTx) -> Result<Vec<ItemKey>, HistoryError> {
    let code = super::exporting::code_of(crate::sync::message::Reason::ClockAhead).0;
    let backends = tx.backends()?;
    // A refusal stands until all of the item was taken, whatever changed about it since.
    let mut items: BTreeMap<ItemKey, (ChangeNumber, usize)> = BTreeMap::new();
    for backend in &backends {
        for refused in tx.rejections(backend.id, None, REFUSED_MAX)? {
            if refused.code == code {
                let (change, count) = items.entry(refused.item).or_default();
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

/// What a device wrote and nobody acknowledged, by row and clock.
fn unacknowledged_groups(
    tx: &dyn ReadTx,
    device: DeviceId,
    most: ChangeNumber,
) -> Result<Vec<Group>, HistoryError> {
    let mut groups = Vec::new();
    let mut after = most;
    loop {
        let changes = tx.changes(after, SCANNED_AT_ONCE)?;
        let Some(last) = changes.last() else { return Ok(groups) };
        after = last.number;
        for change in changes {
            if let ChangedItem::Row(key) = change.item {
                let item = ItemKey::from(&key);
                let columns = unsent::unacknowledged(tx, &item, change.number)?;
                groups.extend(own_groups(tx, &item, device, columns)?);
            }
        }
    }
}

/// The clocks of a row that a device issued, with their columns.
fn own_groups(
    tx: &dyn ReadTx,
    item: &ItemKey,
    device: DeviceId,
    within: Option<ColumnSet>,
) -> Result<Vec<Group>, HistoryError> {
    let Some(key) = item.row() else { return Ok(Vec::new()) };
    let Some(row) = tx.row(&key, ColumnSet::EMPTY)? else { return Ok(Vec::new()) };
    let within = within.unwrap_or(key.table().all_columns());
    let own = row.clocks.groups().into_iter().filter(|(clock, _)| clock.device == device);
    Ok(own
        .map(|(clock, columns)| (key.clone(), clock, columns.intersection(within)))
        .filter(|(_, _, columns)| !columns.is_empty())
        .collect())
}

/// Gives each old clock a new one, in their order, where `takes(old, new)`. Says which rows have one.
fn stamp(
    writer: &mut HistoryWriter<'_>,
    groups: Vec<Group>,
    takes: impl Fn(ClockTime, ClockTime) -> bool,
) -> Result<BTreeSet<ItemKey>, HistoryError> {
    let mut clocks: BTreeMap<Clock, Option<Clock>> =
        groups.iter().map(|(_, clock, _)| (*clock, None)).collect();
    for (old, new) in &mut clocks {
        let ticked = writer.tick()?;
        *new = takes(old.time, ticked.time).then_some(ticked);
    }
    let mut stamped = BTreeSet::new();
    for (key, old, columns) in groups {
        if let Some(Some(new)) = clocks.get(&old) {
            writer.restamp(&key, columns, *new)?;
            stamped.insert(ItemKey::from(&key));
        }
    }
    Ok(stamped)
}
