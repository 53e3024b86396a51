//! The backends of a history: added, switched, removed.

use super::{HistoryError, HistoryWriter};
use crate::store::{Backend, BackendId, ItemKey, Room};
use crate::sync::quarantine::SetAside;

impl HistoryWriter<'_> {
    /// Adds a backend, or replaces the one with its id: its name, settings and switch.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn put_backend(&mut self, backend: &Backend) -> Result<(), HistoryError> {
        Ok(self.tx.put_backend(backend)?)
    }

    /// Removes a backend with its position, its refusals and what was set aside from it. What waits
    /// for others is not touched.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn remove_backend(&mut self, id: BackendId) -> Result<(), HistoryError> {
        self.tx.remove_notes(Room::Quarantine, &id.0.to_be_bytes())?;
        self.tx.remove_backend(id)?;
        if self.tx.backends()?.is_empty() {
            // Nobody waits any more.
            self.tx.remove_notes(Room::Unsent, &[])?;
        }
        Ok(())
    }

    /// Gives up on a record that was set aside.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn forget_set_aside(&mut self, held: &SetAside) -> Result<(), HistoryError> {
        Ok(held.remove(self.tx)?)
    }

    /// Forgets that a backend refused an item: it is not offered there again until it changes.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn forget_refusal(&mut self, id: BackendId, item: &ItemKey) -> Result<(), HistoryError> {
        Ok(self.tx.remove_rejection(id, item)?)
    }
}
