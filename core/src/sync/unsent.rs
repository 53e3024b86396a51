//! Which columns of a row wait for a backend.
//!
//! A row's change number says *that* it waits. When a backend has an older state of the row, sending
//! all of it again would send a prompt of 100 KB for the sake of a pin. So each change of a row that
//! some backend already has leaves a note: its number, the number of the change before it, its
//! columns, the backend it came from, if any, and which backends had the row as it was before it.
//! For a backend, the notes form a chain from the newest change back to a state that it has. Where
//! the chain is broken, the whole row is sent: a missing note costs bytes, never an edit.
//!
//! Who had the row before has to be asked when it changes. Later it cannot be told from `sent`: a row
//! that was changed at 5 and again at 9 stands in the list of changes under 9 alone, so a backend
//! that has been sent everything up to 7 has neither.
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
#[derive(Clone, Debug, PartialEq, Eq)]
struct Link {
    change: ChangeNumber,
    previous: ChangeNumber,
    columns: ColumnSet,
    origin: Option<BackendId>,
    /// Backends that had the state before it.
    known_to: Vec<BackendId>,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Watermarks {
    /// What every one of them has.
    pub(crate) least: ChangeNumber,
    /// What at least one of them has.
    pub(crate) most: ChangeNumber,
    /// What each has, those included that take no part just now.
    sent: Vec<(BackendId, ChangeNumber)>,
}

impl Watermarks {
    /// Of the store's enabled backends; `None` without any.
    pub(crate) fn read(tx: &dyn ReadTx) -> StoreResult<Option<Self>> {
        let backends = tx.backends()?;
        let taking_part = backends.iter().filter(|backend| backend.enabled);
        let Some(least) = taking_part.map(|backend| backend.sent).min() else { return Ok(None) };
        let sent: Vec<_> = backends.iter().map(|backend| (backend.id, backend.sent)).collect();
        let most = sent.iter().map(|(_, sent)| *sent).max().unwrap_or(least);
        Ok(Some(Self { least, most, sent }))
    }
}

/// Notes a change of an item that was changed before at `previous` (zero where it is new).
pub(crate) fn note_change(
    tx: &mut dyn WriteTx,
    marks: &Watermarks,
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
    value.push(origin.is_some().into());
    let known_to = marks.sent.iter().filter(|(_, sent)| previous <= *sent).map(|(id, _)| *id);
    origin.into_iter().chain(known_to).for_each(|id| value.extend_from_slice(&id.0.to_be_bytes()));
    tx.put_note(Room::Unsent, &key, &value)
}

/// What a backend lacks of an item whose newest change is `newest` and was not sent to it. What was
/// noted up to `forgotten_at` is not to be relied on: the backend was set back since, or is new.
pub(crate) fn lacking(
    tx: &dyn ReadTx,
    item: &ItemKey,
    newest: ChangeNumber,
    backend: BackendId,
    forgotten_at: ChangeNumber,
) -> StoreResult<Lacking> {
    let mut columns = ColumnSet::EMPTY;
    let mut foreign = true;
    let mut next = newest;
    for link in links(tx, item)?.into_iter().rev() {
        if link.change != next || link.change <= forgotten_at {
            break;
        }
        if link.origin != Some(backend) {
            foreign = false;
            columns = columns.union(link.columns);
        }
        if link.known_to.contains(&backend) {
            return Ok(if foreign { Lacking::Nothing } else { Lacking::Columns(columns) });
        }
        next = link.previous;
    }
    Ok(Lacking::Everything)
}

/// Columns of an item that nobody has acknowledged, as far as is known; `None` for all of it.
/// `newest` is its newest change, which nobody has acknowledged.
pub(crate) fn unacknowledged(
    tx: &dyn ReadTx,
    item: &ItemKey,
    newest: ChangeNumber,
) -> StoreResult<Option<ColumnSet>> {
    let mut columns = ColumnSet::EMPTY;
    let mut next = newest;
    for link in links(tx, item)?.into_iter().rev() {
        if link.change != next {
            break;
        }
        if link.origin.is_none() {
            columns = columns.union(link.columns);
        }
        // A row that came from a backend is new here, and yet acknowledged.
        if !link.known_to.is_empty() {
            return Ok(Some(columns));
        }
        next = link.previous;
    }
    Ok(None)
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
    let mut link = Link {
        change: ChangeNumber::new(Reader::new(change).u64()?),
        previous: ChangeNumber::new(reader.varint()?),
        columns: ColumnSet::from_bits(reader.varint_u128()?),
        origin: match reader.u8()? {
            0 => None,
            _ => Some(BackendId(u128::from_be_bytes(reader.array()?))),
        },
        known_to: Vec::new(),
    };
    while !reader.is_empty() {
        link.known_to.push(BackendId(u128::from_be_bytes(reader.array()?)));
    }
    Ok(link)
}

fn prefix_of(item: &ItemKey) -> Vec<u8> {
    let mut prefix = Vec::with_capacity(item.table.len() + item.key.len() + 12);
    put_bytes(&mut prefix, item.table.as_bytes());
    put_bytes(&mut prefix, &item.key);
    prefix
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{History, HistoryError, HistoryWriter};
    use crate::id::{DeviceId, ExecutionId};
    use crate::model::{Kind, NewExecution};
    use crate::schema::{RowKey, executions};
    use crate::store::{Backend, MemoryStore};
    use crate::time::Timestamp;

    const BACKEND: BackendId = BackendId(1);

    fn write(
        history: &mut History<MemoryStore>,
        work: impl FnOnce(&mut HistoryWriter<'_>) -> Result<(), HistoryError>,
    ) {
        history.write(Timestamp::from_millis(1_000), work).unwrap();
    }

    fn start(id: ExecutionId) -> impl FnOnce(&mut HistoryWriter<'_>) -> Result<(), HistoryError> {
        move |tx| tx.start(&NewExecution::new(id, Kind::Job, "x", Timestamp::from_millis(1_000))?)
    }

    fn set_sent(history: &mut History<MemoryStore>, sent: u64) {
        write(history, |tx| Ok(tx.tx_mut().set_sent(BACKEND, ChangeNumber::new(sent), &[])?));
    }

    #[test]
    fn a_change_that_moved_on_before_its_number_was_sent_still_waits() {
        let mut history = History::open(MemoryStore::new(), DeviceId::from_u128(7)).unwrap();
        let backend = Backend {
            id: BACKEND,
            name: "relay".to_owned(),
            settings: Vec::new(),
            added_at: Timestamp::from_millis(0),
            enabled: true,
            sent: ChangeNumber::ZERO,
            position: Vec::new(),
        };
        let (a, b) = (ExecutionId::from_u128(1), ExecutionId::from_u128(2));
        write(&mut history, |tx| tx.put_backend(&backend));
        write(&mut history, start(a));
        set_sent(&mut history, 1);
        write(&mut history, |tx| tx.set_note(a, Some("two")));
        write(&mut history, start(b));
        write(&mut history, |tx| tx.set_pinned(a, true));
        // A batch with the other run went out: the first has the number four by now.
        set_sent(&mut history, 3);
        let item = ItemKey::from(&RowKey::Execution(a));
        let newest = ChangeNumber::new(4);
        let lacking = |reader: &crate::history::HistoryReader<'_>| {
            Ok(lacking(reader.tx(), &item, newest, BACKEND, ChangeNumber::ZERO)?)
        };
        let columns = ColumnSet::of(&[executions::NOTE, executions::PINNED]);
        assert_eq!(history.read(lacking).unwrap(), Lacking::Columns(columns));
    }
}
