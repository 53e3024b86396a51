//! The operations on a history: start, finish, edit, delete, merge, import, read.
//!
//! [`History`] puts a device's identity around a [`Store`] and hands transactions to closures:
//! [`History::read`] a [`HistoryReader`], [`History::write`] a [`HistoryWriter`]. A writer stamps
//! every change with a clock and a change number that it reads and moves inside the transaction, so
//! that what is rolled back moved neither.
//!
//! # Deleting
//!
//! Delete is a column like any other. These rules hold wherever the edits are made and in whatever
//! order they meet:
//!
//! - The newer of a delete and a restore wins, by clock.
//! - An edit of another column that meets a delete is kept and shows when the run is restored.
//! - A run in the trash takes no edits but a restore (and the ending of a run that was still
//!   going). A restore re-states the whole run: every column, tag and log piece under new clocks and
//!   numbers, so that backends that dropped it get it again.
//! - A purge removes a run from the trash for good and leaves its key with a clock; older records of
//!   that key stay out. It refuses a run that has a pin, a note or a tag newer than its delete.
//! - What was deleted 30 days ago, unless told otherwise, is purged at a sync, once every device
//!   knows of the delete; without backends, when the history is opened.

mod backends;
mod edit;
mod error;
mod import;
mod incoming;
mod incoming_logs;
mod incoming_purges;
mod life;
mod log_reading;
mod logs;
mod masking;
mod older;
mod once;
mod reader;
mod sync_state;
mod trash;
mod writer;

pub use error::HistoryError;
pub(crate) use import::device_of_hash;
pub use import::{Imported, ImportedEnd, ImportedInto, device_of_name};
pub(crate) use incoming::Effect;
pub use incoming::Merged;
pub use logs::LogWriter;
pub use older::Older;
pub use once::Ticket;
pub use reader::{HistoryReader, SummaryPage};
pub use sync_state::{SyncState, SyncSummary};
pub use trash::{Emptied, TrashKeeps};
pub(crate) use writer::Arrival;
pub use writer::HistoryWriter;

use crate::id::DeviceId;
use crate::mask::Masker;
use crate::store::{ReadTx, Room, Store, StoreError, WriteTx};
use crate::time::Timestamp;

/// What is done in a transaction; it leaves its result with whoever asked.
type Reading<'a> = dyn FnOnce(&HistoryReader<'_>) -> Result<(), HistoryError> + 'a;
type Writing<'a> = dyn FnOnce(&mut HistoryWriter<'_>) -> Result<(), HistoryError> + 'a;

/// A device's history in a store.
#[derive(Debug)]
pub struct History<S> {
    store: S,
    device: DeviceId,
    masker: Masker,
    older: Older,
}

impl<S: Store> History<S> {
    /// Opens the history in a store. A new store becomes the one of `new_device`; any other keeps
    /// the device that it has. What is known to be secret is masked; see [`Self::set_masker`].
    ///
    /// Cells that an older program kept because it did not know their columns are applied, where
    /// this program knows them.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn open(store: S, new_device: DeviceId) -> Result<Self, HistoryError> {
        Self::open_as(store, new_device, Older::default())
    }

    /// Opens the history in a store as an older version of this program would, for tests.
    ///
    /// # Errors
    /// The store's own errors.
    #[doc(hidden)]
    pub fn open_as(mut store: S, new_device: DeviceId, older: Older) -> Result<Self, HistoryError> {
        let (device, keeps) =
            store.read(|tx| Ok::<_, StoreError>((tx.device()?, !tx.kept_rows(1)?.is_empty())))?;
        let device = match device {
            Some(device) => device,
            None => store.write(|tx| adopt_device(tx, new_device))?,
        };
        let mut history = Self { store, device, masker: Masker::default(), older };
        if keeps {
            history.write(Timestamp::default(), |tx| tx.apply_kept())?;
        }
        Ok(history)
    }

    /// Masks what this device writes from here on with another masker. That of a history that was
    /// opened masks what is known to be secret.
    pub fn set_masker(&mut self, masker: Masker) {
        self.masker = masker;
    }

    /// The device whose history this is, as far as this handle has seen.
    pub fn device(&self) -> DeviceId {
        self.device
    }

    /// Takes over the device that a transaction has set, also one on another connection.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn reload_device(&mut self) -> Result<(), HistoryError> {
        if let Some(device) = self.store.read(|tx| tx.device())? {
            self.device = device;
        }
        Ok(())
    }

    /// Runs `work` on one unchanging state of the history.
    ///
    /// # Errors
    /// What `work` returns, or the store's own errors.
    pub fn read<T>(
        &mut self,
        work: impl FnOnce(&HistoryReader<'_>) -> Result<T, HistoryError>,
    ) -> Result<T, HistoryError> {
        let mut result = None;
        self.read_boxed(Box::new(|reader| {
            result = Some(work(reader)?);
            Ok(())
        }))?;
        result.ok_or_else(not_run)
    }

    /// Runs `work` in a transaction, at the time `now` of the device's wall clock.
    ///
    /// # Errors
    /// What `work` returns, or the store's own errors; then nothing was changed, the clock included.
    pub fn write<T>(
        &mut self,
        now: Timestamp,
        work: impl FnOnce(&mut HistoryWriter<'_>) -> Result<T, HistoryError>,
    ) -> Result<T, HistoryError> {
        let mut result = None;
        self.write_boxed(
            now,
            Box::new(|writer| {
                result = Some(work(writer)?);
                Ok(())
            }),
        )?;
        result.ok_or_else(not_run)
    }

    /// Reads: compiled once, whatever is done.
    fn read_boxed(&mut self, work: Box<Reading<'_>>) -> Result<(), HistoryError> {
        self.store.read(|tx| work(&HistoryReader::new(tx)))
    }

    /// Writes: compiled once, whatever is done.
    fn write_boxed(&mut self, now: Timestamp, work: Box<Writing<'_>>) -> Result<(), HistoryError> {
        let Self { store, device: known, masker, older } = self;
        let (opened_as, older) = (*known, *older);
        self.device = store.write(|tx| {
            // Read each time: a job on another connection may have made this another device.
            let device = tx.device()?.unwrap_or(opened_as);
            let mut writer = HistoryWriter::begin(tx, device, (masker, older), now)?;
            work(&mut writer)?;
            writer.end()?;
            Ok::<_, HistoryError>(device)
        })?;
        Ok(())
    }

    /// Makes everything committed so far survive loss of power.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn persist(&mut self) -> Result<(), HistoryError> {
        Ok(self.store.persist()?)
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// The store, for what is not about the history: back up, check, migrate.
    pub fn store_mut(&mut self) -> &mut S {
        &mut self.store
    }

    /// The store again.
    pub fn into_store(self) -> S {
        self.store
    }
}

/// The error of a store that says it is done, and has not done what it was given.
fn not_run() -> HistoryError {
    StoreError::Io { detail: "the store has not run the transaction".to_owned() }.into()
}

/// Where the ids are kept that a device had before.
const PREDECESSORS: &[u8] = b"predecessors";

/// Remembers an id that this device had: it may judge the runs of that one.
pub(crate) fn note_predecessor(tx: &mut dyn WriteTx, old: DeviceId) -> Result<(), StoreError> {
    let mut ids = tx.note(Room::Local, PREDECESSORS)?.unwrap_or_default();
    ids.extend_from_slice(old.as_bytes());
    tx.put_note(Room::Local, PREDECESSORS, &ids)
}

/// The ids that this device had before.
pub(crate) fn predecessors(tx: &dyn ReadTx) -> Result<Vec<DeviceId>, StoreError> {
    let ids = tx.note(Room::Local, PREDECESSORS)?.unwrap_or_default();
    Ok(ids.chunks_exact(16).filter_map(DeviceId::from_slice).collect())
}

/// Sets the device of a new store, unless another process was faster.
fn adopt_device(tx: &mut dyn WriteTx, new: DeviceId) -> Result<DeviceId, StoreError> {
    if let Some(device) = tx.device()? {
        return Ok(device);
    }
    tx.set_device(new)?;
    Ok(new)
}

/// Reads on a transaction that also writes.
fn reader<'a>(tx: &'a dyn ReadTx) -> HistoryReader<'a> {
    HistoryReader::new(tx)
}
