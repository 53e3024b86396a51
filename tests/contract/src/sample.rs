//! What contracts put into stores.

use runlog_core::clock::{Clock, ClockTime, ColumnId, RowClocks};
use runlog_core::history::History;
use runlog_core::id::{DeviceId, ExecutionId};
use runlog_core::log::{Gap, GapReason, Level, LineRef, Lines, LogKey, PieceHead, Stream};
use runlog_core::model::{Ending, Exit, Kind, NewExecution, Outcome, Tag, Visibility};
use runlog_core::query::ListQuery;
use runlog_core::schema::{RowKey, Table, tags};
use runlog_core::store::{
    Backend, BackendId, ChangeNumber, Counters, KeptCell, Lease, ListedRow, OwnerId, ReadTx,
    Rejection, Room, RowWrite, Store, StoreError, StoreResult, WriteTx,
};
use runlog_core::sync::run::{EntityResult, SyncType};
use runlog_core::time::Timestamp;
use runlog_core::value::Value;

use crate::Factory;
use crate::sample_runs::{failed_entry, log_entry, rich_run, sync_id, sync_run, whole_run};

/// The device whose store is under test.
pub const DEVICE: DeviceId = DeviceId::from_u128(0xd1);
/// Another device.
pub const OTHER: DeviceId = DeviceId::from_u128(0xd2);
/// The backends that contracts use.
pub const BACKENDS: [BackendId; 2] = [BackendId(0xb1), BackendId(0xb2)];

/// How many ids [`id`] makes; a dump looks at each.
pub const IDS: u64 = 16;

const BASE_MS: i64 = 1_700_000_000_000;

/// The n-th execution of a minute-by-minute history.
pub fn id(n: u64) -> ExecutionId {
    let mut random = [0x5a; 10];
    random[2..].copy_from_slice(&(n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    ExecutionId::v7(BASE_MS as u64 + n * 60_000, &random)
}

/// Every id that contracts use.
pub fn ids() -> impl Iterator<Item = ExecutionId> {
    (0..IDS).map(id)
}

/// A point in time, so many seconds after the first.
pub const fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(BASE_MS + seconds * 1_000)
}

/// A clock of a device, so many seconds after the first point in time.
pub const fn clock(seconds: u64, device: DeviceId) -> Clock {
    Clock { time: ClockTime::new(BASE_MS as u64 + seconds * 1_000, 0), device }
}

/// A tag.
pub fn tag(text: &str) -> Tag {
    Tag::new(text).unwrap()
}

/// A running job without anything optional.
pub fn job(n: u64, started: i64) -> NewExecution {
    NewExecution::new(id(n), Kind::Job, "nightly", at(started)).unwrap()
}

/// An ending well, without an exit code.
pub const fn completed(seconds: i64) -> Ending {
    Ending::new(Outcome::Completed, at(seconds))
}

/// The ending of a process that left with a code.
pub const fn exited(code: i32, seconds: i64) -> Ending {
    Ending::of_process(Exit::Code(code), at(seconds))
}

/// The history of [`DEVICE`] in a new store.
pub fn history<F: Factory>(factory: &mut F) -> History<F::Store> {
    history_of(factory, DEVICE)
}

/// The history of a device in a new store.
pub fn history_of<F: Factory>(factory: &mut F, device: DeviceId) -> History<F::Store> {
    History::open(factory.create(), device).unwrap()
}

/// A running job in the history.
pub fn start<S: Store>(history: &mut History<S>, n: u64, started: i64) -> ExecutionId {
    history.write(at(started), |tx| tx.start(&job(n, started))).unwrap();
    id(n)
}

/// Reads with the store's own errors.
pub fn read<S: Store, T>(store: &mut S, work: impl FnOnce(&dyn ReadTx) -> StoreResult<T>) -> T {
    store.read(work).unwrap()
}

/// Every page of a listing, by the cursor of the page before; the offset counts on the first one.
pub fn pages(tx: &dyn ReadTx, query: &ListQuery) -> StoreResult<Vec<Vec<ListedRow>>> {
    const PAGES_MAX: usize = 1_000;
    let mut query = query.clone();
    let mut pages = Vec::new();
    loop {
        let page = tx.list(&query)?;
        pages.push(page.rows);
        query.offset = 0;
        query.after = page.next;
        if query.after.is_none() {
            return Ok(pages);
        }
        assert!(pages.len() < PAGES_MAX, "the cursor goes on for ever: {query:?}");
    }
}

/// Writes with the store's own errors.
pub fn write<S: Store, T>(
    store: &mut S,
    work: impl FnOnce(&mut dyn WriteTx) -> StoreResult<T>,
) -> T {
    store.write(work).unwrap()
}

/// Adds or updates a row with these cells under one clock; whether it is shown follows from them.
pub fn put_row(
    tx: &mut dyn WriteTx,
    key: &RowKey,
    cells: &[(ColumnId, Value)],
    clock: Clock,
    change: u64,
) -> StoreResult<()> {
    let held = tx.row(key, key.table().all_columns())?;
    let is_new = held.is_none();
    let (mut all, mut clocks) = match held {
        Some(row) => (row.cells, row.clocks),
        None => (vec![Value::Null; key.table().columns().len()], RowClocks::new()),
    };
    for (column, value) in cells {
        all[column.index()] = value.clone();
    }
    clocks.set(cells.iter().map(|(column, _)| *column).collect(), clock);
    let visibility = visibility(key.table(), &all);
    let change = ChangeNumber::new(change);
    let write = RowWrite { cells, clocks: &clocks, change, visibility };
    if is_new { tx.insert_row(key, &write) } else { tx.update_row(key, &write) }
}

fn visibility(table: Table, cells: &[Value]) -> Visibility {
    match (table, &cells[tags::DELETED.index()]) {
        (Table::Executions, _) => Visibility::of(cells),
        (_, Value::Integer(0)) => Visibility::Live,
        (_, Value::Integer(1)) => Visibility::Trashed,
        _ => Visibility::Hidden,
    }
}

/// Adds the row of a running job.
pub fn put_job(tx: &mut dyn WriteTx, n: u64, change: u64) -> StoreResult<()> {
    let new = job(n, n as i64);
    let cells = new.to_cells(DEVICE).unwrap();
    put_row(tx, &RowKey::Execution(new.id), &cells, clock(n, DEVICE), change)
}

/// Puts a tag on a run.
pub fn put_tag(tx: &mut dyn WriteTx, n: u64, text: &str, change: u64) -> StoreResult<()> {
    let cells = [(tags::DELETED, Value::Integer(0))];
    put_row(tx, &RowKey::Tag(id(n), tag(text)), &cells, clock(change, DEVICE), change)
}

/// A kept cell.
pub fn kept_cell(column: &str, value: impl Into<Value>, clock: Clock) -> KeptCell {
    KeptCell { column: column.to_owned(), clock, value: value.into() }
}

/// Lines with these texts, of changing stream and level, a second apart.
pub fn lines(texts: &[&str]) -> Lines {
    let mut lines = Lines::new();
    for (index, text) in texts.iter().enumerate() {
        lines.push(LineRef {
            time: at(index as i64),
            stream: Stream::ALL[index % 2],
            level: [None, Some(Level::Warn), Some(Level::Info)][index % 3],
            continued: index % 5 == 4,
            bytes: text.as_bytes(),
        });
    }
    lines
}

/// So many equal lines.
pub fn many_lines(count: usize, text: &str) -> Lines {
    lines(&vec![text; count])
}

/// What is known of a piece with these lines; sealed where it has a change number.
pub fn piece(log: LogKey, first: u64, lines: &Lines, change: u64) -> PieceHead {
    PieceHead {
        log,
        first,
        last: first + lines.len() as u64 - 1,
        bytes: lines.bytes() as u64,
        last_at: lines.last_at(),
        contents: lines.contents(),
        sealed: change > 0,
        change: ChangeNumber::new(change),
    }
}

/// A range of lines that limits have dropped, with the pieces that were removed.
pub fn gap(log: LogKey, first: u64, last: u64, change: u64) -> Gap {
    let reason = GapReason::Limit;
    Gap { log, first, last, bytes: 9, reason, pieces: vec![first], change: change_number(change) }
}

/// A backend that has acknowledged everything up to a number.
pub fn backend(n: usize, sent: u64) -> Backend {
    let position = vec![0, 0xff, n as u8];
    Backend {
        id: BACKENDS[n],
        name: format!("backend {n}"),
        settings: vec![n as u8, 0xff],
        added_at: at(n as i64),
        enabled: true,
        sent: change_number(sent),
        position,
    }
}

/// A change number.
pub const fn change_number(number: u64) -> ChangeNumber {
    ChangeNumber::new(number)
}

/// The log of a run on [`DEVICE`].
pub fn log_key(n: u64) -> LogKey {
    LogKey { execution: id(n), device: DEVICE }
}

/// Calls every method that writes, over a store that is empty or [`furnish`]ed: two runs with tags,
/// logs, leases and kept cells, of which the first is purged.
pub fn write_everything(tx: &mut dyn WriteTx) -> StoreResult<()> {
    tx.set_device(OTHER)?;
    tx.set_counters(Counters { clock: clock(99, OTHER).time, change: change_number(99) })?;
    put_job(tx, 1, 51)?;
    put_job(tx, 2, 52)?;
    put_job(tx, 2, 53)?;
    put_tag(tx, 1, "a", 54)?;
    put_tag(tx, 2, "b", 55)?;
    for n in [1, 2] {
        let text = lines(&["one", "two"]);
        tx.put_piece(&piece(log_key(n), 50, &text, 56 + n), &text)?;
        tx.put_piece(&piece(log_key(n), 52, &text, 0), &text)?;
        tx.put_piece(&piece(log_key(n), 54, &text, 58 + n), &text)?;
        tx.remove_pieces(log_key(n), 54..=55)?;
        tx.renumber_piece(log_key(n), 50, change_number(60 + n))?;
        tx.put_gap(&gap(log_key(n), 54, 55, 62 + n))?;
        tx.put_lease(&Lease { execution: id(n), owner: OwnerId(9), heartbeat_at: at(3) })?;
        let key = RowKey::Execution(id(n)).to_bytes();
        let cell = kept_cell("mood", "good", clock(3, OTHER));
        tx.keep("executions", &key, &cell, change_number(64 + n))?;
        tx.keep("moods", &key, &cell, change_number(66 + n))?;
        tx.unkeep("moods", &key, "mood")?;
    }
    tx.remove_lease(id(2))?;
    write_sync(tx)?;
    tx.purge(id(1), clock(7, OTHER), change_number(0))?;
    write_backends(tx)
}

fn write_sync(tx: &mut dyn WriteTx) -> StoreResult<()> {
    for key in [&b"a"[..], b"a1", b"b", b"c"] {
        tx.put_note(Room::Unsent, key, key)?;
    }
    tx.remove_note(Room::Unsent, b"c")?;
    tx.remove_notes(Room::Unsent, b"a")?;
    tx.put_sync_run(&sync_run(1, 1))?;
    tx.put_sync_run(&rich_run(2, 2, 9))?;
    tx.put_sync_run(&rich_run(3, 3, 5))?;
    let whole = whole_run(1, SyncType::Full);
    tx.add_sync_log(&[whole, log_entry(3, 2), failed_entry(2, 2)])?;
    tx.complete_sync_log(sync_id(1), true, EntityResult::Updated, None)?;
    tx.remove_sync_runs(at(6))?;
    Ok(())
}

fn write_backends(tx: &mut dyn WriteTx) -> StoreResult<()> {
    tx.put_backend(&backend(0, 50))?;
    tx.put_backend(&backend(1, 50))?;
    tx.set_sent(BACKENDS[0], change_number(51), b"further")?;
    tx.put_mark(BACKENDS[0], change_number(50), at(9))?;
    tx.put_mark(BACKENDS[1], change_number(50), at(9))?;
    tx.remove_backend(BACKENDS[1])?;
    tx.put_rejection(&refusal(0, &RowKey::Execution(id(2)), 53, "too large"))?;
    tx.put_rejection(&refusal(0, &RowKey::Execution(id(3)), 2, "too large"))?;
    tx.remove_rejection(BACKENDS[0], &(&RowKey::Execution(id(3))).into())
}

/// That a backend refused a change of a row.
pub fn refusal(n: usize, key: &RowKey, change: u64, reason: &str) -> Rejection {
    Rejection {
        backend: BACKENDS[n],
        item: key.into(),
        change: change_number(change),
        code: "quota".to_owned(),
        reason: reason.to_owned(),
        at: at(change as i64),
    }
}

/// Fills a new store with two runs that [`write_everything`] does not touch, and one that it does.
pub fn furnish<S: Store>(store: &mut S) {
    write(store, |tx| {
        tx.set_device(DEVICE)?;
        tx.set_counters(Counters { clock: clock(9, DEVICE).time, change: change_number(9) })?;
        put_job(tx, 2, 1)?;
        put_job(tx, 3, 2)?;
        put_job(tx, 4, 3)?;
        put_tag(tx, 3, "a", 4)?;
        let text = lines(&["kept", "lines"]);
        tx.put_piece(&piece(log_key(3), 1, &text, 5), &text)?;
        tx.put_note(Room::Unsent, b"a2", b"furnished")?;
        tx.put_sync_run(&rich_run(4, 1, 2))?;
        tx.add_sync_log(&[log_entry(4, 3)])?;
        tx.put_backend(&backend(0, 4))
    });
}

/// The error that contracts end a transaction with.
pub const INTENDED: &str = "intended";

/// An error of the caller's own.
pub fn intended() -> StoreError {
    StoreError::Io { detail: INTENDED.to_owned() }
}
