//! Executions with five params, started and finished, a thousand a transaction, beside the same rows
//! and indexes in plain SQLite.

use runlog_core::history::History;
use runlog_core::model::NewExecution;
use runlog_sqlite::SqliteStore;

use crate::Failed;
use crate::baseline::{self, Shape};
use crate::measure::{Compared, Timed, thousands};
use crate::report::{Finding, Target};
use crate::setup::{Setup, open_history};
use crate::workload::{ending, executions};

const BATCH: u64 = 1_000;
/// Batches before time is taken.
const WARM_UP: u64 = 2;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Finding>, Failed> {
    let batches = setup.size(50, 2);
    let (mut compared, mut unchecked) = (Compared::default(), Compared::default());
    for _ in 0..setup.rounds() {
        let scratch = setup.scratch()?;
        let path = |name: &str| scratch.path().join(name);
        let mut history = open_history(&path("runlog.db"))?;
        let mut plain = baseline::create(&path("plain.db"), Shape::WithoutClocks)?;
        let mut loose = baseline::create(&path("loose.db"), Shape::Unchecked)?;
        let [mut by_runlog, mut by_plain, mut by_loose] = [Timed::default(); 3];
        for batch in 0..WARM_UP + batches {
            if batch == WARM_UP {
                [by_runlog, by_plain, by_loose] = [Timed::default(); 3];
            }
            let runs = executions(batch * BATCH..(batch + 1) * BATCH)?;
            by_plain.add(|| baseline::start_and_finish(&mut plain, &runs))?;
            by_runlog.add(|| start_and_finish(&mut history, &runs))?;
            by_loose.add(|| baseline::start_and_finish(&mut loose, &runs))?;
        }
        assert_same_rows(&history, &plain)?;
        compared.push(by_runlog, by_plain, batches * BATCH);
        unchecked.push(by_runlog, by_loose, batches * BATCH);
    }
    let notes = format!(
        "{}; beside plain without constraints ({}/s) {:.2}",
        compared.rates("executions", "plain"),
        thousands(unchecked.baseline.median()),
        unchecked.wall.median()
    );
    Ok(vec![
        Finding::new("executions, of plain SQLite's rate", Target::AtLeast(0.8), compared.wall)
            .notes(notes),
    ])
}

fn start_and_finish(
    history: &mut History<SqliteStore>,
    runs: &[NewExecution],
) -> Result<(), Failed> {
    let now = runs.last().ok_or("no runs")?.created_at;
    Ok(history.write(now, |tx| {
        runs.iter().try_for_each(|new| tx.start(new))?;
        runs.iter().try_for_each(|new| tx.finish(new.id, &ending(new)))
    })?)
}

/// Both sides did the same work.
fn assert_same_rows(
    history: &History<SqliteStore>,
    plain: &rusqlite::Connection,
) -> Result<(), Failed> {
    let sums = |connection: &rusqlite::Connection| {
        connection.query_row(
            "SELECT count(*), sum(ended_at), sum(exit_code), sum(length(params)),
                 (SELECT count(*) FROM param_index) FROM executions WHERE status <> 'running'",
            [],
            |row| Ok([row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?]),
        )
    };
    let (ours, theirs) = (sums(history.store().connection())?, sums(plain)?);
    if ours != theirs {
        return Err(format!("the rows differ: {ours:?} and {theirs:?}").into());
    }
    Ok(())
}
