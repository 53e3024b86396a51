//! What backends refused.

use runlog_core::codec::KEY_BYTES_MAX;
use runlog_core::id::ExecutionId;
use runlog_core::schema::RowKey;
use runlog_core::store::{BackendId, ChangeNumber, ItemKey, Rejection};
use runlog_core::time::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use crate::error::Outcome;
use crate::sync_state::bytes;
use crate::tx::Tx;
use crate::values::{change_at, prefix_end, signed};

pub(crate) fn put(tx: &Tx<'_>, rejection: &Rejection) -> Outcome<()> {
    tx.prepare(
        "INSERT OR REPLACE INTO rejections
         (backend, table_name, key, change, reason, code, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        bytes(rejection.backend),
        rejection.item.table,
        rejection.item.key,
        signed(rejection.change.get()),
        rejection.reason,
        rejection.code,
        rejection.at.as_millis(),
    ])?;
    Ok(())
}

pub(crate) fn remove(tx: &Tx<'_>, backend: BackendId, item: &ItemKey) -> Outcome<()> {
    tx.prepare("DELETE FROM rejections WHERE backend = ?1 AND table_name = ?2 AND key = ?3")?
        .execute(params![bytes(backend), item.table, item.key])?;
    Ok(())
}

/// The refusal of an item; of a row, where no newer change outdates it.
pub(crate) fn of_item(
    tx: &Tx<'_>,
    backend: BackendId,
    item: &ItemKey,
) -> Outcome<Option<Rejection>> {
    let mut select = tx.prepare(
        "SELECT table_name, key, change, reason, code, at FROM rejections
         WHERE backend = ?1 AND table_name = ?2 AND key = ?3",
    )?;
    let found = select
        .query_row(params![bytes(backend), item.table, item.key], |row| rejection_at(row, backend))
        .optional()?;
    let Some(rejection) = found else { return Ok(None) };
    let newest = item.row().map(|key| change_of(tx, &key)).transpose()?.flatten();
    Ok(newest.is_none_or(|newest| newest <= rejection.change).then_some(rejection))
}

/// Refusals by a backend above `after`, by table and key.
pub(crate) fn of_backend(
    tx: &Tx<'_>,
    backend: BackendId,
    after: Option<&ItemKey>,
    limit: usize,
) -> Outcome<Vec<Rejection>> {
    // No table has this name with a key before the empty one.
    let (table, key) = after.map_or(("", &[][..]), |item| (item.table.as_str(), &item.key));
    let mut select = tx.prepare(
        "SELECT table_name, key, change, reason, code, at FROM rejections
         WHERE backend = ?1 AND (table_name, key) >= (?2, ?3)
         ORDER BY table_name, key LIMIT ?4",
    )?;
    let limit = limit.saturating_add(usize::from(after.is_some()));
    let found = select
        .query_map(params![bytes(backend), table, key, signed(limit as u64)], |row| {
            rejection_at(row, backend)
        })?;
    let mut found: Vec<Rejection> = found.collect::<Result<_, _>>()?;
    if let Some(after) = after {
        found.retain(|rejection| rejection.item != *after);
        found.truncate(limit - 1);
    }
    Ok(found)
}

fn rejection_at(row: &Row<'_>, backend: BackendId) -> rusqlite::Result<Rejection> {
    Ok(Rejection {
        backend,
        item: ItemKey { table: row.get(0)?, key: row.get(1)? },
        change: change_at(row, 2)?,
        reason: row.get(3)?,
        code: row.get(4)?,
        at: Timestamp::from_millis(row.get(5)?),
    })
}

fn change_of(tx: &Tx<'_>, key: &RowKey) -> Outcome<Option<ChangeNumber>> {
    let id = key.execution();
    let change = match key {
        RowKey::Tag(_, tag) => tx
            .prepare("SELECT change FROM tags WHERE execution = ?1 AND tag = ?2")?
            .query_row(params![id.as_bytes(), tag.as_str()], |row| change_at(row, 0)),
        _ => tx
            .prepare("SELECT change FROM executions WHERE id = ?1")?
            .query_row([id.as_bytes()], |row| change_at(row, 0)),
    };
    Ok(change.optional()?)
}

/// Forgets the refusals of everything of an execution that is removed; that of its purge stays.
pub(crate) fn forget(tx: &Tx<'_>, execution: ExecutionId) -> Outcome<()> {
    let first = execution.as_bytes();
    let end = prefix_end(first).unwrap_or_else(|| vec![0xff; KEY_BYTES_MAX + 1]);
    for backend in backends(tx)? {
        for table in ItemKey::OF_EXECUTIONS.iter().filter(|table| **table != ItemKey::PURGES) {
            tx.prepare(
                "DELETE FROM rejections
                 WHERE backend = ?1 AND table_name = ?2 AND key >= ?3 AND key < ?4",
            )?
            .execute(params![backend, table, first, end])?;
        }
    }
    Ok(())
}

/// A handful at most; found by one step in the key for each.
fn backends(tx: &Tx<'_>) -> Outcome<Vec<[u8; 16]>> {
    let mut select = tx.prepare("SELECT min(backend) FROM rejections WHERE backend > ?1")?;
    let mut found: Vec<[u8; 16]> = Vec::new();
    let mut after: Vec<u8> = Vec::new();
    while let Some(backend) = select.query_row([&after], |row| row.get::<_, Option<[u8; 16]>>(0))? {
        found.push(backend);
        after = backend.to_vec();
    }
    Ok(found)
}
