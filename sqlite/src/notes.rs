//! Notes: small values under keys, in rooms.

use runlog_core::store::{Note, Room};
use rusqlite::{OptionalExtension, params};

use crate::error::Outcome;
use crate::tx::Tx;
use crate::values::{prefix_end, signed};

pub(crate) fn note(tx: &Tx<'_>, room: Room, key: &[u8]) -> Outcome<Option<Vec<u8>>> {
    let mut select = tx.prepare("SELECT value FROM notes WHERE room = ?1 AND key = ?2")?;
    Ok(select.query_row(params![room.number(), key], |row| row.get(0)).optional()?)
}

/// Notes whose keys begin with the prefix and lie above `after`, by key.
pub(crate) fn notes(
    tx: &Tx<'_>,
    room: Room,
    prefix: &[u8],
    after: Option<&[u8]>,
    limit: usize,
) -> Outcome<Vec<Note>> {
    // The least key above another is that key and a zero.
    let behind = after.map(|after| [after, &[0]].concat());
    let first = behind.as_deref().unwrap_or_default().max(prefix);
    let limit = signed(limit as u64);
    let note = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    Ok(match prefix_end(prefix) {
        Some(end) => tx
            .prepare(
                "SELECT key, value FROM notes WHERE room = ?1 AND key >= ?2 AND key < ?3
                 ORDER BY key LIMIT ?4",
            )?
            .query_map(params![room.number(), first, end, limit], note)?
            .collect::<Result<_, _>>()?,
        None => tx
            .prepare(
                "SELECT key, value FROM notes WHERE room = ?1 AND key >= ?2
                 ORDER BY key LIMIT ?3",
            )?
            .query_map(params![room.number(), first, limit], note)?
            .collect::<Result<_, _>>()?,
    })
}

pub(crate) fn put(tx: &Tx<'_>, room: Room, key: &[u8], value: &[u8]) -> Outcome<()> {
    tx.prepare("INSERT OR REPLACE INTO notes (room, key, value) VALUES (?1, ?2, ?3)")?
        .execute(params![room.number(), key, value])?;
    Ok(())
}

pub(crate) fn remove(tx: &Tx<'_>, room: Room, key: &[u8]) -> Outcome<()> {
    tx.prepare("DELETE FROM notes WHERE room = ?1 AND key = ?2")?
        .execute(params![room.number(), key])?;
    Ok(())
}

pub(crate) fn remove_all(tx: &Tx<'_>, room: Room, prefix: &[u8]) -> Outcome<u64> {
    let removed = match prefix_end(prefix) {
        Some(end) => tx
            .prepare("DELETE FROM notes WHERE room = ?1 AND key >= ?2 AND key < ?3")?
            .execute(params![room.number(), prefix, end])?,
        None => tx
            .prepare("DELETE FROM notes WHERE room = ?1 AND key >= ?2")?
            .execute(params![room.number(), prefix])?,
    };
    Ok(removed as u64)
}
