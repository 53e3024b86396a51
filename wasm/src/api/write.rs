//! Calls that write: some operations in one transaction.

use runlog_core::history::{self, HistoryError, HistoryWriter, LogWriter};
use runlog_core::id::ExecutionId;
use runlog_core::json;
use runlog_core::log::LogLimits;
use runlog_core::sorted_map::SortedMap;
use runlog_core::store::Store;
use runlog_core::time::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::arguments::{Text, arguments};
use super::operation::Operation;
use super::{Api, ApiError};

arguments! {
    /// Operations of one transaction, in order. One that is refused does not stop those after it: a page
    /// batches what independent parts of it record.
    #[derive(Debug)]
    pub(super) struct Write {
        /// Which call of which client this is.
        ticket: Option<Ticket>,
        /// What is done.
        operations: Vec<Operation>,
        /// Whether all that is committed is to be on disk to stay before the answer.
        durable: bool = false,
    }

    /// Which call of which client this is: see [`history::Ticket`].
    #[derive(Clone, Copy, Debug)]
    struct Ticket {
        /// A random UUID.
        client: Text<Uuid>,
        number: u64,
        answered: u64,
    }
}

impl From<Ticket> for history::Ticket {
    fn from(ticket: Ticket) -> Self {
        let client = ticket.client.0.into_bytes();
        Self { client, number: ticket.number, answered: ticket.answered }
    }
}

/// The logs that operations of one transaction write to.
pub(super) struct Logs<'a> {
    /// Where logs stood before the transaction.
    before: &'a SortedMap<ExecutionId, LogWriter>,
    /// Where those stand that it writes to; `None` where it ended one.
    after: SortedMap<ExecutionId, Option<LogWriter>>,
}

impl Logs<'_> {
    /// The place in a log, opened where it is not open. It is a copy of the one from before: should
    /// the transaction fail, the log goes on from there.
    pub(super) fn of(
        &mut self,
        writer: &mut HistoryWriter<'_>,
        id: ExecutionId,
    ) -> Result<&mut LogWriter, HistoryError> {
        let held = self.after.entry_or_else(id, || self.before.get(&id).cloned());
        match held {
            Some(log) => Ok(log),
            None => Ok(held.insert(writer.open_log(id, LogLimits::default())?)),
        }
    }

    /// Seals a log that has been written to.
    pub(super) fn end(
        &mut self,
        writer: &mut HistoryWriter<'_>,
        id: ExecutionId,
    ) -> Result<(), HistoryError> {
        if self.before.contains_key(&id) || self.after.contains_key(&id) {
            let log = self.of(writer, id)?;
            writer.seal_log(log)?;
            self.after.insert(id, None);
        }
        Ok(())
    }
}

impl<S: Store> Api<S> {
    pub(super) fn write(&mut self, write: Write, now: Timestamp) -> Result<Value, ApiError> {
        let Write { ticket, operations, durable } = write;
        let ticket = ticket.map(history::Ticket::from);
        let before = &self.logs;
        let (answer, after) = self.history.write(now, |writer| {
            if let Some(ticket) = &ticket
                && let Some(answer) = writer.reader().answer_to(ticket)?
            {
                return Ok((answer, SortedMap::new()));
            }
            let mut logs = Logs { before, after: SortedMap::new() };
            let results = operations.into_iter().map(|operation| {
                match operation.apply(writer, &mut logs) {
                    Ok(()) => Ok(Value::Null),
                    // The store failed: nothing of the transaction stays.
                    Err(ApiError::History(error @ HistoryError::Store(_))) => Err(error),
                    Err(error) => Ok(error.to_json()),
                }
            });
            let results = results.collect::<Result<Vec<Value>, HistoryError>>()?;
            let answer = json::text(&Value::Array(results)).into_bytes();
            if let Some(ticket) = &ticket {
                writer.note_answer(ticket, &answer)?;
            }
            Ok((answer, logs.after))
        })?;
        for (id, log) in after {
            match log {
                Some(log) => self.logs.insert(id, log),
                None => _ = self.logs.remove(&id),
            }
        }
        if durable {
            self.history.persist()?;
        }
        let answer = std::str::from_utf8(&answer).ok().and_then(|text| text.parse().ok());
        answer.ok_or_else(|| ApiError::invalid("answer", "the noted one cannot be read"))
    }
}
