//! What SQLite reports, as what a store fails with; and that nothing stays of what failed.
#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

mod support;

use std::time::Duration;

use runlog_core::clock::RowClocks;
use runlog_core::id::DeviceId;
use runlog_core::log::{LineRef, Lines, LogKey, PieceHead, Stream};
use runlog_core::model::Visibility;
use runlog_core::query::ListQuery;
use runlog_core::schema::{RowKey, executions};
use runlog_core::store::{ChangeNumber, ReadTx, RowWrite, Store, StoreError, StoreResult};
use runlog_core::value::Value;
use runlog_sqlite::{Durability, FindingKind, Options, SqliteStore};
use rusqlite::Connection;
use support::{DEVICE, NOW, clock, error_of, filled, id, in_memory, new_execution, put_execution};

fn all(tx: &dyn ReadTx) -> StoreResult<u64> {
    tx.count(&ListQuery::newest(1))
}

#[test]
fn a_locked_database_is_busy_after_the_time_allowed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("history.db");
    let options = Options { busy_timeout: Duration::from_millis(20), ..Options::default() };
    let open = || SqliteStore::open(Connection::open(&path).unwrap(), options, NOW).unwrap();
    let (mut first, mut second) = (open(), open());
    first
        .write(|_| {
            let busy = error_of(second.write(|tx| tx.remove_lease(id(1))));
            assert_eq!(busy, StoreError::Busy { waited_ms: 20 });
            // Reading goes on beside a writer.
            assert_eq!(second.read(all), Ok(0));
            Ok::<(), StoreError>(())
        })
        .unwrap();
    second.write(|tx| tx.remove_lease(id(1))).unwrap();
}

#[test]
fn a_full_disk_is_full_and_undoes_the_transaction() {
    let mut store = in_memory();
    filled(&mut store, 10);
    let count = store.read(all).unwrap();
    let connection = store.connection();
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    connection.pragma_update_and_check(None, "max_page_count", pages + 2, |_| Ok(())).unwrap();
    let cells = new_execution(900).to_cells(DEVICE).unwrap();
    let mut clocks = RowClocks::new();
    clocks.set(executions::ALL, clock(1));
    // The closure goes on after the failure, and must not bring anything in by that.
    let result = store.write(|tx| {
        for number in 900..1_900 {
            let write = RowWrite {
                cells: &cells,
                clocks: &clocks,
                change: ChangeNumber::new(number),
                visibility: Visibility::Live,
            };
            let _ = tx.insert_row(&RowKey::Execution(id(number)), &write);
        }
        Ok::<(), StoreError>(())
    });
    assert_eq!(result, Err(StoreError::Full));
    assert_eq!(store.read(all), Ok(count));
    assert_eq!(store.check().unwrap(), []);
}

#[test]
fn a_panic_undoes_the_transaction() {
    let mut store = in_memory();
    filled(&mut store, 3);
    let count = store.read(all).unwrap();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        store.write(|tx| {
            tx.purge(id(1), clock(1), ChangeNumber::ZERO)?;
            assert!(tx.row(&RowKey::Execution(id(1)), executions::ALL)?.is_some(), "on purpose");
            Ok::<(), StoreError>(())
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(store.read(all), Ok(count));
    put_execution(&mut store, &new_execution(70), 70);
}

fn piece(device: DeviceId) -> (PieceHead, Lines) {
    let mut lines = Lines::new();
    let bytes = b"one line";
    let (stream, level) = (Stream::Stdout, None);
    lines.push(LineRef { time: NOW, stream, level, continued: false, bytes });
    let head = PieceHead {
        log: LogKey { execution: id(1), device },
        first: 1,
        last: 1,
        bytes: 9,
        last_at: NOW,
        contents: lines.contents(),
        sealed: true,
        change: ChangeNumber::new(1),
    };
    (head, lines)
}

/// A number that a device got in a transaction that failed may go to another one.
#[test]
fn device_numbers_are_rolled_back() {
    let mut store = in_memory();
    for (number, fails) in [(1, true), (2, false), (1, false)] {
        let (head, lines) = piece(DeviceId::from_u128(number));
        let result = store.write(|tx| {
            tx.put_piece(&head, &lines)?;
            if fails { Err(StoreError::Full) } else { Ok(()) }
        });
        assert_eq!(result.is_err(), fails);
    }
    let heads = store.read(|tx| tx.pieces(id(1), 0..=9)).unwrap();
    let devices: Vec<DeviceId> = heads.iter().map(|head| head.log.device).collect();
    assert_eq!(devices, [DeviceId::from_u128(1), DeviceId::from_u128(2)]);
}

#[test]
fn a_damaged_piece_is_an_error_that_names_it() {
    let mut store = in_memory();
    let (head, lines) = piece(DEVICE);
    store.write(|tx| tx.put_piece(&head, &lines)).unwrap();
    let connection = store.into_connection();
    connection.execute("UPDATE log_pieces SET data = substr(data, 1, 12)", []).unwrap();
    let options = Options { journal: runlog_sqlite::Journal::Unchanged, ..Options::default() };
    let mut store = SqliteStore::open(connection, options, NOW).unwrap();
    let error = error_of(store.read(|tx| tx.piece_lines(head.log, 1)));
    let text = error.to_string();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{text}");
    assert!(text.contains(&id(1).to_string()) && text.contains("line 1"), "{text}");
}

/// What is shown is held to the model, whoever writes it; what is hidden is not.
#[test]
fn a_constraint_holds_shown_rows_only() {
    let mut store = in_memory();
    let mut clocks = RowClocks::new();
    clocks.set(executions::ALL, clock(1));
    let cells = [(executions::KIND, Value::from("a newer kind"))];
    let key = RowKey::Execution(id(1));
    let change = ChangeNumber::new(1);
    let mut put = |visibility| {
        let write = RowWrite { cells: &cells, clocks: &clocks, change, visibility };
        store.write(|tx| tx.insert_row(&key, &write))
    };
    let refused = error_of(put(Visibility::Live));
    assert!(refused.to_string().contains("shown_"), "{refused}");
    assert_eq!(put(Visibility::Hidden), Ok(()));
    assert_eq!(put(Visibility::Hidden), Err(StoreError::RowExists));
}

#[test]
fn persist_waits_for_the_disk_only_where_something_was_committed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("history.db");
    let open = |durability| {
        let options = Options { durability, ..Options::default() };
        SqliteStore::open(Connection::open(&path).unwrap(), options, NOW).unwrap()
    };
    let persisted = |store: &SqliteStore| {
        let sql = "SELECT persisted FROM local_state";
        store.connection().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let (mut store, mut other) = (open(Durability::Process), open(Durability::Process));
    store.persist().unwrap();
    let first = persisted(&store);
    store.persist().unwrap();
    assert_eq!(persisted(&store), first);
    store.write(|tx| tx.remove_lease(id(1))).unwrap();
    store.persist().unwrap();
    assert_eq!(persisted(&store), first + 1);
    // What another process committed is made to last as well, before it is sent anywhere.
    other.write(|tx| tx.set_device(DEVICE)).unwrap();
    store.persist().unwrap();
    assert_eq!(persisted(&store), first + 2);
    let synchronous: i64 =
        store.connection().pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
    assert_eq!(synchronous, 1, "NORMAL");
    open(Durability::Power).persist().unwrap();
    assert_eq!(persisted(&store), first + 2);
}

#[test]
fn check_finds_damage_and_derived_data_is_built_anew() {
    let mut store = in_memory();
    filled(&mut store, 30);
    assert_eq!(store.check().unwrap(), []);
    for (damage, kind) in [
        ("DELETE FROM tag_index WHERE row < 9", FindingKind::Derived),
        ("INSERT INTO tag_index VALUES ('stray', 1, 1)", FindingKind::Derived),
        ("DELETE FROM param_index WHERE row < 9", FindingKind::Derived),
        ("INSERT INTO param_index VALUES ('stray', 'x', 1, 1)", FindingKind::Derived),
        ("UPDATE executions SET visibility = 0 WHERE row = 5", FindingKind::Row),
        ("UPDATE executions SET clocks = x'00' WHERE row = 6", FindingKind::Row),
        ("DROP INDEX executions_kind", FindingKind::Schema),
    ] {
        store.connection().execute_batch(damage).unwrap();
        let found = store.check().unwrap();
        assert!(!found.is_empty(), "{damage}");
        assert!(found.iter().all(|finding| finding.kind == kind), "{damage}: {found:?}");
        if kind == FindingKind::Derived {
            store.rebuild_derived().unwrap();
            assert_eq!(store.check().unwrap(), [], "{damage}");
        } else if kind == FindingKind::Row {
            store
                .connection()
                .execute_batch(
                    "UPDATE executions SET visibility = 1 WHERE row = 5;
                 UPDATE executions SET clocks = (SELECT clocks FROM executions WHERE row = 7)
                     WHERE row = 6",
                )
                .unwrap();
        }
    }
}
