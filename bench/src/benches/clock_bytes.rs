//! Bytes that merging costs a row which was written once and finished once. No index is counted.

use std::path::Path;

use rusqlite::Connection;

use crate::Failed;
use crate::measure::Samples;
use crate::report::{Finding, Target};
use crate::setup::{Setup, open_history};
use crate::workload::{ending, executions};

const BATCH: u64 = 1_000;

pub(crate) fn run(setup: &Setup) -> Result<Vec<Finding>, Failed> {
    let batches = setup.size(100, 1);
    let scratch = setup.scratch()?;
    let path = |name: &str| scratch.path().join(name);
    let mut history = open_history(&path("runlog.db"))?;
    for batch in 0..batches {
        let runs = executions(batch * BATCH..(batch + 1) * BATCH)?;
        let now = runs.last().ok_or("no runs")?.created_at;
        history.write(now, |tx| {
            runs.iter().try_for_each(|new| tx.start(new))?;
            runs.iter().try_for_each(|new| tx.finish(new.id, &ending(new)))
        })?;
    }
    let store = history.into_store();
    let (mut stored, mut in_file) = (Samples::default(), Samples::default());
    stored.push(stored_bytes(store.connection())?);
    let rows = (batches * BATCH) as f64;
    let difference = |page_bytes: u32| -> Result<(f64, f64), Failed> {
        let [with, without] = [true, false].map(|with_metadata| {
            let path = path(&format!("{with_metadata}-{page_bytes}.db"));
            rows_alone(store.connection(), &path, with_metadata, page_bytes)
        });
        let (with, without) = (with? as f64, without? as f64);
        Ok(((with - without) / rows, without / rows))
    };
    // On pages of 4 KiB the figure says how many rows happen to fit: one more or less is 20 bytes.
    let (large_pages, rest) = difference(65_536)?;
    let (small_pages, _) = difference(4_096)?;
    in_file.push(large_pages);
    let notes = format!("mean of {rows} rows; the rest of a row {rest:.0}");
    Ok(vec![
        Finding::new("merge metadata a row, in cells", Target::AtMost(40.0), stored)
            .unit(" B")
            .notes(notes),
        Finding::new("merge metadata a row, in the file", Target::AtMost(40.0), in_file)
            .unit(" B")
            .notes(format!("pages of 64 KiB; by rows that fit into 4 KiB {small_pages:.1}")),
    ])
}

/// Mean bytes of clocks and change number, with the serial types that announce them.
fn stored_bytes(connection: &Connection) -> Result<f64, Failed> {
    // https://sqlite.org/fileformat.html#record_format
    Ok(connection.query_row(
        "SELECT avg(
             length(clocks) + CASE WHEN 2 * length(clocks) + 12 < 128 THEN 1 ELSE 2 END
             + 1 + CASE
                 WHEN change < 2 THEN 0
                 WHEN change < 1 << 7 THEN 1
                 WHEN change < 1 << 15 THEN 2
                 WHEN change < 1 << 23 THEN 3
                 WHEN change < 1 << 31 THEN 4
                 WHEN change < 1 << 47 THEN 6
                 ELSE 8
             END
         ) FROM executions",
        [],
        |row| row.get(0),
    )?)
}

/// Bytes of a file that holds the rows and nothing else.
fn rows_alone(
    source: &Connection,
    path: &Path,
    with_metadata: bool,
    page_bytes: u32,
) -> Result<u64, Failed> {
    Connection::open(path)?.execute_batch(&format!("PRAGMA page_size = {page_bytes}; VACUUM"))?;
    let columns: Vec<String> = source
        .prepare("SELECT name FROM pragma_table_info('executions')")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let kept: Vec<_> = columns
        .into_iter()
        .filter(|name| with_metadata || (name != "clocks" && name != "change"))
        .collect();
    source.execute("ATTACH ?1 AS copy", [path.to_str().ok_or("the path is no text")?])?;
    source.execute_batch(&format!(
        "CREATE TABLE copy.rows AS SELECT {} FROM executions ORDER BY row; DETACH copy",
        kept.join(", ")
    ))?;
    Connection::open(path)?.execute_batch("VACUUM")?;
    Ok(std::fs::metadata(path)?.len())
}
