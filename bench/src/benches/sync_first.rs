//! A first sync: one device to a relay to an empty device, over HTTP, everything sealed, beside
//! copying the same rows between two SQLite files by INSERTs.

use std::path::Path;

use runlog_core::history::History;
use runlog_core::log::{LineRef, Lines, LogLimits, Stream};
use runlog_core::time::Timestamp;
use runlog_sqlite::SqliteStore;
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::Failed;
use crate::measure::{Compared, Samples, Timed};
use crate::relay::{Device, Relay};
use crate::report::{Finding, Target};
use crate::setup::{Setup, open_history};
use crate::workload::{ending, execution, mix};

const LINES: u64 = 10;

#[derive(Default)]
struct Found {
    up: Compared,
    down: Compared,
    bytes: [u64; 2],
    memory_mib: Samples,
}

pub(crate) fn run(setup: &Setup) -> Result<Vec<Finding>, Failed> {
    let count = setup.size(100_000, 500);
    let mut found = Found::default();
    for _ in 0..setup.rounds() {
        round(setup, count, &mut found)?;
    }
    let notes = |compared: &Compared, bytes: u64, atuin: &str| {
        let per = bytes / count;
        let rates = compared.rates("entries", "copied");
        format!("{rates}; {per} bytes an entry; atuin: {atuin}/s")
    };
    let Found { up, down, bytes, memory_mib } = found;
    let memory = format!("; relay's peak {:.0} MiB", memory_mib.median());
    let target = Target::AtLeast(0.2);
    Ok(vec![
        Finding::new("first sync, up, of copying rows", target, up.wall.clone())
            .notes(notes(&up, bytes[0], "10k") + &memory),
        Finding::new("first sync, down, of copying rows", target, down.wall.clone())
            .notes(notes(&down, bytes[1], "7.6k")),
    ])
}

fn round(setup: &Setup, count: u64, found: &mut Found) -> Result<(), Failed> {
    let scratch = setup.scratch()?;
    let path = |name: &str| scratch.path().join(name);
    let relay = Relay::on_sqlite(setup, &path("relay.db"))?;
    fill(&mut open_history(&path("first.db"))?, count)?;
    let first = Device::first(&path("first.db"), &relay)?;
    let second = first.beside(&path("second.db"), &relay)?;
    let [mut pushing, mut pulling, mut copying] = [Timed::default(); 3];
    let pushed = pushing.add(|| first.sync())?;
    let pulled = pulling.add(|| second.sync())?;
    copying.add(|| copy(&path("first.db"), &path("copy.db")))?;
    let held = |name: &str| totals(&path(name));
    if held("second.db")? != held("first.db")? || held("copy.db")? != held("first.db")? {
        return Err("the devices or the copy hold different rows".into());
    }
    found.bytes = [pushed.bytes_up, pulled.bytes_down];
    found.up.push(pushing, copying, count);
    found.down.push(pulling, copying, count);
    found.memory_mib.push(relay.peak_mib()?);
    Ok(())
}

/// Executions, started and finished, with five params and ten lines each.
fn fill(history: &mut History<SqliteStore>, count: u64) -> Result<(), Failed> {
    for from in (0..count).step_by(1_000) {
        let numbers = from..(from + 1_000).min(count);
        let batch = numbers.map(|number| Ok((number, execution(number)?)));
        let batch = batch.collect::<Result<Vec<_>, Failed>>()?;
        history.write(Timestamp::default(), |tx| {
            for (number, new) in &batch {
                tx.start(new)?;
                let mut log = tx.open_log(new.id, LogLimits::default())?;
                tx.append_log(&mut log, &lines(*number, new.created_at))?;
                tx.seal_log(&mut log)?;
                tx.finish(new.id, &ending(new))?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn lines(number: u64, time: Timestamp) -> Lines {
    let mut lines = Lines::new();
    for line in 0..LINES {
        let bits = mix(number * LINES + line);
        let text = format!("step {line} of target {bits:016x} finished without a warning");
        let (stream, bytes) = (Stream::Stdout, text.as_bytes());
        lines.push(LineRef { time, stream, level: None, continued: false, bytes });
    }
    lines
}

/// Sums over what is shown.
fn totals(path: &Path) -> Result<[i64; 4], Failed> {
    Ok(Connection::open(path)?.query_row(
        "SELECT (SELECT count(*) FROM executions WHERE visibility = 1),
             (SELECT sum(ended_at) FROM executions),
             (SELECT count(*) FROM param_index),
             (SELECT count(*) FROM log_pieces)",
        [],
        |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]),
    )?)
}

/// Copies executions and log pieces row by row into a database with the same indexes.
fn copy(from: &Path, to: &Path) -> Result<(), Failed> {
    drop(open_history(to)?);
    let source = Connection::open(from)?;
    let mut target = Connection::open(to)?;
    target.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")?;
    for table in ["executions", "param_index", "log_pieces"] {
        let columns: Vec<String> = source
            .prepare(&format!("SELECT name FROM pragma_table_xinfo('{table}') WHERE hidden = 0"))?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let holes = vec!["?"; columns.len()].join(", ");
        let names = columns.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let mut rows = source.prepare(&format!("SELECT {names} FROM {table}"))?;
        let mut rows = rows.query([])?;
        loop {
            let transaction = target.transaction()?;
            let mut insert = transaction
                .prepare_cached(&format!("INSERT INTO {table} ({names}) VALUES ({holes})"))?;
            let mut copied = 0;
            while copied < 1_000
                && let Some(row) = rows.next()?
            {
                let values = (0..columns.len()).map(|at| row.get::<_, Value>(at));
                insert
                    .execute(rusqlite::params_from_iter(values.collect::<Result<Vec<_>, _>>()?))?;
                copied += 1;
            }
            drop(insert);
            transaction.commit()?;
            if copied < 1_000 {
                break;
            }
        }
    }
    Ok(())
}
