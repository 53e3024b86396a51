//! Reading: one execution, a listing, a log.

use std::ops::ControlFlow;

use super::HistoryError;
use super::log_reading::read_log;
use super::sync_state::{SyncState, SyncSummary, sync_states, sync_summaries};
use crate::id::{DeviceId, ExecutionId, IdPattern};
use crate::log::{LogEntry, LogFilter, LogRange};
use crate::model::{Execution, InvalidValue, Status, Summary, Tag, Visibility};
use crate::query::{Cursor, Filter, ListQuery, PAGE_MAX};
use crate::schema::{RowKey, executions};
use crate::store::{BackendId, ReadTx, StoreError};

/// A page of executions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SummaryPage {
    /// The executions in order.
    pub executions: Vec<Summary>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// Reads a history within one transaction.
pub struct HistoryReader<'a> {
    tx: &'a dyn ReadTx,
}

/// How many ids an ambiguous pattern is told with.
const AMBIGUOUS_SHOWN: usize = 5;

impl<'a> HistoryReader<'a> {
    pub(super) fn new(tx: &'a dyn ReadTx) -> Self {
        Self { tx }
    }

    /// The store's transaction.
    pub fn tx(&self) -> &'a dyn ReadTx {
        self.tx
    }

    /// An execution, in the history or in the trash; `None` where there is none or it is not whole.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn execution(&self, id: ExecutionId) -> Result<Option<Execution>, HistoryError> {
        let Some(row) = self.tx.row(&RowKey::Execution(id), executions::ALL)? else {
            return Ok(None);
        };
        if row.visibility == Visibility::Hidden {
            return Ok(None);
        }
        let updated_at = row.clocks.newest().map(|clock| clock.time.timestamp());
        let mut execution = Execution::from_cells(id, &row.cells, updated_at.unwrap_or_default())
            .map_err(damaged)?;
        execution.summary.tags = self.tags_of(id)?;
        Ok(Some(execution))
    }

    /// The one execution whose id matches.
    ///
    /// # Errors
    /// [`HistoryError::NoMatch`] and [`HistoryError::Ambiguous`].
    pub fn find(&self, pattern: &IdPattern) -> Result<ExecutionId, HistoryError> {
        let mut matches = self.tx.find(pattern, AMBIGUOUS_SHOWN)?;
        match matches.len() {
            0 => Err(HistoryError::NoMatch { pattern: pattern.clone() }),
            1 => Ok(matches.remove(0)),
            _ => Err(HistoryError::Ambiguous { pattern: pattern.clone(), matches }),
        }
    }

    /// A page of executions. Params, attributes, prompts and logs are not read.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn list(&self, query: &ListQuery) -> Result<SummaryPage, HistoryError> {
        let page = self.tx.list(query)?;
        let executions = page.rows.iter().map(|row| {
            let mut summary =
                Summary::from_cells(row.id, &row.cells, row.updated_at).map_err(damaged)?;
            summary.tags = self.tags_of(row.id)?;
            Ok(summary)
        });
        let executions = executions.collect::<Result<_, HistoryError>>()?;
        Ok(SummaryPage { executions, next: page.next })
    }

    /// How many executions match the filter.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn count(&self, query: &ListQuery) -> Result<u64, HistoryError> {
        Ok(self.tx.count(query)?)
    }

    /// Hands the lines of a range that pass the filter, and the gaps between them, to `visit`, in
    /// the order of their sequences, until it breaks. Where two devices wrote one log, whole pieces
    /// are ordered by their first line. Only the pieces that are needed are opened.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn log(
        &self,
        id: ExecutionId,
        range: LogRange,
        filter: &LogFilter,
        visit: &mut dyn FnMut(LogEntry<'_>) -> ControlFlow<()>,
    ) -> Result<(), HistoryError> {
        Ok(read_log(self.tx, id, range, filter, visit)?)
    }

    /// The last sequence of an execution's log; zero where it has none.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn last_sequence(&self, id: ExecutionId) -> Result<u64, HistoryError> {
        Ok(self.tx.last_sequence(id)?)
    }

    /// The state of a row toward each backend, and over all of them.
    ///
    /// # Errors
    /// [`HistoryError::NotFound`] where there is no such row.
    pub fn sync_state(
        &self,
        key: &RowKey,
    ) -> Result<(SyncSummary, Vec<(BackendId, SyncState)>), HistoryError> {
        sync_states(self.tx, key)
    }

    /// As [`Self::sync_state`], of an execution's row.
    ///
    /// # Errors
    /// [`HistoryError::NotFound`] where there is none.
    pub fn sync_state_of(
        &self,
        id: ExecutionId,
    ) -> Result<(SyncSummary, Vec<(BackendId, SyncState)>), HistoryError> {
        self.sync_state(&RowKey::Execution(id))
    }

    /// The states of executions' rows over all backends, one for each id.
    ///
    /// # Errors
    /// [`HistoryError::NotFound`] where one is not there, and there is a backend.
    pub fn sync_summaries(&self, ids: &[ExecutionId]) -> Result<Vec<SyncSummary>, HistoryError> {
        sync_summaries(self.tx, ids)
    }

    /// Runs that a device recorded and that are running, in the history or in the trash.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn running_here(&self, device: DeviceId) -> Result<Vec<ExecutionId>, HistoryError> {
        let mut running = Vec::new();
        for deleted in [false, true] {
            let mut query = ListQuery::newest(PAGE_MAX);
            query.filter = Filter {
                status: Some(Status::Running),
                device_id: Some(device),
                deleted,
                ..Filter::default()
            };
            loop {
                let page = self.tx.list(&query)?;
                running.extend(page.rows.iter().map(|row| row.id));
                query.after = page.next;
                if query.after.is_none() {
                    break;
                }
            }
        }
        Ok(running)
    }

    fn tags_of(&self, id: ExecutionId) -> Result<Vec<Tag>, StoreError> {
        let tags = self.tx.tags(id)?.into_iter();
        Ok(tags.filter(|(_, row)| row.visibility == Visibility::Live).map(|(tag, _)| tag).collect())
    }
}

/// A row that is shown but does not read is damaged.
fn damaged(error: InvalidValue) -> StoreError {
    StoreError::Corrupt { detail: format!("a shown execution does not read: {error}") }
}
