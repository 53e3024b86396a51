//! Promise 4: values and clocks keep every bit.

use runlog_core::clock::{Clock, ClockTime, ColumnId, ColumnSet, RowClocks};
use runlog_core::id::DeviceId;
use runlog_core::model::Visibility;
use runlog_core::schema::{ColumnType, RowKey, Table, executions};
use runlog_core::store::{Counters, KeptCell, RowWrite};
use runlog_core::value::Value;

use crate::Factory;
use crate::sample::{DEVICE, OTHER, change_number, clock, id, job, put_row, read, write};

/// Texts that are cut, changed or misread where somebody takes them for something else.
const TEXTS: [&str; 8] = [
    "",
    "\0",
    "a\0b\0",
    " '\"; -- /* \\ % _ ? :a @a $1",
    "1",
    "-0",
    "\u{feff}\u{202e}e\u{301}\u{1f600}\r\n\t",
    "\u{10ffff}",
];

fn values() -> Vec<Value> {
    let reals = [
        0.0,
        -0.0,
        1.0,
        f64::MIN,
        f64::MAX,
        f64::MIN_POSITIVE,
        f64::from_bits(1),
        f64::INFINITY,
        f64::NEG_INFINITY,
        9_007_199_254_740_993.0,
        f64::from_bits(0x7ff8_0000_0000_0000),
        f64::from_bits(0xfff8_0000_0000_0001),
        f64::from_bits(0x7ff0_0000_0000_0001),
        f64::from_bits(0xffff_ffff_ffff_ffff),
    ];
    let mut values = vec![Value::Null];
    values.extend(reals.map(Value::Real));
    values.extend(integers());
    values.extend(TEXTS.map(Value::from));
    values.extend(blobs());
    values
}

fn integers() -> [Value; 8] {
    let past_double = (1 << 53) + 1;
    [0, 1, -1, i64::MIN, i64::MAX, past_double, -past_double, 1 << 32].map(Value::Integer)
}

fn blobs() -> [Value; 6] {
    let all: Vec<u8> = (0..=255).collect();
    let long = vec![0xa5; 300_000];
    [vec![], vec![0], b"text".to_vec(), vec![0xff; 16], all, long].map(Value::Blob)
}

/// A kept cell comes back with the type and the bits that it had, also after reopening.
pub fn kept_values_keep_every_bit<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let values = values();
    let cells: Vec<KeptCell> = values
        .iter()
        .enumerate()
        .map(|(n, value)| KeptCell {
            column: format!("c{n:03}"),
            clock: clock(n as u64, OTHER),
            value: value.clone(),
        })
        .collect();
    write(&mut store, |tx| {
        cells.iter().try_for_each(|cell| tx.keep("moods", b"\0key\xff", cell, change_number(1)))
    });
    assert_eq!(read(&mut store, |tx| tx.kept("moods", b"\0key\xff")), cells);
    let mut store = factory.reopen(store);
    assert_eq!(read(&mut store, |tx| tx.kept("moods", b"\0key\xff")), cells);
}

/// A column of an execution holds any value of its type, in a row that is shown or hidden.
pub fn cells_keep_every_value_of_their_type<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let key = RowKey::Execution(id(1));
    let whole = job(1, 0).to_cells(DEVICE).unwrap();
    write(&mut store, |tx| put_row(tx, &key, &whole, clock(1, DEVICE), 1));
    let mut change = 1;
    for column in Table::Executions.columns() {
        let values = match column.column_type {
            ColumnType::Integer => integers().to_vec(),
            ColumnType::Text => TEXTS.map(Value::from).to_vec(),
            ColumnType::Blob => blobs().to_vec(),
        };
        for value in values.into_iter().chain([Value::Null]) {
            change += 1;
            let cells = [(column.id, value)];
            let found = write(&mut store, |tx| {
                put_row(tx, &key, &cells, clock(change, DEVICE), change)?;
                tx.row(&key, ColumnSet::of(&[column.id]))
            });
            assert_eq!(found.unwrap().cells[column.id.index()], cells[0].1, "{}", column.name);
        }
        let back: Vec<_> = whole.iter().filter(|(id, _)| *id == column.id).cloned().collect();
        change += 1;
        write(&mut store, |tx| put_row(tx, &key, &back, clock(change, DEVICE), change));
    }
}

/// A new row may hold nothing but one odd value in any column: rows arrive in parts (SYNC 3).
pub fn rows_begin_with_any_column_alone<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    for (n, column) in (1..).zip(Table::Executions.columns()) {
        let value = match column.column_type {
            ColumnType::Integer => Value::Integer(i64::MIN),
            ColumnType::Text => Value::from("\0'\u{1f600}"),
            ColumnType::Blob => Value::Blob(vec![0xff; 3]),
        };
        let key = RowKey::Execution(runlog_core::id::ExecutionId::from_u128(n.into()));
        let cells = [(column.id, value)];
        write(&mut store, |tx| put_row(tx, &key, &cells, clock(n, DEVICE), n));
        let row = read(&mut store, |tx| tx.row(&key, executions::ALL)).unwrap();
        assert_eq!(row.visibility, Visibility::Hidden, "{}", column.name);
        let mut wanted = vec![Value::Null; Table::Executions.columns().len()];
        wanted[column.id.index()] = cells[0].1.clone();
        assert_eq!(row.cells, wanted, "{}", column.name);
    }
}

/// Clocks keep time, counter and device, at both ends of their range and of as many groups as there
/// are columns.
pub fn clocks_keep_every_bit<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let key = RowKey::Execution(id(1));
    let devices = [0, 1, u128::MAX, u128::MAX << 64, 0x1234_5678].map(DeviceId::from_u128);
    let times = [1, u64::MAX, 1 << 63, 0xffff, 0x1_0000, u64::MAX - 1];
    let mut clocks = RowClocks::new();
    for n in 0..Table::Executions.columns().len() {
        let time = ClockTime::from_packed(times[n % times.len()].wrapping_sub(n as u64 / 6));
        let clock = Clock { time, device: devices[n % devices.len()] };
        clocks.set(ColumnSet::of(&[ColumnId::new(n as u8)]), clock);
    }
    let cells = job(1, 0).to_cells(DEVICE).unwrap();
    let change = change_number(i64::MAX as u64);
    let visibility = Visibility::Live;
    let row_write = RowWrite { cells: &cells, clocks: &clocks, change, visibility };
    write(&mut store, |tx| tx.insert_row(&key, &row_write));
    let mut store = factory.reopen(store);
    let row = read(&mut store, |tx| tx.row(&key, ColumnSet::EMPTY)).unwrap();
    assert_eq!(row.clocks, clocks);
    assert_eq!((row.change, row.visibility), (change, visibility));
}

/// Device, clock and change number come back as they were set, the largest too.
pub fn counters_keep_every_bit<F: Factory>(factory: &mut F) {
    let mut store = factory.create();
    let changes = [0, 1, i64::MAX as u64];
    for (time, change) in [0, 1 << 63, u64::MAX].into_iter().zip(changes) {
        let counters =
            Counters { clock: ClockTime::from_packed(time), change: change_number(change) };
        let device = DeviceId::from_u128(u128::MAX - u128::from(change));
        write(&mut store, |tx| {
            tx.set_device(device)?;
            tx.set_counters(counters)
        });
        store = factory.reopen(store);
        assert_eq!(read(&mut store, |tx| tx.counters()), counters);
        assert_eq!(read(&mut store, |tx| tx.device()), Some(device));
    }
}
