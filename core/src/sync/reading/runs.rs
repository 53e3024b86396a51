//! Which runs there were, and what they did to an execution.

use serde::Serialize;

use crate::history::{HistoryError, HistoryReader};
use crate::id::ExecutionId;
use crate::store::StoreError;
use crate::sync::run::{Direction, LogCursor, LogQuery, RunFilter, SyncId, SyncLogEntry, SyncRun};

/// How many rows of the sync log a page has unless told.
pub const SYNC_LOG_LIMIT: usize = 50;

/// A row of the sync log with its run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SyncLogRow {
    /// What became of an entity, or of the whole run.
    #[serde(flatten)]
    pub entry: SyncLogEntry,
    /// The run.
    pub run: SyncRun,
}

/// A page of the sync log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SyncLogPage {
    /// Rows, newest first.
    pub rows: Vec<SyncLogRow>,
    /// Where the next page begins, if there is one.
    pub next: Option<LogCursor>,
}

impl HistoryReader<'_> {
    /// The run that began last, in a direction where one is given. It may still go on.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn latest_sync(
        &self,
        direction: Option<Direction>,
    ) -> Result<Option<SyncRun>, HistoryError> {
        let filter = RunFilter { direction, ..RunFilter::default() };
        Ok(self.tx().sync_runs(&filter, None, 1)?.pop())
    }

    /// A run.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn sync_run(&self, id: SyncId) -> Result<Option<SyncRun>, HistoryError> {
        Ok(self.tx().sync_run(id)?)
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
    ) -> Result<Vec<SyncRun>, HistoryError> {
        Ok(self.tx().sync_runs(filter, after, limit)?)
    }

    /// What syncing did to an execution, newest first: its own rows of the sync log and those of
    /// whole full runs, each with its run. At most `limit`, [`SYNC_LOG_LIMIT`] unless told.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn sync_logs_for(
        &self,
        entity: ExecutionId,
        limit: Option<usize>,
        cursor: Option<LogCursor>,
    ) -> Result<SyncLogPage, HistoryError> {
        let query = LogQuery { entity: Some(entity), ..LogQuery::default() };
        self.sync_log(&query, cursor, limit.unwrap_or(SYNC_LOG_LIMIT))
    }

    /// Rows of the sync log that match, newest first, each with its run; with `cursor` those behind
    /// the page that gave it.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn sync_log(
        &self,
        query: &LogQuery,
        cursor: Option<LogCursor>,
        limit: usize,
    ) -> Result<SyncLogPage, HistoryError> {
        // One more than the page holds tells whether there is another page.
        let mut found = self.tx().sync_log(query, cursor, limit.saturating_add(1))?;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|(cursor, _)| *cursor);
        let mut rows: Vec<SyncLogRow> = Vec::with_capacity(found.len());
        for (_, entry) in found {
            // Rows of one run follow each other.
            let run = match rows.iter().rev().find(|row| row.run.id == entry.run) {
                Some(row) => row.run.clone(),
                None => self.tx().sync_run(entry.run)?.ok_or_else(|| orphan(entry.run))?,
            };
            rows.push(SyncLogRow { entry, run });
        }
        Ok(SyncLogPage { rows, next })
    }
}

fn orphan(run: SyncId) -> StoreError {
    StoreError::Corrupt {
        detail: format!("the sync log has a row of the run {run}, which is gone"),
    }
}
