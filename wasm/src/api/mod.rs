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

mod arguments;
mod error;
mod operation;
mod read;
mod shape;
mod shape_sync;
mod status;
mod storage;
mod sync;
mod sync_read;
mod write;

pub use error::{ApiError, Code};
pub use sync::{Heard, Step};

use std::fmt;

use runlog_core::history::{History, HistoryReader, LogWriter};
use runlog_core::id::ExecutionId;
use runlog_core::sorted_map::SortedMap;
use runlog_core::store::Store;
use runlog_core::sync::engine::close_interrupted;
use runlog_core::time::Timestamp;
use serde_json::Value;

use arguments::{Argument, Fields};

/// A call. The JSON form is `{"method": …, "args": …}`.
pub struct Call {
    /// What is asked: see [`Api::call`].
    method: String,
    /// With what; it depends on the method.
    args: Value,
}

impl fmt::Debug for Call {
    /// Without the arguments: they may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("method", &self.method).finish_non_exhaustive()
    }
}

impl Call {
    /// Reads a call.
    ///
    /// # Errors
    /// [`ApiError::Invalid`].
    pub fn parse(json: &str) -> Result<Self, ApiError> {
        let value = serde_json::from_str(json);
        let value = value.map_err(|error| ApiError::invalid("call", error.to_string()))?;
        let mut fields = Fields::of("call", value)?;
        Ok(Self { method: fields.take("method")?, args: fields.value("args") })
    }
}

/// Reads a part of a call.
fn parse<T: Argument>(args: Value) -> Result<T, ApiError> {
    Ok(T::of("args", args)?)
}

/// The calls on one history.
#[derive(Debug)]
pub struct Api<S> {
    history: History<S>,
    /// Where the logs stand that this worker is writing.
    logs: SortedMap<ExecutionId, LogWriter>,
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
        Ok(Self { history, logs: SortedMap::new(), held: sync::Held::default() })
    }

    /// Carries out a call:
    ///
    /// | method | |
    /// |---|---|
    /// | `write` | writes, in one transaction |
    /// | `list` | a page of executions |
    /// | `count` | how many executions match |
    /// | `get` | one execution with everything but its log |
    /// | `log` | a part of a log |
    /// | `syncStatus` | how this device stands toward its backends |
    /// | `syncRuns` | runs of syncing |
    /// | `syncRun` | one of them |
    /// | `latestSync` | the run that began last |
    /// | `syncLog` | what syncing did to executions |
    /// | `syncStats` | how syncing went over some days |
    /// | `syncProblems` | what was refused or set aside |
    /// | `syncStates` | how an execution stands toward each backend |
    /// | `why` | why fields have their values |
    /// | `totals` | how many executions there are, and in the trash |
    /// | `retention` | how long the trash keeps what was deleted |
    /// | `setRetention` | sets that |
    /// | `emptyTrash` | purges what the trash has kept for long enough |
    ///
    /// # Errors
    /// [`ApiError`]; nothing was done.
    pub fn call(&mut self, call: Call, now: Timestamp) -> Result<Value, ApiError> {
        let args = call.args;
        match call.method.as_str() {
            "write" => self.write(parse(args)?, now),
            "list" => self.ask(args, read::list),
            "count" => self.ask(args, read::count),
            "get" => self.ask(args, read::get),
            "log" => self.ask(args, read::log),
            "syncStatus" => self.sync_status(now),
            "syncRuns" => self.ask(args, sync_read::runs),
            "syncRun" => self.ask(args, sync_read::run),
            "latestSync" => self.ask(args, sync_read::latest),
            "syncLog" => self.ask(args, sync_read::log),
            "syncStats" => self.ask(args, |reader, stats| sync_read::stats(reader, stats, now)),
            "syncProblems" => self.ask(args, sync_read::problems),
            "syncStates" => self.ask(args, sync_read::states),
            "why" => self.ask(args, sync_read::why),
            "totals" => self.ask(args, storage::totals),
            "retention" => self.ask(args, storage::retention),
            "setRetention" => self.set_retention(&parse(args)?, now),
            "emptyTrash" => self.empty_trash(now),
            method => Err(ApiError::invalid("method", format!("there is no method '{method}'"))),
        }
    }

    /// The store, for what is not about the history: its file, its health.
    pub fn store_mut(&mut self) -> &mut S {
        self.history.store_mut()
    }

    /// Forgets what was known of the history: its store holds another one.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn start_anew(&mut self, now: Timestamp) -> Result<(), ApiError> {
        self.logs.clear();
        self.held = sync::Held::default();
        self.history.reload_device()?;
        Ok(self.history.write(now, |writer| writer.forget_clients())?)
    }

    /// The history, for closing it.
    pub fn into_history(self) -> History<S> {
        self.history
    }

    /// Answers from the history.
    fn ask<T: Argument>(
        &mut self,
        args: Value,
        answer: impl FnOnce(&HistoryReader<'_>, T) -> Result<Value, ApiError>,
    ) -> Result<Value, ApiError> {
        let asked = parse(args)?;
        // The transaction's own error type is the history's; what the call says is carried past it.
        let mut answered = Ok(Value::Null);
        self.history.read(|reader| match answer(reader, asked) {
            Err(ApiError::History(error)) => Err(error),
            said => {
                answered = said;
                Ok(())
            }
        })?;
        answered
    }
}
