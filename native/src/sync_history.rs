//! Reading what syncing left: runs, the sync log, statistics, how each backend stands, and where a
//! value came from. None of it syncs: it is this device's own.
//!
//! Each method is one of [`HistoryReader`](crate::history::HistoryReader) in a transaction of its
//! own; what belongs together is read together with [`Runlog::read`].

pub use runlog_core::store::{Backend, BackendId};
pub use runlog_core::sync::reading::{
    Arrived, BackendOverview, BackendState, COUNTED_MAX, Counted, DayStats, DirectionStats,
    DisplacedValue, NOT_HEARD_FROM_MS, OverallState, Problems, STATS_DAYS, STATS_DAYS_MAX,
    SYNC_HISTORY_KEPT_MS, SYNC_LOG_LIMIT, SyncHistoryRemoved, SyncLogPage, SyncLogRow,
    SyncOverview, SyncStats, Why, Written,
};
pub use runlog_core::sync::run::{
    Cause, Counts, Direction, EntityOutcome, EntityResult, InvalidLogCursor, LogCursor, LogQuery,
    Phase, PhaseDuration, RunFilter, RunStatus, SyncId, SyncLogEntry, SyncRun, SyncType,
    TableResult, Verification,
};

use crate::id::ExecutionId;
use crate::{Error, Runlog, system};

impl Runlog {
    /// Whether this device is up to date, and if not, since when and why.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn sync_overview(&self) -> Result<SyncOverview, Error> {
        self.read(|history| history.sync_overview(system::now()))
    }

    /// The run that began last, in a direction where one is given.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn latest_sync(&self, direction: Option<Direction>) -> Result<Option<SyncRun>, Error> {
        self.read(|history| history.latest_sync(direction))
    }

    /// Runs that match, newest first, at most `limit`; with `after` those behind that run.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn sync_runs(
        &self,
        filter: &RunFilter,
        after: Option<SyncId>,
        limit: usize,
    ) -> Result<Vec<SyncRun>, Error> {
        self.read(|history| history.sync_runs(filter, after, limit))
    }

    /// How syncing went over the last days of UTC, today included; [`STATS_DAYS`] is usual.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn sync_stats(&self, days: u32) -> Result<SyncStats, Error> {
        self.read(|history| history.sync_stats(days, system::now()))
    }

    /// What syncing did to an execution, newest first, each row with its run.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn sync_logs_for(
        &self,
        entity: ExecutionId,
        limit: Option<usize>,
        cursor: Option<LogCursor>,
    ) -> Result<SyncLogPage, Error> {
        self.read(|history| history.sync_logs_for(entity, limit, cursor))
    }

    /// Rows of the sync log that match, newest first, each with its run.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn sync_log(
        &self,
        query: &LogQuery,
        cursor: Option<LogCursor>,
        limit: usize,
    ) -> Result<SyncLogPage, Error> {
        self.read(|history| history.sync_log(query, cursor, limit))
    }

    /// Why a field of an execution has its value: see
    /// [`HistoryReader::why`](crate::history::HistoryReader::why).
    ///
    /// # Errors
    /// Where there is no such execution or no such field.
    pub fn why(&self, id: ExecutionId, field: &str) -> Result<Why, Error> {
        self.read(|history| history.why(id, field))
    }

    /// Removes what is older than the history of syncing is kept: see
    /// [`HistoryWriter::keep_sync_history`](crate::history::HistoryWriter::keep_sync_history).
    ///
    /// # Errors
    /// The store's own errors.
    pub fn keep_sync_history(&self) -> Result<SyncHistoryRemoved, Error> {
        self.write(|history| history.keep_sync_history())
    }
}
