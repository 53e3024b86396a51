//! Stores and rows that the tests share.
#![allow(dead_code)]

use runlog_core::clock::{Clock, ClockTime, ColumnId, ColumnSet, RowClocks};
use runlog_core::id::{DeviceId, ExecutionId};
use runlog_core::model::{Kind, NewExecution, Tag, Visibility};
use runlog_core::schema::{RowKey, executions, tags};
use runlog_core::store::{ChangeNumber, RowWrite, Store, StoreError, StoreResult};
use runlog_core::time::Timestamp;
use runlog_core::value::Value;
use runlog_sqlite::{Journal, Options, SqliteStore};
use rusqlite::Connection;

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
pub(crate) const DEVICE: DeviceId = DeviceId::from_u128(0xd1);

pub(crate) fn in_memory() -> SqliteStore {
    let options = Options { journal: Journal::Unchanged, ..Options::default() };
    SqliteStore::open(Connection::open_in_memory().unwrap(), options, NOW).unwrap()
}

pub(crate) fn clock(millis: u64) -> Clock {
    Clock { time: ClockTime::new(1_700_000_000_000 + millis, 0), device: DEVICE }
}

pub(crate) fn id(number: u64) -> ExecutionId {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    ExecutionId::v7(1_700_000_000_000 + number, &random)
}

/// The `number`th of a series of executions with every field that listings filter by.
pub(crate) fn new_execution(number: u64) -> NewExecution {
    let at = NOW.plus_millis(number as i64 * 1_000);
    let workflow = format!("workflow-{}", number % 7);
    let kind = Kind::ALL[number as usize % Kind::ALL.len()];
    let mut new = NewExecution::new(id(number), kind, &workflow, at).unwrap();
    new.host_name = Some("builder.example".into());
    new.working_directory = Some("/home/user/project".into());
    new.params.set("env", if number.is_multiple_of(3) { "prod" } else { "test" }).unwrap();
    new.params.set("number", number.to_string()).unwrap();
    new
}

/// Writes cells to a row, adding it where it is missing, as a device does: under one clock, with
/// the visibility that its cells give it.
pub(crate) fn put<S: Store>(
    store: &mut S,
    key: &RowKey,
    clock: Clock,
    change: u64,
    cells: &[(ColumnId, Value)],
) -> StoreResult<()> {
    store.write(|tx| {
        let row = tx.row(key, key.table().all_columns())?;
        let exists = row.is_some();
        let (mut held, mut clocks) = row.map_or_else(
            || (vec![Value::Null; key.table().columns().len()], RowClocks::new()),
            |row| (row.cells, row.clocks),
        );
        for (column, value) in cells {
            held[column.index()] = value.clone();
        }
        clocks.set(cells.iter().map(|(column, _)| *column).collect::<ColumnSet>(), clock);
        let visibility = match key {
            RowKey::Execution(_) => Visibility::of(&held),
            _ if held[tags::DELETED.index()] == Value::Integer(0) => Visibility::Live,
            _ => Visibility::Hidden,
        };
        let change = ChangeNumber::new(change);
        let write = RowWrite { cells, clocks: &clocks, change, visibility };
        if exists { tx.update_row(key, &write) } else { tx.insert_row(key, &write) }
    })
}

pub(crate) fn put_execution<S: Store>(store: &mut S, new: &NewExecution, change: u64) {
    let cells = new.to_cells(DEVICE).unwrap();
    put(store, &RowKey::Execution(new.id), clock(change), change, &cells).unwrap();
}

pub(crate) fn put_ending<S: Store>(
    store: &mut S,
    number: u64,
    outcome: &str,
    code: i64,
    change: u64,
) {
    let ended_at = NOW.plus_millis(number as i64 * 1_000 + number as i64 % 10 * 100);
    let cells = [
        (executions::OUTCOME, Value::from(outcome)),
        (executions::ENDED_AT, Value::from(ended_at.as_millis())),
        (executions::EXIT_CODE, Value::from(code)),
        (executions::SIGNAL, Value::Null),
    ];
    put(store, &RowKey::Execution(id(number)), clock(change), change, &cells).unwrap();
}

pub(crate) fn put_tag<S: Store>(store: &mut S, number: u64, tag: &str, deleted: bool, change: u64) {
    let key = RowKey::Tag(id(number), Tag::new(tag).unwrap());
    let cells = [(tags::DELETED, Value::Integer(deleted.into()))];
    put(store, &key, clock(change), change, &cells).unwrap();
}

/// A store with `count` executions, ended and running, tagged and in the trash.
pub(crate) fn filled<S: Store>(store: &mut S, count: u64) {
    let mut change = 0;
    let mut next = || {
        change += 1;
        change
    };
    for number in 0..count {
        put_execution(store, &new_execution(number), next());
        match number % 4 {
            0 => put_ending(store, number, "completed", 0, next()),
            1 => put_ending(store, number, "failed", 1, next()),
            _ => {}
        }
        if number % 5 == 0 {
            put_tag(store, number, "nightly", false, next());
        }
        if number % 11 == 0 {
            let key = RowKey::Execution(id(number));
            let cells = [(executions::DELETED, Value::Integer(1))];
            let change = next();
            put(store, &key, clock(change), change, &cells).unwrap();
        }
    }
}

/// What `work` fails with.
pub(crate) fn error_of<T: std::fmt::Debug>(result: Result<T, StoreError>) -> StoreError {
    result.unwrap_err()
}
