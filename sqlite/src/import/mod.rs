//! Reads the databases of other programs, without altering them, as executions to import.
//!
//! | source | tables |
//! |---|---|
//! | seed 0 | `ExecutionHistoryEntry`, with or without the columns of its sync |
//! | seed 1 | `executions`, `execution_params`, `execution_logs` |
//!
//! [`Source::read`] hands out one [`Item`] after the other and holds no more than one execution
//! with a part of its log. What cannot be imported is handed out too, with its place and the
//! reason: a bad row is neither dropped silently nor does it stop the rest.
//!
//! # What is mapped to what
//!
//! - *Status*: texts are compared without case and punctuation. What is not known is decided by the
//!   exit code: 0 is `completed`, another `failed`. Without one nothing says how it ended, so it is
//!   `lost`, the one terminal status that any later report beats. `Running` is `lost`: whatever ran
//!   is not running under this program. A text that the status does not say again stays in the
//!   attribute `imported_status`.
//! - *End*: as the source says, else the time of the last log line, else the start, and then the
//!   attribute `imported_ended_at_approximate` is set. (`lost` is approximate by nature.)
//! - *Times*: RFC 3339; the same without an offset, which counts as UTC, as it must read alike on
//!   every device; ticks of 100 ns since the year 1; seconds or milliseconds since 1970. Times
//!   before 1970 are what an unset date looks like, and are none.
//! - *Sync*: nothing. This program has not synced these rows.
//! - Columns that no field covers become attributes under their own names; values that are not
//!   what their column should hold become attributes under `imported_…`; what is too long is cut
//!   and noted in `imported_cut`.
//!
//! Invariant: every statement is a fixed text; nothing from a source becomes SQL.

mod children;
mod draft;
mod events;
mod fields;
mod open;
mod rows;
mod seed0;
mod seed1;
mod status;

use std::path::Path;

use runlog_core::history::Imported;
use runlog_core::id::{DeviceId, ExecutionId};
use runlog_core::log::Lines;
use runlog_core::store::{StoreError, StoreResult};
use rusqlite::Connection;

use crate::error::Failure;

/// Another program's database, open for reading.
#[derive(Debug)]
pub struct Source {
    // Before the files that it reads: fields are dropped in this order.
    connection: Connection,
    _scratch: Option<open::Scratch>,
    has_seed0: bool,
    has_seed1: bool,
}

/// One thing that a source holds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Item {
    /// An execution, with the first part of its log.
    Execution {
        /// The source's table.
        table: &'static str,
        /// What it is here.
        imported: Box<Imported>,
    },
    /// A further part of the log of the execution before it.
    Log(LogPart),
    /// Something that cannot be imported.
    Skipped(Skipped),
}

/// A further part of a log: for [`import_log`](runlog_core::history::HistoryWriter::import_log).
/// Where parts are cut follows from the log alone.
#[derive(Clone, Debug)]
pub struct LogPart {
    /// The execution.
    pub execution: ExecutionId,
    /// The device that wrote the log.
    pub device: DeviceId,
    /// The sequence of the first line.
    pub first: u64,
    /// The lines.
    pub lines: Lines,
}

/// What cannot be imported, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The source's table.
    pub table: &'static str,
    /// The number of the row in it, where it is one row and has a number.
    pub rowid: Option<i64>,
    /// The id that it names, in the source's own form, cut at 80 bytes.
    pub id: Option<String>,
    /// What is wrong.
    pub reason: String,
}

impl Source {
    /// Opens a database for reading. Where a program left changes beside it (in a `-wal` or
    /// `-journal` file), a copy is made in `scratch`, a directory that must not be there yet and is
    /// removed with the source: reading those changes in place would alter them.
    ///
    /// # Errors
    /// [`StoreError::NotADatabase`]; [`StoreError::Foreign`] where it has none of the known tables;
    /// [`StoreError::Corrupt`]; [`StoreError::Busy`] where a program keeps changing it;
    /// [`StoreError::Io`].
    pub fn open(path: &Path, scratch: &Path) -> StoreResult<Self> {
        let (connection, scratch) = open::open(path, scratch)?;
        let found = open::detect(&connection).map_err(|failure| failure.into_store_error(0))?;
        if !found.seed0 && !found.seed1 {
            let tables = match found.tables.as_slice() {
                [] => "no table".to_owned(),
                tables => tables.join(", "),
            };
            let detail = format!(
                "it has {tables}; what can be imported is {} and {} with a column start_time",
                seed0::TABLE,
                seed1::EXECUTIONS
            );
            return Err(StoreError::Foreign { detail });
        }
        let (has_seed0, has_seed1) = (found.seed0, found.seed1);
        Ok(Self { connection, _scratch: scratch, has_seed0, has_seed1 })
    }

    /// Hands everything to `visit`, from one unchanging state of the source, in an order that
    /// depends on the content alone.
    ///
    /// # Errors
    /// The first error of `visit`, or the source's own.
    pub fn read<E: From<StoreError>>(
        &self,
        mut visit: impl FnMut(Item) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut refused = None;
        let mut sink = |item| {
            visit(item).map_err(|error| {
                refused = Some(error);
                Stop::Visitor
            })
        };
        let read = self.read_all(&mut sink);
        match (read, refused) {
            (_, Some(error)) => Err(error),
            (Err(Stop::Failure(failure)), None) => Err(failure.into_store_error(0).into()),
            (Ok(()) | Err(Stop::Visitor), None) => Ok(()),
        }
    }

    fn read_all(&self, sink: Sink<'_>) -> Step<()> {
        let transaction = self.connection.unchecked_transaction()?;
        if self.has_seed0 {
            seed0::read(&transaction, sink)?;
        }
        if self.has_seed1 {
            seed1::read(&transaction, sink)?;
        }
        Ok(())
    }
}

/// Where items go.
type Sink<'a> = &'a mut dyn FnMut(Item) -> Step<()>;

/// The result of a step of reading.
type Step<T> = Result<T, Stop>;

/// Why reading ended early.
#[derive(Debug)]
enum Stop {
    Failure(Failure),
    /// The visitor returned an error, which is kept elsewhere.
    Visitor,
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failure(error.into())
    }
}
