//! What is known of each backend: where it is, and how far it has what is here.

use runlog_core::store::{Backend, BackendId, ChangeNumber, StoreError};
use runlog_core::time::Timestamp;
use rusqlite::{OptionalExtension, params};

use crate::error::Outcome;
use crate::tx::Tx;
use crate::values::{change_at, signed};

/// The bytes of a backend's id; their order is that of the ids.
pub(crate) fn bytes(backend: BackendId) -> [u8; 16] {
    backend.0.to_be_bytes()
}

pub(crate) fn backends(tx: &Tx<'_>) -> Outcome<Vec<Backend>> {
    let mut select = tx.prepare(
        "SELECT id, enabled, sent, position, name, settings, added_at FROM backends ORDER BY id",
    )?;
    let backends = select.query_map([], |row| {
        Ok(Backend {
            id: BackendId(u128::from_be_bytes(row.get(0)?)),
            enabled: row.get(1)?,
            sent: change_at(row, 2)?,
            position: row.get(3)?,
            name: row.get(4)?,
            settings: row.get(5)?,
            added_at: Timestamp::from_millis(row.get(6)?),
        })
    })?;
    Ok(backends.collect::<Result<_, _>>()?)
}

pub(crate) fn put_backend(tx: &Tx<'_>, backend: &Backend) -> Outcome<()> {
    tx.prepare(
        "INSERT OR REPLACE INTO backends
         (id, enabled, sent, position, name, settings, added_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        bytes(backend.id),
        backend.enabled,
        signed(backend.sent.get()),
        backend.position,
        backend.name,
        backend.settings,
        backend.added_at.as_millis(),
    ])?;
    Ok(())
}

pub(crate) fn set_sent(
    tx: &Tx<'_>,
    backend: BackendId,
    sent: ChangeNumber,
    position: &[u8],
) -> Outcome<()> {
    let updated = tx
        .prepare("UPDATE backends SET sent = ?2, position = ?3 WHERE id = ?1")?
        .execute(params![bytes(backend), signed(sent.get()), position])?;
    if updated == 0 { Err(StoreError::RowMissing.into()) } else { Ok(()) }
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
