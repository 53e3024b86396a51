//! Makes `tests/golden/v1.db`, a database of schema version 1, with nothing of later versions.
//!
//! `cargo run -p runlog-sqlite --features bundled --example golden_v1 -- tests/golden/v1.db`

use std::error::Error;

use runlog_core::clock::{Clock, ClockTime, ColumnSet, DeviceNumbers, RowClocks};
use runlog_core::codec::DecodeError;
use runlog_core::id::{DeviceId, ExecutionId};
use runlog_core::log::{Level, LineRef, Lines, Stream, encode_lines};
use runlog_core::schema::{executions, tags};
use runlog_core::time::Timestamp;
use runlog_sqlite::APPLICATION_ID;
use rusqlite::{Connection, params};

const DEVICE: DeviceId = DeviceId::from_u128(0xd1);
const EXECUTIONS: u64 = 12;
const SQL: &str = include_str!("../src/migrations/0001_history.sql");

/// The database knows one device, under number 1.
struct OneDevice;

impl DeviceNumbers for OneDevice {
    type Error = DecodeError;

    fn number_of(&mut self, _: DeviceId) -> Result<u32, DecodeError> {
        Ok(1)
    }

    fn device_of(&mut self, _: u32) -> Result<DeviceId, DecodeError> {
        Ok(DEVICE)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("give the path of the file to make")?;
    let connection = Connection::open(path)?;
    connection.execute_batch(SQL)?;
    connection.execute_batch(include_str!("../src/migrations/record.sql"))?;
    connection.execute_batch(
        "INSERT INTO schema_migrations VALUES (1, 'history', 1700000000000, '0.1.0');
         PRAGMA user_version = 1;",
    )?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.execute("INSERT INTO devices VALUES (1, ?1)", [DEVICE.as_bytes()])?;
    connection.execute(
        "UPDATE local_state SET device = ?1, clock = ?2, change = 100",
        params![DEVICE.as_bytes(), at(100).time.packed() as i64],
    )?;
    (0..EXECUTIONS).try_for_each(|number| execution(&connection, number))?;
    Ok(())
}

fn at(millis: u64) -> Clock {
    Clock { time: ClockTime::new(1_700_000_000_000 + millis, 0), device: DEVICE }
}

fn clocks(columns: ColumnSet, ending: bool, millis: u64) -> Result<Vec<u8>, DecodeError> {
    let mut clocks = RowClocks::new();
    clocks.set(columns, at(millis));
    if ending {
        clocks.set(executions::ENDING, at(millis + 50));
    }
    let mut bytes = Vec::new();
    clocks.encode(&mut OneDevice, &mut bytes)?;
    Ok(bytes)
}

/// One execution of each shape in turn: completed, failed, running; every fourth in the trash.
fn execution(connection: &Connection, number: u64) -> Result<(), Box<dyn Error>> {
    let id = ExecutionId::v7(1_700_000_000_000 + number, &[number as u8; 10]);
    let begun_at = 1_700_000_000_000 + number as i64 * 1_000;
    let outcome = ["completed", "failed"].get(number as usize % 3);
    let deleted = i64::from(number % 4 == 3);
    let params = format!("{{\"env\":\"test\",\"number\":\"{number}\"}}");
    let row = connection
        .prepare_cached(
            "INSERT INTO executions (id, visibility, change, clocks, outcome, ended_at, exit_code,
             started_at, deleted, pinned, kind, workflow_id, created_at, device_id, argv, params,
             attributes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, 'job', 'nightly', ?8, ?10,
             '[\"make\",\"test\"]', ?11, '{\"ticket\":7}')",
        )?
        .insert(params![
            id.as_bytes(),
            1 + deleted,
            number as i64 + 1,
            clocks(executions::ALL, outcome.is_some(), number)?,
            outcome,
            outcome.map(|_| begun_at + 400),
            outcome.map(|_| (number % 3) as i64),
            begun_at,
            deleted,
            DEVICE.as_bytes(),
            params,
        ])?;
    for (name, value) in [("env", "test".to_owned()), ("number", number.to_string())] {
        connection.execute(
            "INSERT INTO param_index VALUES (?1, ?2, ?3, ?4)",
            params![name, value, begun_at, row],
        )?;
    }
    if number.is_multiple_of(2) {
        connection.execute(
            "INSERT INTO tags VALUES (?1, 'golden', ?2, ?3, 1, 0)",
            params![id.as_bytes(), 20 + number as i64, clocks(tags::ALL, false, number)?],
        )?;
        connection
            .execute("INSERT INTO tag_index VALUES ('golden', ?1, ?2)", params![begun_at, row])?;
    }
    log(connection, id, begun_at, number)
}

/// A sealed piece, a gap, an open piece.
fn log(
    connection: &Connection,
    id: ExecutionId,
    begun_at: i64,
    number: u64,
) -> Result<(), Box<dyn Error>> {
    for (first, sealed) in [(1u64, true), (31, false)] {
        let mut lines = Lines::new();
        for sequence in first..first + 20 {
            lines.push(LineRef {
                time: Timestamp::from_millis(begun_at + sequence as i64),
                stream: Stream::Stdout,
                level: Some(Level::Info),
                continued: false,
                bytes: format!("line {sequence} of run {number}").as_bytes(),
            });
        }
        let mut data = Vec::new();
        encode_lines(&lines, &mut data);
        let data = if sealed { zstd::bulk::compress(&data, 3)? } else { data };
        connection.execute(
            "INSERT INTO log_pieces (execution, device, first, last, bytes, last_at, contents,
                 sealed, change, data)
             VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                id.as_bytes(),
                first as i64,
                first as i64 + 19,
                lines.bytes() as i64,
                lines.last_at().as_millis(),
                lines.contents().bits(),
                sealed,
                if sealed { 40 + number as i64 } else { 0 },
                data,
            ],
        )?;
    }
    connection.execute(
        "INSERT INTO log_gaps VALUES (?1, 21, 1, 'limit', 30, 170, ?2, x'15')",
        params![id.as_bytes(), 60 + number as i64],
    )?;
    Ok(())
}
