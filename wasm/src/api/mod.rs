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
mod write;

pub use error::{ApiError, Code};

use std::collections::HashMap;

use runlog_core::history::{History, HistoryError, LogWriter};
use runlog_core::id::ExecutionId;
use runlog_core::store::Store;
use runlog_core::time::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// A call. The JSON form is `{"method": …, "args": …}`.
#[derive(Debug, Deserialize)]
pub struct Call<'a> {
    /// What is asked: see [`Api::call`].
    method: &'a str,
    /// With what; it depends on the method.
    #[serde(borrow)]
    args: &'a RawValue,
}

impl<'a> Call<'a> {
    /// Reads a call.
    ///
    /// # Errors
    /// [`ApiError::Invalid`].
    pub fn parse(json: &'a str) -> Result<Self, ApiError> {
        serde_json::from_str(json).map_err(|error| ApiError::invalid("call", error.to_string()))
    }
}

/// Reads a part of a call.
fn parse<'a, T: Deserialize<'a>>(json: &'a RawValue) -> Result<T, ApiError> {
    serde_json::from_str(json.get()).map_err(|error| ApiError::invalid("call", error.to_string()))
}

/// The calls on one history.
#[derive(Debug)]
pub struct Api<S> {
    history: History<S>,
    /// Where the logs stand that this worker is writing.
    logs: HashMap<ExecutionId, LogWriter>,
}

impl<S: Store> Api<S> {
    /// On an open history. Notes of clients that nobody heard of for a day are removed.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn new(mut history: History<S>, now: Timestamp) -> Result<Self, ApiError> {
        history.write(now, |writer| writer.forget_clients())?;
        Ok(Self { history, logs: HashMap::new() })
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
    ///
    /// # Errors
    /// [`ApiError`]; nothing was done.
    pub fn call(&mut self, call: &Call<'_>, now: Timestamp) -> Result<Value, ApiError> {
        let args = call.args;
        match call.method {
            "write" => self.write(parse(args)?, now),
            "list" => {
                let list = parse(args)?;
                self.read(|reader| read::list(reader, list))
            }
            "count" => {
                let filter = parse(args)?;
                self.read(|reader| read::count(reader, filter))
            }
            "get" => {
                let get = parse(args)?;
                self.read(|reader| read::get(reader, &get))
            }
            "log" => {
                let log = parse(args)?;
                self.read(|reader| read::log(reader, &log))
            }
            method => Err(ApiError::invalid("method", format!("there is no method '{method}'"))),
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
