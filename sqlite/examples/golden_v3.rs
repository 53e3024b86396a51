//! Makes `tests/golden/v3.db`, a database of schema version 3, from that of version 2, with nothing
//! of later versions.
//!
//! `cargo run -p runlog-sqlite --features bundled --example golden_v3 -- tests/golden/v2.db \
//! tests/golden/v3.db`

use std::error::Error;
use std::fs;

use rusqlite::Connection;

const COLUMNS: &str = "
    ALTER TABLE backends ADD COLUMN name TEXT NOT NULL DEFAULT 'backend'
        CHECK (octet_length(name) BETWEEN 1 AND 64);
    ALTER TABLE backends ADD COLUMN settings BLOB NOT NULL DEFAULT x'';
    ALTER TABLE backends ADD COLUMN added_at INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE rejections ADD COLUMN code TEXT NOT NULL DEFAULT 'refused';
    ALTER TABLE rejections ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE purged_keys ADD COLUMN change INTEGER NOT NULL DEFAULT 0 CHECK (change >= 0);";
const SQL: &str = include_str!("../src/migrations/0003_syncing.sql");
/// A note, a sync that failed, and what it did with a run; and that one run repeats another.
const ROWS: &str = "
    INSERT INTO schema_migrations VALUES (3, 'syncing', 1700000000000, '0.1.0');
    PRAGMA user_version = 3;
    INSERT INTO notes VALUES (1, x'6b', x'76');
    INSERT INTO sync_history (
        id, job, backend, source, target, direction, sync_type, cause, triggered_by, device, status,
        started_at, completed_at, duration_ms, phase, rows_done, rows_total, percent, created,
        updated, deleted, skipped, failed, bytes_up, bytes_down, tables, verification, error,
        phases, metadata, created_at, updated_at
    ) VALUES (
        x'51515151515151515151515151515151', x'10101010101010101010101010101010',
        x'b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1', 'device', 'backend', 'local_to_remote', 'incremental',
        'change', 'change', x'000000000000000000000000000000d1', 'failed',
        1700000001000, 1700000001500, 500, 'export', 3, 9, 33, 3, 0, 0, 0, 0, 700, 40, '[]', '[]',
        'the relay closed the connection', '[]', '{}', 1700000001500, 1700000001500
    );
    INSERT INTO sync_log (run, entity, entity_type, sync_type, direction, had_changes, result, at)
        SELECT 1, id, 'executions', 1, 2, 1, 0, 1700000001200 FROM executions ORDER BY id LIMIT 1;
    UPDATE executions SET retry_of = (SELECT min(id) FROM executions)
        WHERE id = (SELECT id FROM executions WHERE visibility = 1 ORDER BY id DESC LIMIT 1);";

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths = std::env::args().skip(1);
    let from = paths.next().ok_or("give the path of the database of version 2")?;
    let to = paths.next().ok_or("give the path of the file to make")?;
    fs::copy(from, &to)?;
    let connection = Connection::open(to)?;
    Ok([COLUMNS, SQL, ROWS].iter().try_for_each(|sql| connection.execute_batch(sql))?)
}
