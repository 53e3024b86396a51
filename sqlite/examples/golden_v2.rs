//! Makes `tests/golden/v2.db`, a database of schema version 2, from that of version 1, with nothing
//! of later versions.
//!
//! `cargo run -p runlog-sqlite --features bundled --example golden_v2 -- tests/golden/v1.db \
//! tests/golden/v2.db`

use std::error::Error;
use std::fs;

use runlog_core::clock::{Clock, ClockTime};
use runlog_core::codec::encode_value;
use runlog_core::id::{DeviceId, ExecutionId};
use runlog_core::value::Value;
use rusqlite::{Connection, params};

const SQL: &str = include_str!("../src/migrations/0002_sync.sql");
const BACKEND: [u8; 16] = [0xb1; 16];

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths = std::env::args().skip(1);
    let from = paths.next().ok_or("give the path of the database of version 1")?;
    let to = paths.next().ok_or("give the path of the file to make")?;
    fs::copy(from, &to)?;
    let connection = Connection::open(to)?;
    connection.execute_batch(SQL)?;
    connection.execute_batch(
        "INSERT INTO schema_migrations VALUES (2, 'sync', 1700000000000, '0.1.0');
         PRAGMA user_version = 2;",
    )?;
    connection
        .execute("INSERT INTO backends VALUES (?1, 1, 70, x'00ff')", params![BACKEND.as_slice()])?;
    connection
        .execute("INSERT INTO marks VALUES (?1, 70, 1700000000500)", params![BACKEND.as_slice()])?;
    let refused = ExecutionId::v7(1_700_000_000_001, &[1; 10]);
    connection.execute(
        "INSERT INTO rejections VALUES (?1, 'executions', ?2, 2, 'too large')",
        params![BACKEND.as_slice(), refused.as_bytes()],
    )?;
    let clock = Clock { time: ClockTime::new(1_700_000_000_100, 0), device: DeviceId::NIL };
    connection.execute(
        "INSERT INTO purged_keys VALUES ('executions', ?1, ?2)",
        params![[0xee_u8; 16].as_slice(), clock.to_wire()],
    )?;
    let mut value = Vec::new();
    encode_value(&Value::from("good"), &mut value);
    connection.execute("INSERT INTO kept_rows VALUES ('moods', x'6b', 90)", [])?;
    connection.execute(
        "INSERT INTO kept_cells VALUES ('moods', x'6b', 'mood', ?1, ?2)",
        params![clock.to_wire(), value],
    )?;
    Ok(())
}
