//! Removing an execution for good.

use runlog_core::clock::Clock;
use runlog_core::id::ExecutionId;
use runlog_core::schema::RowKey;
use rusqlite::{OptionalExtension, params};

use crate::error::Outcome;
use crate::tx::Tx;
use crate::{derived, kept, logs, mistyped, sync_state, tags};

/// Removes an execution and everything of it, and leaves its key with the clock of the purge.
pub(crate) fn execution(tx: &Tx<'_>, execution: ExecutionId, clock: Clock) -> Outcome<()> {
    let key = RowKey::Execution(execution);
    if let Some(source) = derived::Source::of(tx, execution)? {
        derived::remove(tx, execution, &source)?;
        forget(tx, &key)?;
    }
    for (tag, _) in tags::of_execution(tx, execution)? {
        forget(tx, &RowKey::Tag(execution, tag))?;
    }
    kept::forget(tx, execution)?;
    for statement in [
        "DELETE FROM tags WHERE execution = ?1",
        "DELETE FROM executions WHERE id = ?1",
        "DELETE FROM leases WHERE execution = ?1",
    ] {
        tx.prepare(statement)?.execute([execution.as_bytes()])?;
    }
    logs::forget(tx, execution)?;
    tx.prepare("INSERT OR REPLACE INTO purged_keys (table_name, key, clock) VALUES (?1, ?2, ?3)")?
        .execute(params![key.table().name(), key.to_bytes(), clock.to_wire()])?;
    Ok(())
}

/// What stands beside a row in other tables.
fn forget(tx: &Tx<'_>, key: &RowKey) -> Outcome<()> {
    mistyped::forget(tx, key)?;
    sync_state::forget_rejections(tx, key.table(), &key.to_bytes())
}

/// The clock of the purge, where a row was purged.
pub(crate) fn clock(tx: &Tx<'_>, key: &RowKey) -> Outcome<Option<Clock>> {
    let mut select =
        tx.prepare("SELECT clock FROM purged_keys WHERE table_name = ?1 AND key = ?2")?;
    let clock = select.query_row(params![key.table().name(), key.to_bytes()], |row| row.get(0));
    Ok(clock.optional()?.map(Clock::from_wire))
}
