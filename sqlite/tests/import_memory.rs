//! Importing many executions with params and logs, without any index: memory stays flat. Alone in
//! its process, as it measures it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on fails.

use std::fs;

use runlog_core::store::StoreError;
use runlog_sqlite::import::{Item, Source};
use rusqlite::Connection;

#[test]
fn a_hundred_thousand_executions_stream() {
    const COUNT: u64 = 100_000;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("many.db");
    let fill = format!(
        "CREATE TABLE executions (id, workflow_id, start_time, status, extra); \
         CREATE TABLE execution_params (execution_id, param_name, param_value); \
         CREATE TABLE execution_logs (execution_id, sequence, timestamp, log_type, log_data); \
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {COUNT}) \
         INSERT INTO executions SELECT \
         printf('0b5e7a10-0000-4000-8000-%012d', (i * 7919) % {COUNT} + 1), 'w', \
         1700000000 + i, 'Completed', printf('%.*c', 1000, 'x') FROM n; \
         INSERT INTO execution_params \
         SELECT id, 'p', 'v' FROM executions ORDER BY start_time DESC; \
         INSERT INTO execution_logs SELECT id, 0, 1, 'RawOutput', 'x' FROM executions;"
    );
    Connection::open(&path).unwrap().execute_batch(&fill).unwrap();
    let source = Source::open(&path, &directory.path().join("scratch")).unwrap();
    let before = resident_kib();
    let (mut executions, mut last) = (0u64, None);
    let read = source.read(|item| {
        let Item::Execution { imported, .. } = item else { panic!("{item:?}") };
        assert_eq!((imported.log.len(), imported.execution.params.iter().len()), (1, 1));
        assert!(last < Some(imported.execution.id), "each once, in order");
        last = Some(imported.execution.id);
        executions += 1;
        if executions % 10_000 == 0 {
            let grown = resident_kib().saturating_sub(before);
            assert!(grown < 64 << 10, "{grown} KiB more after {executions} executions");
        }
        Ok::<_, StoreError>(())
    });
    read.unwrap();
    assert_eq!(executions, COUNT);
}

fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}
