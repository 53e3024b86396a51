//! Importing the databases of other programs.

use std::path::Path;

use runlog_core::history::{HistoryError, HistoryWriter, Imported, Merged};
use runlog_core::store::StoreError;
use runlog_sqlite::import::{Item, Skipped, Source};

use crate::{Error, Runlog, system};

/// Executions in one transaction.
const BATCH_EXECUTIONS: usize = 1_000;
/// Bytes of text at which a transaction ends earlier: what an import holds in memory.
const BATCH_BYTES: usize = 16 << 20;
/// Skipped rows that a report lists; it counts all.
const SKIPPED_LISTED_MAX: usize = 100;

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportReport {
    /// Executions that are new here.
    pub executions_added: u64,
    /// Executions that were here and of which the source knows something newer.
    pub executions_updated: u64,
    /// Executions of which everything was known, or is newer here.
    pub executions_known: u64,
    /// Executions that were purged here: they stay away.
    pub executions_purged: u64,
    /// Log lines that are new here.
    pub log_lines_added: u64,
    /// The first 100 rows that could not be imported, each with its place and the reason.
    pub skipped: Vec<Skipped>,
    /// How many could not be imported in all.
    pub skipped_count: u64,
}

impl Runlog {
    /// Imports the executions of another program's database, which is not altered. What was
    /// imported before is known, what was edited or purged here since stays so: an import can be
    /// repeated, and one that was cut off goes on. See [`runlog_sqlite::import`] for the databases
    /// that can be read and for what becomes of them.
    ///
    /// It writes in transactions of 1,000 executions. Rows that cannot be imported are skipped and
    /// reported.
    ///
    /// # Errors
    /// [`Error::Database`] with the path of the file, where it cannot be read (its predicates tell
    /// a file that is no such database and a damaged one), or the history's own errors. What was
    /// committed before stays.
    pub fn import_file(&self, path: impl AsRef<Path>) -> Result<ImportReport, Error> {
        let path = path.as_ref();
        let name = format!("runlog-import-{}", system::new_execution_id());
        let scratch = std::env::temp_dir().join(name);
        let source = Source::open(path, &scratch).map_err(Error::database(path))?;
        let mut batch = Batch { runlog: self, items: Vec::new(), executions: 0, bytes: 0 };
        let mut report = ImportReport::default();
        let read = source.read(|item| Ok(batch.take(item, &mut report)?));
        match read {
            Ok(()) => batch.write(&mut report)?,
            Err(Failed::Reading(error)) => return Err(Error::database(path)(error)),
            Err(Failed::Writing(error)) => return Err(error),
        }
        Ok(report)
    }
}

enum Failed {
    Reading(StoreError),
    Writing(Error),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Reading(error)
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Writing(error)
    }
}

/// Items that wait for their transaction.
struct Batch<'a> {
    runlog: &'a Runlog,
    items: Vec<Item>,
    executions: usize,
    bytes: usize,
}

impl Batch<'_> {
    fn take(&mut self, item: Item, report: &mut ImportReport) -> Result<(), Error> {
        match item {
            Item::Skipped(skipped) => {
                report.skip(skipped);
                return Ok(());
            }
            Item::Execution { ref imported, .. } => {
                self.executions += 1;
                self.bytes += bytes_of(imported);
            }
            Item::Log(ref part) => self.bytes += part.lines.bytes(),
            _ => return Ok(()),
        }
        self.items.push(item);
        if self.executions < BATCH_EXECUTIONS && self.bytes < BATCH_BYTES {
            return Ok(());
        }
        self.write(report)
    }

    fn write(&mut self, report: &mut ImportReport) -> Result<(), Error> {
        if self.items.is_empty() {
            return Ok(());
        }
        let mut added = ImportReport::default();
        self.runlog.write(|tx| self.items.iter().try_for_each(|item| added.write(tx, item)))?;
        report.add(added);
        (self.executions, self.bytes) = (0, 0);
        self.items.clear();
        Ok(())
    }
}

impl ImportReport {
    fn write(&mut self, tx: &mut HistoryWriter<'_>, item: &Item) -> Result<(), HistoryError> {
        match item {
            Item::Execution { table, imported } => match tx.import(imported) {
                Ok(into) => {
                    self.log_lines_added += into.log_lines_added;
                    *match into.row {
                        Merged::Created => &mut self.executions_added,
                        Merged::Updated => &mut self.executions_updated,
                        Merged::Purged => &mut self.executions_purged,
                        _ => &mut self.executions_known,
                    } += 1;
                }
                Err(HistoryError::Invalid(error)) => {
                    let id = Some(imported.execution.id.to_string());
                    let reason = error.to_string();
                    self.skip(Skipped { table, rowid: None, id, reason });
                }
                Err(error) => return Err(error),
            },
            Item::Log(part) => {
                let (id, device) = (part.execution, part.device);
                self.log_lines_added += tx.import_log(id, device, part.first, &part.lines)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn skip(&mut self, skipped: Skipped) {
        self.skipped_count += 1;
        if self.skipped.len() < SKIPPED_LISTED_MAX {
            self.skipped.push(skipped);
        }
    }

    fn add(&mut self, other: Self) {
        self.executions_added += other.executions_added;
        self.executions_updated += other.executions_updated;
        self.executions_known += other.executions_known;
        self.executions_purged += other.executions_purged;
        self.log_lines_added += other.log_lines_added;
        self.skipped_count += other.skipped_count - other.skipped.len() as u64;
        other.skipped.into_iter().for_each(|skipped| self.skip(skipped));
    }
}

/// What can be large of an execution.
fn bytes_of(imported: &Imported) -> usize {
    let execution = &imported.execution;
    let params: usize = execution.params.iter().map(|(name, value)| name.len() + value.len()).sum();
    let attributes: usize =
        execution.attributes.iter().map(|(name, value)| name.len() + value.to_string().len()).sum();
    let prompt = execution.compiled_prompt.as_deref().map_or(0, str::len);
    params + attributes + prompt + imported.log.bytes()
}
