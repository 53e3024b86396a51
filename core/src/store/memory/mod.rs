//! The in-memory store: the reference that every other store is compared with.
//!
//! It is written to be plainly right. A write costs what it writes: it is done in place, and a
//! journal remembers what each entry was, for a transaction that fails. A clone shares all entries
//! with its original, so that it can serve as a backup.

mod listed;
mod read;
mod table;
mod write;

use std::collections::BTreeMap;

use self::table::{Journal, Table};
use super::{
    Backend, BackendId, ChangeNumber, Counters, ItemKey, KeptCell, Lease, ReadTx, Rejection, Room,
    Row, Store, StoreError, StoreResult, WriteTx,
};
use crate::clock::Clock;
use crate::id::{DeviceId, ExecutionId};
use crate::log::{Gap, GapReason, Lines, LogKey, PieceHead};
use crate::model::Tag;
use crate::schema::RowKey;
use crate::sync::run::{SyncId, SyncLogEntry, SyncRun};
use crate::time::Timestamp;

/// A store in memory; gone with the program. A clone of it costs little, and what is written to
/// either afterwards is not seen by the other.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    state: State,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Store for MemoryStore {
    fn read<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&dyn ReadTx) -> Result<T, E>,
    ) -> Result<T, E> {
        work(&self.state)
    }

    fn write<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut dyn WriteTx) -> Result<T, E>,
    ) -> Result<T, E> {
        let draft = Draft(&mut self.state);
        let result = work(draft.0)?;
        draft.0.journal.clear();
        Ok(result)
    }

    fn persist(&mut self) -> StoreResult<()> {
        Ok(())
    }
}

/// A running transaction. Dropped with anything in the journal, as after an error or in a panic, it
/// takes all of that back.
struct Draft<'a>(&'a mut State);

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        while let Some(undo) = self.0.journal.pop() {
            undo(self.0);
        }
    }
}

/// Of an execution, or of its tag: the row of an execution stands before those of its tags.
type RowPlace = (ExecutionId, Option<Tag>);
/// Table name and row key of kept cells.
type KeptKey = (String, Vec<u8>);
/// Kept cells of a row by column, under one change.
type Kept = (ChangeNumber, BTreeMap<String, KeptCell>);

#[derive(Clone, Debug, Default)]
struct State {
    device: Option<DeviceId>,
    counters: Counters,
    rows: Table<RowPlace, Row>,
    /// The number under which each execution was added: what breaks ties in listings.
    row_numbers: Table<ExecutionId, i64>,
    /// The executions by that number.
    numbered: Table<i64, ExecutionId>,
    kept: Table<KeptKey, Kept>,
    purged: Table<ExecutionId, (Clock, ChangeNumber)>,
    pieces: Table<(LogKey, u64), (PieceHead, Lines)>,
    gaps: Table<(LogKey, u64, GapReason), Gap>,
    leases: Table<ExecutionId, Lease>,
    backends: Table<BackendId, Backend>,
    marks: Table<(BackendId, ChangeNumber), Timestamp>,
    rejections: Table<(BackendId, ItemKey), Rejection>,
    notes: Table<(Room, Vec<u8>), Vec<u8>>,
    sync_runs: Table<SyncId, SyncRun>,
    sync_log: Table<u64, SyncLogEntry>,
    journal: Journal,
}

fn place_of(key: &RowKey) -> RowPlace {
    match key {
        RowKey::Execution(id) => (*id, None),
        RowKey::Tag(id, tag) => (*id, Some(tag.clone())),
    }
}

fn key_at((id, tag): &RowPlace) -> RowKey {
    match tag {
        None => RowKey::Execution(*id),
        Some(tag) => RowKey::Tag(*id, tag.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(store: &mut MemoryStore, key: &[u8]) -> Option<Vec<u8>> {
        store.read(|tx| tx.note(Room::Local, key)).unwrap()
    }

    #[test]
    fn a_panic_takes_everything_back() {
        let mut store = MemoryStore::new();
        store.write(|tx| tx.put_note(Room::Local, b"k", b"before")).unwrap();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            store.write::<(), StoreError>(|tx| {
                tx.put_note(Room::Local, b"k", b"after")?;
                tx.put_note(Room::Local, b"new", b"after")?;
                tx.set_device(DeviceId::from_u128(1))?;
                std::panic::resume_unwind(Box::new("intended"))
            })
        }));
        assert!(panicked.is_err());
        assert_eq!(note(&mut store, b"k"), Some(b"before".to_vec()));
        assert_eq!(note(&mut store, b"new"), None);
        assert_eq!(store.read(|tx| tx.device()), Ok(None));
    }

    #[test]
    fn a_clone_goes_its_own_way() {
        let mut store = MemoryStore::new();
        store.write(|tx| tx.put_note(Room::Local, b"k", b"both")).unwrap();
        let mut backup = store.clone();
        store.write(|tx| tx.put_note(Room::Local, b"k", b"original")).unwrap();
        backup.write(|tx| tx.put_note(Room::Local, b"new", b"clone")).unwrap();
        assert_eq!(note(&mut store, b"k"), Some(b"original".to_vec()));
        assert_eq!(note(&mut store, b"new"), None);
        assert_eq!(note(&mut backup, b"k"), Some(b"both".to_vec()));
    }
}
