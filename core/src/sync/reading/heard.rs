//! Runs of other devices that go on, as far as is known here.

use crate::history::{HistoryError, HistoryReader};
use crate::model::{Status, Summary};
use crate::sync::heard::heard_at;
use crate::time::Timestamp;

impl HistoryReader<'_> {
    /// Of a run that another device has not ended: when that device was last heard from. Such a run is
    /// never judged here, so nothing else tells one that goes on from one that was forgotten. `None` for
    /// every other run.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn device_heard_at(&self, run: &Summary) -> Result<Option<Timestamp>, HistoryError> {
        if run.status() != Status::Running || self.tx().device()? == Some(run.device_id) {
            return Ok(None);
        }
        // What it wrote before this was noted of devices: the run itself.
        Ok(heard_at(self.tx(), run.device_id)?.max(Some(run.created_at)))
    }
}
