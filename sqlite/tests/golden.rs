//! Databases of every earlier version open in this one, with everything that they held.
#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use runlog_core::id::ExecutionId;
use runlog_core::model::{Execution, Status};
use runlog_core::query::ListQuery;
use runlog_core::schema::{RowKey, executions};
use runlog_core::store::{
    Backend, BackendId, ChangeNumber, ItemKey, Rejection, Room, Store, StoreError,
};
use runlog_core::sync::run::{LogQuery, RunFilter, RunStatus};
use runlog_core::time::Timestamp;
use runlog_sqlite::{Options, PendingMigration, SCHEMA_VERSION, SqliteStore, pending};
use rusqlite::Connection;
use support::{DEVICE, NOW};

const EXECUTIONS: u64 = 12;

fn golden(version: u32) -> PathBuf {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden");
    directory.join(format!("v{version}.db"))
}

fn id(number: u64) -> ExecutionId {
    ExecutionId::v7(1_700_000_000_000 + number, &[number as u8; 10])
}

#[test]
fn each_earlier_version_migrates_with_all_it_held() {
    for version in 1..SCHEMA_VERSION {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("history.db");
        fs::copy(golden(version), &path).unwrap_or_else(|error| {
            unreachable!("every earlier version has a database in tests/golden: {error}")
        });
        let connection = Connection::open(&path).unwrap();
        let expected = PendingMigration { from: version, to: SCHEMA_VERSION, has_rows: true };
        assert_eq!(pending(&connection), Ok(Some(expected)));
        let mut store = SqliteStore::open(connection, Options::default(), NOW).unwrap();
        assert_eq!(pending(store.connection()), Ok(None));
        assert_eq!(store.check().unwrap(), []);
        let applied: Vec<u32> = {
            let connection = store.connection();
            let mut select = connection.prepare("SELECT number FROM schema_migrations").unwrap();
            let rows = select.query_map([], |row| row.get(0)).unwrap();
            rows.collect::<Result<_, _>>().unwrap()
        };
        assert_eq!(applied, (1..=SCHEMA_VERSION).collect::<Vec<_>>());
        assert_holds_everything(&mut store, u64::from(version >= 2));
        if version >= 2 {
            assert_holds_sync_state(&mut store);
        }
        if version >= 3 {
            assert_holds_syncing(&mut store);
        }
        support::put_tag(&mut store, 3, "written", false, 200);
    }
}

fn assert_holds_everything(store: &mut SqliteStore, kept: u64) {
    let listed = |change: fn(&mut ListQuery)| {
        let mut query = ListQuery::newest(100);
        change(&mut query);
        query
    };
    let queries = [
        (listed(|_| ()), 9),
        (listed(|query| query.filter.deleted = true), 3),
        (listed(|query| query.filter.tag = Some("golden".into())), 6),
        (listed(|query| query.filter.param = Some(("number".into(), "4".into()))), 1),
        (listed(|query| query.filter.status = Some(Status::Failed)), 3),
        (listed(|query| query.filter.duration_ms_min = Some(400)), 6),
    ];
    store
        .read(|tx| {
            assert_eq!(tx.device()?, Some(DEVICE));
            assert_eq!(tx.counters()?.change, ChangeNumber::new(100));
            for (query, count) in &queries {
                assert_eq!(tx.list(query)?.rows.len(), *count, "{query:?}");
                assert_eq!(tx.count(query)?, *count as u64);
            }
            let changes = tx.changes(ChangeNumber::ZERO, 1_000)?;
            assert_eq!(changes.len() as u64, EXECUTIONS * 3 + EXECUTIONS / 2 + kept);
            for number in 0..EXECUTIONS {
                let id = id(number);
                let row = tx.row(&RowKey::Execution(id), executions::ALL)?.unwrap();
                let run = Execution::from_cells(id, &row.cells, Timestamp::default()).unwrap();
                assert_eq!(run.params.get("number"), Some(number.to_string().as_str()));
                assert_eq!(row.clocks.covered(), executions::ALL);
                assert_eq!(tx.tags(id)?.len() as u64, (number + 1) % 2);
                assert_eq!(tx.last_sequence(id)?, 50);
                for head in tx.pieces(id, 0..=100)? {
                    let lines = tx.piece_lines(head.log, head.first)?.unwrap();
                    let first = format!("line {} of run {number}", head.first);
                    assert_eq!(lines.get(0).unwrap().bytes, first.as_bytes());
                }
                assert_eq!(tx.gaps(id)?[0].pieces, [21]);
            }
            Ok::<(), StoreError>(())
        })
        .unwrap();
}

/// What version 2 knew of a backend, with what later versions add to it.
fn assert_holds_sync_state(store: &mut SqliteStore) {
    let id_of_backend = BackendId(u128::from_be_bytes([0xb1; 16]));
    let backend = Backend {
        id: id_of_backend,
        name: "backend".to_owned(),
        settings: Vec::new(),
        added_at: Timestamp::from_millis(0),
        enabled: true,
        sent: ChangeNumber::new(70),
        position: vec![0, 0xff],
    };
    let refused = Rejection {
        backend: id_of_backend,
        item: ItemKey::from(&RowKey::Execution(id(1))),
        change: ChangeNumber::new(2),
        code: "refused".to_owned(),
        reason: "too large".to_owned(),
        at: Timestamp::from_millis(0),
    };
    store
        .read(|tx| {
            assert_eq!(tx.backends()?, [backend]);
            assert_eq!(tx.rejections(id_of_backend, None, 9)?, std::slice::from_ref(&refused));
            assert_eq!(tx.rejection(id_of_backend, &refused.item)?, Some(refused));
            let at = tx.acknowledged_at(id_of_backend, ChangeNumber::new(7))?;
            assert_eq!(at, Some(Timestamp::from_millis(1_700_000_000_500)));
            let purged = RowKey::Execution(ExecutionId::from_bytes([0xee; 16]));
            assert!(tx.purged(&purged)?.is_some());
            assert_eq!(tx.kept("moods", b"k")?[0].value, "good".into());
            Ok::<(), StoreError>(())
        })
        .unwrap();
}

/// What version 3 remembered of syncing, and the run that repeats another.
fn assert_holds_syncing(store: &mut SqliteStore) {
    let mut repeated = ListQuery::newest(9);
    repeated.filter.retry_of = Some(id(0));
    store
        .read(|tx| {
            assert_eq!(tx.note(Room::Local, b"k")?, Some(b"v".to_vec()));
            let runs = tx.sync_runs(&RunFilter::default(), None, 9)?;
            let [run] = &runs[..] else { unreachable!("one run: {runs:?}") };
            assert_eq!((run.status, run.rows_done, run.rows_total), (RunStatus::Failed, 3, 9));
            let of_run = LogQuery { entity: Some(id(0)), ..LogQuery::default() };
            assert_eq!(tx.sync_log(&of_run, None, 9)?.len(), 1);
            let later = tx.list(&repeated)?.rows;
            assert_eq!(later.iter().map(|row| row.id).collect::<Vec<_>>(), [id(10)]);
            assert_eq!(tx.count(&repeated)?, 1);
            Ok::<(), StoreError>(())
        })
        .unwrap();
}
