//! Rates beside plain SQLite with the same tables and indexes, in one run. See `bench` for the
//! benchmarks that are kept; this one serves whoever changes the store.
//!
//! `cargo run --release -p runlog-sqlite --features bundled --example rates`

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use runlog_core::clock::{Clock, ClockTime, ColumnSet, RowClocks};
use runlog_core::id::{DeviceId, ExecutionId};
use runlog_core::log::{Level, LineRef, Lines, LogKey, PieceHead, Stream};
use runlog_core::merge::merge_cells;
use runlog_core::model::{Ending, Exit, Kind, NewExecution, Visibility};
use runlog_core::schema::{RowKey, executions};
use runlog_core::store::{ChangeNumber, RowWrite, Store, StoreError};
use runlog_core::time::Timestamp;
use runlog_sqlite::{Options, SqliteStore};
use rusqlite::{Connection, params};

const BATCHES: u64 = 50;
const BATCH: u64 = 1_000;
const ROUNDS: u64 = 3;
const DEVICE: DeviceId = DeviceId::from_u128(0xd1);

type Failed = Box<dyn Error>;

fn main() -> Result<(), Failed> {
    let directory = std::env::temp_dir().join(format!("rates-{}", std::process::id()));
    std::fs::create_dir_all(&directory)?;
    for round in 0..ROUNDS {
        let path = |name: &str| directory.join(format!("{name}-{round}.db"));
        runs(&path("plain"), &path("store"))?;
        lines(&path("plain-lines"), &path("store-lines"))?;
    }
    std::fs::remove_dir_all(directory)?;
    Ok(())
}

/// Time of this thread on the processor, which other programs disturb least.
fn on_processor() -> Result<Duration, Failed> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos = text.split(' ').next().ok_or("no schedstat")?.parse()?;
    Ok(Duration::from_nanos(nanos))
}

/// Adds what `work` takes.
fn timed(total: &mut Duration, work: impl FnOnce() -> Result<(), Failed>) -> Result<(), Failed> {
    let before = on_processor()?;
    work()?;
    *total += on_processor()? - before;
    Ok(())
}

/// Plain SQLite and the store take turns, batch by batch.
fn runs(plain_path: &Path, store_path: &Path) -> Result<(), Failed> {
    let (mut plain, mut store) = (open(plain_path)?.into_connection(), open(store_path)?);
    let (mut by_plain, mut by_store) = (Duration::ZERO, Duration::ZERO);
    for batch in 0..BATCHES {
        let numbers = batch * BATCH..(batch + 1) * BATCH;
        let runs: Vec<NewExecution> = numbers.map(new_execution).collect::<Result<_, _>>()?;
        timed(&mut by_plain, || plain_runs(&mut plain, &runs, batch * BATCH))?;
        timed(&mut by_store, || store_runs(&mut store, &runs, batch * BATCH))?;
    }
    let rate = |time: Duration| (BATCHES * BATCH) as f64 / time.as_secs_f64();
    let (plain, store) = (rate(by_plain), rate(by_store));
    println!("runs: plain {plain:.0}/s, store {store:.0}/s, ratio {:.2}", store / plain);
    Ok(())
}

fn new_execution(number: u64) -> Result<NewExecution, Failed> {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    let id = ExecutionId::v7(1_700_000_000_000 + number, &random);
    let at = Timestamp::from_millis(1_700_000_000_000 + number as i64);
    let mut new = NewExecution::new(id, Kind::Job, &format!("workflow-{}", number % 50), at)?;
    new.host_name = Some("builder.example".into());
    new.user = Some("builder".into());
    new.working_directory = Some("/home/builder/project".into());
    new.argv = vec!["make".into(), "test".into()];
    for (name, value) in [("env", number % 3), ("branch", number % 20), ("shard", number % 8)] {
        new.params.set(name, format!("value-{value}"))?;
    }
    new.params.set("retries", "3")?;
    new.params.set("commit", format!("{:016x}", number.wrapping_mul(0x2545_f491_4f6c_dd1d)))?;
    Ok(new)
}

fn open(path: &Path) -> Result<SqliteStore, Failed> {
    Ok(SqliteStore::open(Connection::open(path)?, Options::default(), Timestamp::default())?)
}

/// Rows with the clocks and change numbers left constant and short, by prepared statements.
fn plain_runs(plain: &mut Connection, runs: &[NewExecution], first: u64) -> Result<(), Failed> {
    let tx = plain.transaction()?;
    {
        let mut insert = tx.prepare_cached(
            "INSERT INTO executions (id, visibility, change, clocks, started_at, deleted, pinned,
                 kind, workflow_id, workflow_name, created_at, device_id, host_name, user,
                 working_directory, binary_path, parent_id, retry_of, engine_id, used_fallback,
                 note, argv, params, attributes, compiled_prompt)
             VALUES (?1, 1, ?2, x'', ?3, 0, 0, ?4, ?5, NULL, ?6, ?7, ?8, ?9, ?10, NULL, NULL,
                 NULL, NULL, NULL, NULL, ?11, ?12, '{}', NULL)",
        )?;
        let mut param = tx.prepare_cached("INSERT INTO param_index VALUES (?1, ?2, ?3, ?4)")?;
        let mut update = tx.prepare_cached(
            "UPDATE executions SET change = ?1, outcome = ?2, ended_at = ?3, exit_code = ?4,
                 signal = NULL WHERE id = ?5",
        )?;
        for (new, number) in runs.iter().zip(first as i64..) {
            let begun_at = new.created_at.as_millis();
            let argv = serde_json::to_string(&new.argv)?;
            let row = insert.insert(params![
                new.id.as_bytes(),
                number * 2,
                begun_at,
                new.kind.as_str(),
                new.workflow_id.as_str(),
                begun_at,
                DEVICE.as_bytes(),
                new.host_name,
                new.user,
                new.working_directory,
                argv,
                new.params.to_json(),
            ])?;
            for (name, value) in new.params.iter() {
                param.execute(params![name, value, begun_at, row])?;
            }
            let (change, ended_at) = (number * 2 + 1, begun_at + 40);
            update.execute(params![change, "completed", ended_at, 0, new.id.as_bytes()])?;
        }
    }
    tx.commit()?;
    Ok(())
}

fn clock(number: u64) -> Clock {
    Clock { time: ClockTime::new(1_700_000_000_000 + number, 0), device: DEVICE }
}

fn store_runs(store: &mut SqliteStore, runs: &[NewExecution], first: u64) -> Result<(), Failed> {
    store.write(|tx| {
        for (new, number) in runs.iter().zip(first..) {
            let number = number * 2;
            let key = RowKey::Execution(new.id);
            let cells = new.to_cells(DEVICE)?;
            let mut clocks = RowClocks::new();
            clocks.set(cells.iter().map(|(id, _)| *id).collect::<ColumnSet>(), clock(number));
            let change = ChangeNumber::new(number);
            let visibility = Visibility::Live;
            let write = RowWrite { cells: &cells, clocks: &clocks, change, visibility };
            tx.insert_row(&key, &write)?;

            let looked_at = ColumnSet::of(&[executions::OUTCOME, executions::STARTED_AT]);
            let mut row = tx.row(&key, looked_at)?.ok_or(StoreError::RowMissing)?;
            let ending = Ending::of_process(Exit::Code(0), new.created_at.plus_millis(40));
            let cells = merge_cells(&mut row.clocks, clock(number + 1), ending.to_cells().into());
            let (clocks, change) = (&row.clocks, ChangeNumber::new(number + 1));
            let write = RowWrite { cells: &cells, clocks, change, visibility };
            tx.update_row(&key, &write)?;
        }
        Ok(())
    })
}

const LOGS: u64 = 1_000;
const LINES: u64 = 500;

/// A line as a build writes it, about 125 bytes long.
fn line(run: u64, number: u64) -> String {
    let mix = (run << 20 | number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let unit = ["parser", "planner", "executor", "storage", "network", "session"][mix as usize % 6];
    match mix >> 60 {
        0 => format!(
            "WARN  crate::{unit}::cache entry {:08x} evicted after {} ms, {} of 4096 \
                      slots in use, next sweep scheduled in {} seconds",
            mix as u32,
            mix >> 50 & 1023,
            mix >> 40 & 4095,
            mix >> 30 & 63
        ),
        1 => format!(
            "test crate::{unit}::tests::round_trip_{} ... ok ({}.{:03}s) with seed \
                      0x{:016x} over {} generated cases of at most 4096 bytes",
            number,
            mix >> 58,
            mix >> 44 & 511,
            mix,
            mix >> 30 & 1023
        ),
        _ => format!(
            "INFO  crate::{unit} request {} to /api/v1/{unit}/items/{} answered 200 in {} \
                      ms with {} bytes, connection kept alive for 30 s",
            number,
            mix >> 44 & 65535,
            mix >> 36 & 255,
            mix >> 20 & 65535
        ),
    }
}

/// One log a transaction, on both sides.
fn lines(plain_path: &Path, store_path: &Path) -> Result<(), Failed> {
    let (mut plain, mut store) = (open(plain_path)?.into_connection(), open(store_path)?);
    plain.execute_batch(
        "CREATE TABLE lines (execution BLOB, sequence INTEGER, time INTEGER, stream INTEGER,
             level INTEGER, text TEXT, PRIMARY KEY (execution, sequence)) WITHOUT ROWID",
    )?;
    let (mut by_plain, mut by_store) = (Duration::ZERO, Duration::ZERO);
    let mut text = 0;
    for run in 0..LOGS {
        let lines: Vec<String> = (0..LINES).map(|number| line(run, number)).collect();
        text += lines.iter().map(|line| line.len() + 1).sum::<usize>();
        let id = ExecutionId::v7(1_700_000_000_000 + run, &[run as u8; 10]);
        timed(&mut by_plain, || plain_lines(&mut plain, id, &lines))?;
        timed(&mut by_store, || store_lines(&mut store, id, &lines))?;
    }
    drop(store);
    let on_disk = std::fs::metadata(store_path)?.len() as f64 / text as f64;
    let rate = |time: Duration| (LOGS * LINES) as f64 / time.as_secs_f64();
    let (plain, store) = (rate(by_plain), rate(by_store));
    println!(
        "lines: plain {plain:.0}/s, store {store:.0}/s, ratio {:.2}, {on_disk:.3} on disk",
        store / plain
    );
    Ok(())
}

fn plain_lines(plain: &mut Connection, id: ExecutionId, lines: &[String]) -> Result<(), Failed> {
    let tx = plain.transaction()?;
    {
        let mut insert = tx.prepare_cached("INSERT INTO lines VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        for (line, number) in lines.iter().zip(0i64..) {
            let time = 1_700_000_000_000 + number * 3;
            insert.execute(params![id.as_bytes(), number, time, 0, 3, line])?;
        }
    }
    tx.commit()?;
    Ok(())
}

fn store_lines(
    store: &mut SqliteStore,
    execution: ExecutionId,
    lines: &[String],
) -> Result<(), Failed> {
    let mut batch = Lines::new();
    for (line, number) in lines.iter().zip(0i64..) {
        batch.push(LineRef {
            time: Timestamp::from_millis(1_700_000_000_000 + number * 3),
            stream: Stream::Stdout,
            level: Some(Level::Info),
            continued: false,
            bytes: line.as_bytes(),
        });
    }
    let head = PieceHead {
        log: LogKey { execution, device: DEVICE },
        first: 1,
        last: batch.len() as u64,
        bytes: batch.bytes() as u64,
        last_at: batch.last_at(),
        contents: batch.contents(),
        sealed: true,
        change: ChangeNumber::new(1),
    };
    Ok(store.write(|tx| tx.put_piece(&head, &batch))?)
}
