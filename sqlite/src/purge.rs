//! Removing an execution for good.

use runlog_core::clock::Clock;
use runlog_core::id::ExecutionId;
use runlog_core::order;
use runlog_core::schema::RowKey;
use runlog_core::store::{ChangeNumber, ItemKey};
use rusqlite::{OptionalExtension, params};

use crate::error::Outcome;
use crate::tx::Tx;
use crate::values::signed;
use crate::{derived, kept, logs, mistyped, rejections, tags};

/// Removes an execution and everything of it, and leaves its key with the clock of the purge.
pub(crate) fn execution(
    tx: &Tx<'_>,
    execution: ExecutionId,
    clock: Clock,
    change: ChangeNumber,
) -> Outcome<()> {
    let key = RowKey::Execution(execution);
    if let Some(source) = derived::Source::of(tx, execution)? {
        derived::remove(tx, execution, &source)?;
        mistyped::forget(tx, &key)?;
    }
    for (tag, _) in tags::of_execution(tx, execution)? {
        mistyped::forget(tx, &RowKey::Tag(execution, tag))?;
    }
    rejections::forget(tx, execution)?;
    kept::forget(tx, execution)?;
    for statement in [
        "DELETE FROM tags WHERE execution = ?1",
        "DELETE FROM executions WHERE id = ?1",
        "DELETE FROM leases WHERE execution = ?1",
    ] {
        tx.prepare(statement)?.execute([execution.as_bytes()])?;
    }
    logs::forget(tx, execution)?;
    tx.prepare(
        "INSERT OR REPLACE INTO purged_keys (table_name, key, clock, change)
         VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![
        key.table().name(),
        key.to_bytes(),
        clock.to_wire(),
        signed(change.get()),
    ])?;
    Ok(())
}

/// Everything of an execution that can have been sent.
pub(crate) fn items(tx: &Tx<'_>, execution: ExecutionId) -> Outcome<Vec<ItemKey>> {
    let mut items = kept::items(tx, execution)?;
    if derived::Source::of(tx, execution)?.is_some() {
        items.push((&RowKey::Execution(execution)).into());
    }
    let tags = tags::of_execution(tx, execution)?.into_iter();
    items.extend(tags.map(|(tag, _)| (&RowKey::Tag(execution, tag)).into()));
    let pieces = logs::heads(tx, execution, &(0..=i64::MAX as u64))?.into_iter();
    let sealed = pieces.filter(|piece| piece.change > ChangeNumber::ZERO);
    items.extend(sealed.map(|piece| ItemKey::piece(piece.log, piece.first)));
    let gaps = logs::gaps(tx, execution)?.into_iter();
    items.extend(gaps.map(|gap| ItemKey::gap(gap.log, gap.first, gap.reason)));
    order::sort(&mut items);
    items.dedup();
    Ok(items)
}

/// The clock of the purge, where a row was purged.
pub(crate) fn clock(tx: &Tx<'_>, key: &RowKey) -> Outcome<Option<Clock>> {
    let mut select =
        tx.prepare("SELECT clock FROM purged_keys WHERE table_name = ?1 AND key = ?2")?;
    let clock = select.query_row(params![key.table().name(), key.to_bytes()], |row| row.get(0));
    Ok(clock.optional()?.map(Clock::from_wire))
}
