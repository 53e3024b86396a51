//! What is known of each backend: how far it has what is here, and what it refused.

use runlog_core::schema::{RowKey, Table};
use runlog_core::store::{Backend, BackendId, ChangeNumber, Rejection};
use runlog_core::time::Timestamp;
use rusqlite::{OptionalExtension, params};

use crate::error::Outcome;
use crate::tx::Tx;
use crate::values::{change_at, signed};

/// The bytes of a backend's id; their order is that of the ids.
fn bytes(backend: BackendId) -> [u8; 16] {
    backend.0.to_be_bytes()
}

pub(crate) fn backends(tx: &Tx<'_>) -> Outcome<Vec<Backend>> {
    let mut select = tx.prepare("SELECT id, enabled, sent, position FROM backends ORDER BY id")?;
    let backends = select.query_map([], |row| {
        Ok(Backend {
            id: BackendId(u128::from_be_bytes(row.get(0)?)),
            enabled: row.get(1)?,
            sent: change_at(row, 2)?,
            position: row.get(3)?,
        })
    })?;
    Ok(backends.collect::<Result<_, _>>()?)
}

pub(crate) fn put_backend(tx: &Tx<'_>, backend: &Backend) -> Outcome<()> {
    tx.prepare(
        "INSERT OR REPLACE INTO backends (id, enabled, sent, position) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![
        bytes(backend.id),
        backend.enabled,
        signed(backend.sent.get()),
        backend.position,
    ])?;
    Ok(())
}

pub(crate) fn remove_backend(tx: &Tx<'_>, backend: BackendId) -> Outcome<()> {
    for statement in [
        "DELETE FROM backends WHERE id = ?1",
        "DELETE FROM marks WHERE backend = ?1",
        "DELETE FROM rejections WHERE backend = ?1",
    ] {
        tx.prepare(statement)?.execute([bytes(backend)])?;
    }
    Ok(())
}

pub(crate) fn put_mark(
    tx: &Tx<'_>,
    backend: BackendId,
    change: ChangeNumber,
    at: Timestamp,
) -> Outcome<()> {
    tx.prepare("INSERT OR REPLACE INTO marks (backend, change, at) VALUES (?1, ?2, ?3)")?
        .execute(params![bytes(backend), signed(change.get()), at.as_millis()])?;
    Ok(())
}

pub(crate) fn acknowledged_at(
    tx: &Tx<'_>,
    backend: BackendId,
    change: ChangeNumber,
) -> Outcome<Option<Timestamp>> {
    let mut select = tx.prepare(
        "SELECT at FROM marks WHERE backend = ?1 AND change >= ?2 ORDER BY change LIMIT 1",
    )?;
    let at = select.query_row(params![bytes(backend), signed(change.get())], |row| row.get(0));
    Ok(at.optional()?.map(Timestamp::from_millis))
}

pub(crate) fn put_rejection(tx: &Tx<'_>, rejection: &Rejection) -> Outcome<()> {
    tx.prepare(
        "INSERT OR REPLACE INTO rejections (backend, table_name, key, change, reason)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        bytes(rejection.backend),
        rejection.key.table().name(),
        rejection.key.to_bytes(),
        signed(rejection.change.get()),
        rejection.reason,
    ])?;
    Ok(())
}

/// The refusal of a row, where no newer change outdates it.
pub(crate) fn rejection(
    tx: &Tx<'_>,
    backend: BackendId,
    key: &RowKey,
) -> Outcome<Option<Rejection>> {
    let mut select = tx.prepare(
        "SELECT change, reason FROM rejections
         WHERE backend = ?1 AND table_name = ?2 AND key = ?3",
    )?;
    let found = select
        .query_row(params![bytes(backend), key.table().name(), key.to_bytes()], |row| {
            Ok((change_at(row, 0)?, row.get(1)?))
        })
        .optional()?;
    let Some((change, reason)) = found else { return Ok(None) };
    let current = change_of(tx, key)?.is_some_and(|newest| newest <= change);
    Ok(current.then(|| Rejection { backend, key: key.clone(), change, reason }))
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

/// Forgets the refusals of a row that is removed.
pub(crate) fn forget_rejections(tx: &Tx<'_>, table: Table, key: &[u8]) -> Outcome<()> {
    for backend in backends_with_rejections(tx)? {
        tx.prepare("DELETE FROM rejections WHERE backend = ?1 AND table_name = ?2 AND key = ?3")?
            .execute(params![backend, table.name(), key])?;
    }
    Ok(())
}

/// A handful at most; found by one step in the key for each.
fn backends_with_rejections(tx: &Tx<'_>) -> Outcome<Vec<[u8; 16]>> {
    let mut select = tx.prepare("SELECT min(backend) FROM rejections WHERE backend > ?1")?;
    let mut found: Vec<[u8; 16]> = Vec::new();
    let mut after: Vec<u8> = Vec::new();
    while let Some(backend) = select.query_row([&after], |row| row.get::<_, Option<[u8; 16]>>(0))? {
        found.push(backend);
        after = backend.to_vec();
    }
    Ok(found)
}
