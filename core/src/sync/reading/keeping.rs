//! How long the history of syncing is kept.

use crate::history::{HistoryError, HistoryWriter};
use crate::store::Room;
use crate::sync::displaced::{self, REMEMBERED_MS};

/// How long runs are kept with their rows of the sync log, in milliseconds: 90 days.
pub const SYNC_HISTORY_KEPT_MS: u64 = 90 * 24 * 60 * 60 * 1000;

/// Displaced values that are looked at in one call.
const LOOKED_AT: usize = 1_000;
/// Where the next call goes on looking at displaced values.
const NEXT: &[u8] = b"displaced-next";

/// What was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct SyncHistoryRemoved {
    /// Runs, each with its rows of the sync log.
    pub runs: u64,
    /// Displaced values.
    pub displaced: u64,
}

impl HistoryWriter<'_> {
    /// Removes runs that ended longer than [`SYNC_HISTORY_KEPT_MS`] before the time of this
    /// transaction, with their rows of the sync log, and forgets what merges displaced longer ago
    /// than [`REMEMBERED_MS`]. A run that goes on stays.
    ///
    /// A driver calls it when a job has ended. Of displaced values each call looks at a bounded
    /// number and the next one goes on there, so that it never holds up anybody for long.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn keep_sync_history(&mut self) -> Result<SyncHistoryRemoved, HistoryError> {
        let back = |millis: u64| self.now().plus_millis(-i64::try_from(millis).unwrap_or(i64::MAX));
        let (runs_before, displaced_before) = (back(SYNC_HISTORY_KEPT_MS), back(REMEMBERED_MS));
        let tx = self.tx_mut();
        let runs = tx.remove_sync_runs(runs_before)?;
        let from = tx.note(Room::Local, NEXT)?;
        let swept = displaced::forget_before(tx, displaced_before, from.as_deref(), LOOKED_AT)?;
        match (&swept.next, from) {
            (Some(next), _) => tx.put_note(Room::Local, NEXT, next)?,
            (None, Some(_)) => tx.remove_note(Room::Local, NEXT)?,
            (None, None) => {}
        }
        Ok(SyncHistoryRemoved { runs, displaced: swept.removed })
    }
}
