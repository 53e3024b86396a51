//! Imports a file into a history in memory.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use runlog_core::history::{History, HistoryError, Merged};
use runlog_core::id::{DeviceId, ExecutionId};
use runlog_core::log::{LogEntry, LogFilter, LogRange};
use runlog_core::model::Execution;
use runlog_core::store::MemoryStore;
use runlog_core::time::Timestamp;
use runlog_sqlite::import::{Item, Skipped, Source};

/// 2026-11-21, after everything in the golden databases.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_795_255_200_000);

pub(crate) struct Device {
    pub(crate) history: History<MemoryStore>,
}

/// What an import did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) added: u64,
    pub(crate) known: u64,
    pub(crate) lines: u64,
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) refused: Vec<String>,
}

pub(crate) fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/import").join(name)
}

/// The id of the golden databases' rows.
pub(crate) fn id(number: u32) -> ExecutionId {
    format!("0b5e7a10-0000-4000-8000-{number:012}").parse().unwrap()
}

pub(crate) fn open(path: &Path) -> Source {
    let scratch = tempfile::tempdir().unwrap();
    Source::open(path, &scratch.path().join("scratch")).unwrap()
}

impl Device {
    pub(crate) fn new(number: u128) -> Self {
        let device = DeviceId::from_u128(number);
        Self { history: History::open(MemoryStore::new(), device).unwrap() }
    }

    pub(crate) fn import(&mut self, path: &Path) -> Done {
        let source = open(path);
        let mut done = Done::default();
        let written = self.history.write(NOW, |tx| {
            source.read(|item| {
                match item {
                    Item::Execution { imported, .. } => match tx.import(&imported) {
                        Ok(into) => {
                            done.lines += into.log_lines_added;
                            match into.row {
                                Merged::Created => done.added += 1,
                                _ => done.known += 1,
                            }
                        }
                        Err(HistoryError::Invalid(error)) => done.refused.push(error.to_string()),
                        Err(error) => return Err(error),
                    },
                    Item::Log(part) => {
                        let (id, device) = (part.execution, part.device);
                        done.lines += tx.import_log(id, device, part.first, &part.lines)?;
                    }
                    Item::Skipped(skipped) => done.skipped.push(skipped),
                    other => panic!("{other:?}"),
                }
                Ok(())
            })
        });
        written.unwrap();
        done
    }

    pub(crate) fn run(&mut self, id: ExecutionId) -> Execution {
        self.history.read(|reader| reader.execution(id)).unwrap().unwrap()
    }

    /// The log as `stream level text`.
    pub(crate) fn log(&mut self, id: ExecutionId) -> Vec<String> {
        let mut lines = Vec::new();
        let mut visit = |entry: LogEntry<'_>| {
            if let LogEntry::Line(_, line) = entry {
                let level = line.level.map_or("-", |level| level.as_str());
                let text = String::from_utf8_lossy(line.bytes);
                lines.push(format!("{} {level} {text}", line.stream));
            }
            ControlFlow::Continue(())
        };
        let (range, filter) = (LogRange::ALL, LogFilter::default());
        self.history.read(|reader| reader.log(id, range, &filter, &mut visit)).unwrap();
        lines
    }

    /// Everything in the store: rows, clocks, change numbers, pieces; not the device's own id.
    pub(crate) fn dump(&self) -> String {
        format!("{:?}", self.history.store())
            .replace(&format!("{:?}", self.history.device()), "own")
    }
}
