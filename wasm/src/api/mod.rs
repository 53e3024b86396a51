//! What a page asks of the worker that holds the database: calls and answers in JSON.
//!
//! The page and the worker speak JSON, so that a call can wait in a queue, cross to the worker of
//! another tab, and be sent again when that tab dies. [`Api::call`] takes such a call and hands it to
//! [`runlog_core`]: convert, call, convert. Field names are those of JavaScript (`workflowId`), times
//! are milliseconds since 1970, as `Date.now()` gives them.
//!
//! # Once, whoever answers
//!
//! Writing calls come with a ticket: which client, which number. What was answered is noted in the
//! transaction of the write ([`runlog_core::history::Ticket`]). A client whose worker died sends everything unanswered to the next
//! one, in order; what was done before is answered from the note and not done again.

mod error;
mod operation;
mod read;
mod shape;
mod shape_sync;
mod status;
mod sync;
mod sync_read;
mod write;

pub use error::{ApiError, Code};
pub use sync::{Heard, OwnerCall, Step};

use std::collections::HashMap;

use runlog_core::history::{History, HistoryError, LogWriter};
use runlog_core::id::ExecutionId;
use runlog_core::store::Store;
use runlog_core::sync::engine::close_interrupted;
use runlog_core::time::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// A call. The JSON form is `{"method": …, "args": …}`.
#[derive(Debug, Deserialize)]
#[serde(tag = "method", content = "args", rename_all = "camelCase")]
pub enum Call {
    /// Writes, in one transaction.
    Write(write::Write),
    /// A page of executions.
    List(read::List),
    /// How many executions match.
    Count(read::Filter),
    /// One execution with everything but its log.
    Get(read::Get),
    /// A part of a log.
    Log(read::Log),
    /// How this device stands toward its backends.
    SyncStatus {},
    /// Runs of syncing.
    SyncRuns(sync_read::Runs),
    /// One of them.
    SyncRun(sync_read::Run),
    /// The run that began last.
    LatestSync(sync_read::Latest),
    /// What syncing did to executions.
    SyncLog(sync_read::Log),
    /// How syncing went over some days.
    SyncStats(sync_read::Stats),
    /// What was refused or set aside.
    SyncProblems(sync_read::Problems),
    /// How an execution stands toward each backend.
    SyncStates(sync_read::Of),
    /// Why fields have their values.
    Why(sync_read::Why),
}

/// The calls on one history.
#[derive(Debug)]
pub struct Api<S> {
    history: History<S>,
    /// Where the logs stand that this worker is writing.
    logs: HashMap<ExecutionId, LogWriter>,
    /// What syncing needs beside the history.
    held: sync::Held,
}

impl<S: Store> Api<S> {
    /// On an open history. Notes of clients that nobody heard of for a day are removed, and runs of
    /// syncing that an earlier owner was cut off in are closed: only the owner syncs.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn new(mut history: History<S>, now: Timestamp) -> Result<Self, ApiError> {
        history.write(now, |writer| {
            writer.forget_clients()?;
            close_interrupted(writer)
        })?;
        Ok(Self { history, logs: HashMap::new(), held: sync::Held::default() })
    }

    /// Carries out a call.
    ///
    /// # Errors
    /// [`ApiError`]; nothing was done.
    pub fn call(&mut self, call: Call, now: Timestamp) -> Result<Value, ApiError> {
        match call {
            Call::Write(write) => self.write(write, now),
            Call::List(list) => self.read(|reader| read::list(reader, list)),
            Call::Count(filter) => self.read(|reader| read::count(reader, filter)),
            Call::Get(get) => self.read(|reader| read::get(reader, &get)),
            Call::Log(log) => self.read(|reader| read::log(reader, &log)),
            Call::SyncStatus {} => self.sync_status(now),
            Call::SyncRuns(runs) => self.read(|reader| sync_read::runs(reader, &runs)),
            Call::SyncRun(run) => self.read(|reader| sync_read::run(reader, &run)),
            Call::LatestSync(latest) => self.read(|reader| sync_read::latest(reader, &latest)),
            Call::SyncLog(log) => self.read(|reader| sync_read::log(reader, &log)),
            Call::SyncStats(stats) => self.read(|reader| sync_read::stats(reader, &stats, now)),
            Call::SyncProblems(which) => self.read(|reader| sync_read::problems(reader, &which)),
            Call::SyncStates(of) => self.read(|reader| sync_read::states(reader, &of)),
            Call::Why(why) => self.read(|reader| sync_read::why(reader, &why)),
        }
    }

    /// The history, for closing it.
    pub fn into_history(self) -> History<S> {
        self.history
    }

    fn read<T>(
        &mut self,
        work: impl FnOnce(&runlog_core::history::HistoryReader<'_>) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        // The transaction's own error type is the history's; what the call says is carried past it.
        let mut said = None;
        let read = self.history.read(|reader| match work(reader) {
            Ok(value) => Ok(Some(value)),
            Err(ApiError::History(error)) => Err(error),
            Err(error) => {
                said = Some(error);
                Ok::<_, HistoryError>(None)
            }
        })?;
        match (read, said) {
            (Some(value), _) => Ok(value),
            (None, Some(error)) => Err(error),
            (None, None) => Err(ApiError::invalid("call", "it has no answer")),
        }
    }
}
