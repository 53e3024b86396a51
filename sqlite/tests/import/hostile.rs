//! Sources that are broken, old or large.

use std::fs;
use std::path::Path;

use runlog_core::model::Status;
use runlog_core::store::StoreError;
use runlog_sqlite::import::{Item, Source};
use rusqlite::Connection;

use crate::driver::{Device, golden, id, open};

fn database(path: &Path, sql: &str) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch(sql).unwrap();
    connection
}

#[test]
fn damage_is_told_wherever_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("damaged.db");
    let bytes = fs::read(golden("seed1.db")).unwrap();
    let mut told = 0;
    for page in 0..bytes.len() / 1024 {
        let mut damaged = bytes.clone();
        // Of the first page only the schema: its header says whether it is a database at all.
        let start = if page == 0 { 100 } else { page * 1024 };
        damaged[start..page * 1024 + 1024].fill(0xa5);
        fs::write(&path, &damaged).unwrap();
        let read = Source::open(&path, &directory.path().join("scratch"))
            .and_then(|source| source.read(|_| Ok::<_, StoreError>(())));
        match read {
            Err(StoreError::Corrupt { .. }) => told += 1,
            // Pages of indexes that no statement reads.
            Ok(()) => {}
            Err(other) => panic!("page {page}: {other:?}"),
        }
    }
    assert!(told >= 4, "{told}");
}

#[test]
fn a_database_that_was_cut_off() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cut.db");
    let bytes = fs::read(golden("seed1.db")).unwrap();
    for length in [16, 99, 1024, 3000, bytes.len() - 1024] {
        fs::write(&path, &bytes[..length]).unwrap();
        let read = Source::open(&path, &directory.path().join("scratch"))
            .and_then(|source| source.read(|_| Ok::<_, StoreError>(())));
        let refused = read.unwrap_err();
        let is_told =
            matches!(refused, StoreError::Corrupt { .. } | StoreError::NotADatabase { .. });
        assert!(is_told, "{length}: {refused:?}");
    }
}

#[test]
fn tables_and_columns_may_be_missing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("old.db");
    let sql = format!(
        "CREATE TABLE Executions (ID, Start_Time); \
         INSERT INTO Executions VALUES ('{0}', 1700000000), (x'{1}', 'x'); \
         CREATE TABLE execution_logs (other); \
         CREATE TABLE execution_params (execution_id, param_name); \
         INSERT INTO execution_params VALUES ('{0}', 'x'); \
         CREATE TABLE executionhistoryentry (Id TEXT PRIMARY KEY, UpdatedAt) WITHOUT ROWID; \
         INSERT INTO executionhistoryentry VALUES ('{2}', '2024-01-01');",
        id(1),
        "ff".repeat(16),
        id(2),
    );
    drop(database(&path, &sql));
    let mut device = Device::new(1);
    let done = device.import(&path);
    assert_eq!(done.added, 2);
    assert_eq!(device.run(id(1)).status(), Status::Lost);
    assert_eq!(device.run(id(2)).summary.workflow_id.as_str(), "prompt");
    let tables: Vec<_> = done.skipped.iter().map(|skipped| skipped.table).collect();
    assert_eq!(tables, ["execution_logs", "execution_params", "executions"]);
    assert!(done.skipped[0].reason.contains("no such column: execution_id"));
    assert_eq!(done.skipped[2].id.as_deref(), Some(&*format!("x'{}'", "ff".repeat(16))));
}

#[test]
fn values_beyond_every_limit() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("large.db");
    let connection = database(
        &path,
        "CREATE TABLE ExecutionHistoryEntry (Id, EngineId, PromptCompiled, ExecutedAt, Status, \
         Extra, Blob)",
    );
    let long = "é".repeat(5 << 20);
    connection
        .execute(
            "INSERT INTO ExecutionHistoryEntry VALUES \
             (?1, ?2, ?2, 1700000000, ?2, ?2, zeroblob(99999))",
            [id(1).to_string(), long.clone()],
        )
        .unwrap();
    drop(connection);
    let mut device = Device::new(1);
    assert_eq!(device.import(&path).added, 1);
    let run = device.run(id(1));
    assert_eq!(run.summary.workflow_id.as_str().len(), 512);
    assert_eq!(run.compiled_prompt.unwrap().len(), 8 << 20);
    let cut = run.attributes.get("imported_cut").unwrap().to_string();
    for field in ["compiled_prompt", "engine_id", "imported_status", "Extra", "Blob"] {
        assert!(cut.contains(field), "{field}: {cut}");
    }
}

/// A log beyond one part: equal pieces on two devices, nothing twice, and its end as the time at
/// which the run was last heard of.
#[test]
fn a_large_log_comes_in_parts() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("large.db");
    let connection = database(
        &path,
        "CREATE TABLE executions (id, start_time, status); \
         CREATE TABLE execution_logs (execution_id, sequence, timestamp, log_type, log_data);",
    );
    connection
        .execute("INSERT INTO executions VALUES (?1, 1700000000, 'Running')", [id(1).to_string()])
        .unwrap();
    connection
        .execute(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 11999) \
             INSERT INTO execution_logs SELECT ?1, i, 1700000000 + i, 'RawOutput', \
             printf('line %d %.*c', i, 1000, 'x') FROM n",
            [id(1).to_string()],
        )
        .unwrap();
    drop(connection);
    let mut parts = 0;
    let counted = open(&path).read(|item| {
        parts += u32::from(matches!(item, Item::Log(_)));
        Ok::<_, StoreError>(())
    });
    counted.unwrap();
    assert_eq!(parts, 2);
    let (mut one, mut two) = (Device::new(0xa1), Device::new(0xb2));
    assert_eq!(one.import(&path).lines, 12_000);
    two.import(&path);
    assert_eq!(two.import(&path).lines, 0);
    assert_eq!(one.dump(), two.dump());
    let lost_at = one.run(id(1)).summary.lost_at.unwrap();
    assert_eq!(lost_at.as_millis(), 1_700_011_999_000);
    let log = one.log(id(1));
    assert!((0..12_000).all(|n| log[n].starts_with(&format!("stdout - line {n} "))));
}
