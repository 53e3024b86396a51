//! Which columns of a row wait for a backend.
//!
//! A row's change number says *that* it waits. When a backend has an older state of the row, sending
//! all of it again would send a prompt of 100 KB for the sake of a pin. So each change of a row that
//! some backend already has leaves a note: its number, the number of the change before it, its
//! columns, and the backend it came from, if any. For a backend that has everything up to `sent`,
//! the notes above `sent` form a chain back to a change that it has. Where the chain is broken, the
//! whole row is sent: a missing note costs bytes, never an edit.
//!
//! A row that no backend has yet gets no notes, so recording costs nothing more. Notes go once every
//! backend that takes part has the change.
//!
//! The same notes keep changes from being sent back where they came from. A change got from a
//! backend names it only while nothing older of that row waits for anyone; else it counts as one of
//! our own, and goes to all.

use crate::change::ChangeNumber;
use crate::clock::ColumnSet;
use crate::codec::{DecodeError, Reader, put_bytes, put_varint, put_varint_u128};
use crate::store::{BackendId, ItemKey, ReadTx, Room, StoreError, StoreResult, WriteTx};

/// One change of an item that waits for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Link {
    change: ChangeNumber,
    previous: ChangeNumber,
    columns: ColumnSet,
    origin: Option<BackendId>,
}

/// What of an item a backend lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lacking {
    /// Nothing: all that is new came from it.
    Nothing,
    /// These columns.
    Columns(ColumnSet),
    /// As far as is known, all of it.
    Everything,
}

/// What the backends that take part have, for deciding what to note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Watermarks {
    /// What every one of them has.
    pub(crate) least: ChangeNumber,
    /// What at least one of them has.
    pub(crate) most: ChangeNumber,
}

impl Watermarks {
    /// Of the store's enabled backends; `None` without any.
    pub(crate) fn read(tx: &dyn ReadTx) -> StoreResult<Option<Self>> {
        let backends = tx.backends()?;
        let sent = || backends.iter().filter(|backend| backend.enabled).map(|backend| backend.sent);
        Ok(sent().min().zip(sent().max()).map(|(least, most)| Self { least, most }))
    }
}

/// Notes a change of an item that was changed before at `previous` (zero where it is new).
pub(crate) fn note_change(
    tx: &mut dyn WriteTx,
    marks: Watermarks,
    item: &ItemKey,
    (previous, change): (ChangeNumber, ChangeNumber),
    columns: ColumnSet,
    origin: Option<BackendId>,
) -> StoreResult<()> {
    let origin = origin.filter(|_| previous <= marks.least);
    let nobody_has_it = previous == ChangeNumber::ZERO || previous > marks.most;
    let prefix = prefix_of(item);
    if nobody_has_it && origin.is_none() && tx.notes(Room::Unsent, &prefix, None, 1)?.is_empty() {
        return Ok(());
    }
    let mut key = prefix;
    key.extend_from_slice(&change.get().to_be_bytes());
    let mut value = Vec::with_capacity(24);
    put_varint(&mut value, previous.get());
    put_varint_u128(&mut value, columns.bits());
    if let Some(origin) = origin {
        value.extend_from_slice(&origin.0.to_be_bytes());
    }
    tx.put_note(Room::Unsent, &key, &value)
}

/// What a backend lacks of an item whose newest change is `newest`. Origins count above
/// `origins_after` only.
pub(crate) fn lacking(
    tx: &dyn ReadTx,
    item: &ItemKey,
    newest: ChangeNumber,
    backend: BackendId,
    sent: ChangeNumber,
    origins_after: ChangeNumber,
) -> StoreResult<Lacking> {
    let mut columns = ColumnSet::EMPTY;
    let mut at = None;
    let mut foreign = true;
    for link in links(tx, item)?.into_iter().filter(|link| link.change > sent) {
        let joined = match at {
            None => link.previous <= sent,
            Some(before) => link.previous == before,
        };
        if !joined {
            return Ok(Lacking::Everything);
        }
        at = Some(link.change);
        if link.origin != Some(backend) || link.change <= origins_after {
            foreign = false;
            columns = columns.union(link.columns);
        }
    }
    Ok(match at {
        Some(last) if last == newest && foreign => Lacking::Nothing,
        Some(last) if last == newest => Lacking::Columns(columns),
        _ => Lacking::Everything,
    })
}

/// Columns of an item that nobody has acknowledged, as far as is known; `None` for all of it.
pub(crate) fn unacknowledged(
    tx: &dyn ReadTx,
    item: &ItemKey,
    most: ChangeNumber,
) -> StoreResult<Option<ColumnSet>> {
    let mut columns = ColumnSet::EMPTY;
    let mut any = false;
    for link in links(tx, item)?.into_iter().filter(|link| link.change > most) {
        if link.origin.is_none() {
            columns = columns.union(link.columns);
        }
        any = true;
    }
    Ok(any.then_some(columns))
}

/// Forgets an item's notes up to what every backend has.
pub(crate) fn forget(tx: &mut dyn WriteTx, item: &ItemKey, least: ChangeNumber) -> StoreResult<()> {
    for link in links(tx, item)?.into_iter().filter(|link| link.change <= least) {
        let mut key = prefix_of(item);
        key.extend_from_slice(&link.change.get().to_be_bytes());
        tx.remove_note(Room::Unsent, &key)?;
    }
    Ok(())
}

/// The item's notes, oldest first.
fn links(tx: &dyn ReadTx, item: &ItemKey) -> StoreResult<Vec<Link>> {
    let prefix = prefix_of(item);
    let notes = tx.notes(Room::Unsent, &prefix, None, usize::MAX)?;
    notes
        .iter()
        .map(|(key, value)| read_link(&key[prefix.len()..], value))
        .collect::<Result<_, _>>()
        .map_err(|error| StoreError::Corrupt {
            detail: format!("a note of what is unsent: {error}"),
        })
}

fn read_link(change: &[u8], value: &[u8]) -> Result<Link, DecodeError> {
    let mut reader = Reader::new(value);
    let link = Link {
        change: ChangeNumber::new(Reader::new(change).u64()?),
        previous: ChangeNumber::new(reader.varint()?),
        columns: ColumnSet::from_bits(reader.varint_u128()?),
        origin: match reader.is_empty() {
            true => None,
            false => Some(BackendId(u128::from_be_bytes(reader.array()?))),
        },
    };
    reader.finish()?;
    Ok(link)
}

fn prefix_of(item: &ItemKey) -> Vec<u8> {
    let mut prefix = Vec::with_capacity(item.table.len() + item.key.len() + 12);
    put_bytes(&mut prefix, item.table.as_bytes());
    put_bytes(&mut prefix, &item.key);
    prefix
}
