//! What opening and listing leave alone, and databases that are refused untouched.
#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

mod support;

use std::cell::RefCell;
use std::fs;
use std::path::Path;

use runlog_core::query::{ListQuery, Order};
use runlog_core::store::{Store, StoreError};
use runlog_sqlite::{APPLICATION_ID, Options, SCHEMA_VERSION, SqliteStore, pending};
use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use support::{NOW, error_of, filled};

thread_local! {
    /// Columns that statements of this thread may read.
    static READ: RefCell<Vec<(String, String)>> = const { RefCell::new(Vec::new()) };
}

fn note(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Read { table_name, column_name } => {
            let read = (table_name.to_owned(), column_name.to_owned());
            READ.with_borrow_mut(|all| all.push(read));
        }
        AuthAction::Insert { table_name } | AuthAction::Delete { table_name } => {
            READ.with_borrow_mut(|all| all.push((table_name.to_owned(), "written".into())));
        }
        _ => {}
    }
    Authorization::Allow
}

fn open(path: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(Connection::open(path).unwrap(), Options::default(), NOW)
}

/// Q5: logs and details are loaded when asked for, and an open reads no rows at all.
#[test]
fn open_and_list_read_neither_details_nor_logs() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("history.db");
    filled(&mut open(&path).unwrap(), 50);

    let mut connection = Connection::open(&path).unwrap();
    connection.authorizer(Some(note)).unwrap();
    let mut store = SqliteStore::open(connection, Options::default(), NOW).unwrap();
    let read = READ.take();
    let of_the_file = ["sqlite_schema", "pragma_application_id", "pragma_user_version"];
    assert!(read.iter().all(|(table, _)| of_the_file.contains(&table.as_str())), "{read:?}");

    for order in [Order::NewestFirst, Order::LongestFirst] {
        let mut query = ListQuery::newest(10);
        query.order = order;
        query.filter.tag = Some("nightly".into());
        query.filter.param = Some(("env".into(), "prod".into()));
        store.read(|tx| tx.list(&query)).unwrap();
        store.read(|tx| tx.count(&query)).unwrap();
    }
    let read = READ.take();
    assert!(read.iter().any(|(_, column)| column == "workflow_id"), "the authorizer saw nothing");
    for (table, column) in read {
        assert!(!table.starts_with("log_"), "{table}.{column} was read");
        let details = ["params", "attributes", "compiled_prompt", "written"];
        assert!(!details.contains(&column.as_str()), "{table}.{column} was read");
    }
}

/// Opening a current database writes nothing, and keeps what was there.
#[test]
fn opening_again_writes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("history.db");
    filled(&mut open(&path).unwrap(), 20);
    let before = fs::read(&path).unwrap();
    drop(open(&path).unwrap());
    assert_eq!(fs::read(&path).unwrap(), before);

    // A file that may not be written opens, too.
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let connection = Connection::open_with_flags(&path, flags).unwrap();
    let mut store = SqliteStore::open(connection, Options::default(), NOW).unwrap();
    assert_eq!(store.read(|tx| tx.count(&ListQuery::newest(1))), Ok(18));
    let refused = store.write(|tx| tx.remove_lease(support::id(1)));
    assert!(matches!(refused, Err(StoreError::ReadOnly { .. })), "{refused:?}");
}

/// K1: a newer database is refused, never guessed at; another program's is not taken over.
#[test]
fn what_is_not_ours_is_refused_and_not_touched() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("some.db");
    let refused = |make: &dyn Fn(&Path)| {
        make(&path);
        let before = fs::read(&path).unwrap();
        let pending_error = error_of(pending(&Connection::open(&path).unwrap()));
        let error = error_of(open(&path));
        assert_eq!(fs::read(&path).unwrap(), before, "{error}");
        assert_eq!(pending_error, error);
        fs::remove_file(&path).unwrap();
        error
    };

    let newer = refused(&|path| {
        filled(&mut open(path).unwrap(), 3);
        let connection = Connection::open(path).unwrap();
        connection.pragma_update(None, "user_version", SCHEMA_VERSION + 1).unwrap();
    });
    let (found, known) = (SCHEMA_VERSION + 1, SCHEMA_VERSION);
    assert_eq!(newer, StoreError::Newer { found, known });

    let foreign = refused(&|path| {
        let connection = Connection::open(path).unwrap();
        connection.execute_batch("CREATE TABLE executions (id TEXT)").unwrap();
    });
    assert!(matches!(foreign, StoreError::Foreign { .. }), "{foreign}");

    let marked = refused(&|path| {
        let connection = Connection::open(path).unwrap();
        connection.pragma_update(None, "application_id", APPLICATION_ID + 1).unwrap();
    });
    assert!(matches!(marked, StoreError::Foreign { .. }), "{marked}");

    let text = refused(&|path| fs::write(path, "no database, ".repeat(100)).unwrap());
    assert!(matches!(text, StoreError::NotADatabase { .. }), "{text}");
}
