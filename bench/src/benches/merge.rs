//! Merging what another device wrote into an empty store, beside a last-writer-wins merge written by
//! hand for these tables.

use runlog_core::clock::{Clock, ClockTime, ColumnId};
use runlog_core::codec::RowRecord;
use runlog_core::history::{History, Merged};
use runlog_core::id::{DeviceId, ExecutionId};
use runlog_core::schema::{RowKey, Table};
use runlog_core::value::Value;
use runlog_sqlite::SqliteStore;

use crate::Failed;
use crate::baseline::{self, Shape};
use crate::by_hand::{ByHand, insert_plainly};
use crate::measure::{Compared, Timed, thousands};
use crate::report::{Finding, Target};
use crate::setup::{Setup, open_history};
use crate::workload::{ending, execution};

const BATCH: u64 = 1_000;
const WARM_UP: u64 = 2;
const REMOTE: DeviceId = DeviceId::from_u128(0x0e2e_0000_4000_8000_0000_0000_00e2);

/// A row of another device: its cells by the clock under which they were written.
#[derive(Clone, Debug)]
pub(crate) struct RemoteRow {
    pub(crate) id: ExecutionId,
    pub(crate) writes: Vec<(Clock, Vec<(ColumnId, Value)>)>,
}

pub(crate) fn run(setup: &Setup) -> Result<Vec<Finding>, Failed> {
    let batches = setup.size(25, 2);
    let mut findings = Vec::new();
    let names = [
        (true, "merge of rows with one clock, of LWW by hand"),
        (false, "merge of rows with two clocks, of LWW by hand"),
    ];
    for (one_clock, name) in names {
        let [mut compared, mut typed, mut of_plain] = [(); 3].map(|()| Compared::default());
        for _ in 0..setup.rounds() {
            let [by_records, by_cells, by_hand, by_plain] = round(setup, batches, one_clock)?;
            compared.push(by_records, by_hand, batches * BATCH);
            typed.push(by_cells, by_hand, batches * BATCH);
            of_plain.push(by_hand, by_plain, batches * BATCH);
        }
        let notes = format!(
            "{}; by merge_row {:.2}; by hand of plain insert ({}/s) {:.2}",
            compared.rates("rows", "by hand"),
            typed.wall.median(),
            thousands(of_plain.baseline.median()),
            of_plain.wall.median()
        );
        findings.push(Finding::new(name, Target::AtLeast(0.5), compared.wall).notes(notes));
    }
    Ok(findings)
}

fn round(setup: &Setup, batches: u64, one_clock: bool) -> Result<[Timed; 4], Failed> {
    let scratch = setup.scratch()?;
    let path = |name: &str| scratch.path().join(name);
    let mut by_records = open_history(&path("records.db"))?;
    let mut by_cells = open_history(&path("cells.db"))?;
    let mut by_hand = ByHand::new(baseline::create(&path("by-hand.db"), Shape::Whole)?);
    let mut plain = baseline::create(&path("plain.db"), Shape::WithoutClocks)?;
    let mut times = [Timed::default(); 4];
    for batch in 0..WARM_UP + batches {
        if batch == WARM_UP {
            times = [Timed::default(); 4];
        }
        let numbers = batch * BATCH..(batch + 1) * BATCH;
        let rows: Vec<RemoteRow> =
            numbers.map(|number| remote_row(number, one_clock)).collect::<Result<_, _>>()?;
        let records: Vec<RowRecord> = rows.iter().flat_map(records_of).collect();
        let cells = rows.clone();
        times[2].add(|| by_hand.merge(&rows))?;
        times[0].add(|| merge(&mut by_records, records))?;
        times[1].add(|| merge_cells(&mut by_cells, cells))?;
        times[3].add(|| insert_plainly(&mut plain, &rows))?;
    }
    let ours = shown(by_records.store().connection())?;
    for theirs in [by_cells.store().connection(), by_hand.connection(), &plain] {
        if shown(theirs)? != ours {
            return Err("the merged rows differ".into());
        }
    }
    Ok(times)
}

/// An execution that another device started and ended.
fn remote_row(number: u64, one_clock: bool) -> Result<RemoteRow, Failed> {
    let new = execution(number)?;
    let ending = ending(&new);
    let at =
        |millis: i64| Clock { time: ClockTime::new(millis.cast_unsigned(), 0), device: REMOTE };
    let mut start = new.to_cells(REMOTE)?;
    let end = ending.to_cells().to_vec();
    let ended = at(ending.ended_at.as_millis() + 1);
    let writes = if one_clock {
        start.extend(end);
        vec![(ended, start)]
    } else {
        vec![(at(new.created_at.as_millis()), start), (ended, end)]
    };
    Ok(RemoteRow { id: new.id, writes })
}

/// The row as it travels.
fn records_of(row: &RemoteRow) -> Vec<RowRecord> {
    let columns = Table::Executions.columns();
    let named =
        |(id, value): &(ColumnId, Value)| (columns[id.index()].name.to_owned(), value.clone());
    let record = |(clock, cells): &(Clock, Vec<(ColumnId, Value)>)| RowRecord {
        table: Table::Executions.name().to_owned(),
        key: row.id.as_bytes().to_vec(),
        clock: *clock,
        cells: cells.iter().map(named).collect(),
    };
    row.writes.iter().map(record).collect()
}

fn merge(history: &mut History<SqliteStore>, records: Vec<RowRecord>) -> Result<(), Failed> {
    let merged = history.write(Default::default(), |tx| tx.merge(records))?;
    assert_news(&merged)
}

fn merge_cells(history: &mut History<SqliteStore>, rows: Vec<RemoteRow>) -> Result<(), Failed> {
    let newest = rows.iter().flat_map(|row| &row.writes).map(|(clock, _)| clock.time).max();
    let merged = history.write(Default::default(), |tx| {
        let mut merged = Vec::new();
        for row in rows {
            let key = RowKey::Execution(row.id);
            for (clock, cells) in row.writes {
                merged.push(tx.merge_row(&key, clock, cells)?);
            }
        }
        tx.observe(newest);
        Ok(merged)
    })?;
    assert_news(&merged)
}

fn assert_news(merged: &[Merged]) -> Result<(), Failed> {
    let is_news = |merged: &Merged| matches!(merged, Merged::Created | Merged::Updated);
    if merged.iter().all(is_news) { Ok(()) } else { Err("a record was no news".into()) }
}

/// Sums over the rows that are shown.
fn shown(connection: &rusqlite::Connection) -> Result<[i64; 5], Failed> {
    Ok(connection.query_row(
        "SELECT count(*), sum(ended_at), sum(exit_code), sum(length(params)),
             (SELECT count(*) FROM param_index) FROM executions WHERE visibility = 1",
        [],
        |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?]),
    )?)
}
