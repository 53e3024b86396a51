//! Large histories that are built once and kept for the next run.

use std::path::{Path, PathBuf};

use runlog_sqlite::SCHEMA_VERSION;

use crate::Failed;
use crate::setup::{Setup, open_history};
use crate::workload::{ending, execution};

/// A history of so many executions or fewer has no rare workflow.
pub(crate) const SMALL: u64 = 1_000;
/// The workflow that has few runs in a large history.
pub(crate) const RARE: &str = "rare";
const RARE_RUNS: u64 = 100;
const BATCH: u64 = 5_000;
/// Goes with every change of what is built, the stored form of clocks included.
pub(crate) const BUILD: u32 = 2;

/// The file of a history of `rows` executions, started and finished. Whoever writes to it takes a
/// copy.
pub(crate) fn history(setup: &Setup, rows: u64) -> Result<PathBuf, Failed> {
    let name = format!("scale-{rows}-schema-{SCHEMA_VERSION}-build-{BUILD}");
    let path = setup.cache(&name)?.join("history.db");
    if !path.exists() {
        eprintln!("  building {rows} executions, once");
        let unfinished = path.with_extension("unfinished");
        let _ = std::fs::remove_file(&unfinished);
        build(&unfinished, rows)?;
        std::fs::rename(&unfinished, &path)?;
    }
    Ok(path)
}

fn build(path: &Path, rows: u64) -> Result<(), Failed> {
    let mut history = open_history(path)?;
    let mut number = 0;
    while number < rows {
        let end = rows.min(number + BATCH);
        let mut runs = Vec::new();
        for number in number..end {
            let mut new = execution(number)?;
            if rows > SMALL && number % (rows / RARE_RUNS) == 7 {
                new.workflow_id = RARE.parse()?;
            }
            runs.push(new);
        }
        let now = runs.last().ok_or("no runs")?.created_at;
        history.write(now, |tx| {
            runs.iter().try_for_each(|new| tx.start(new))?;
            runs.iter().try_for_each(|new| tx.finish(new.id, &ending(new)))
        })?;
        number = end;
    }
    let connection = history.into_store().into_connection();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}
