//! Every filter and every order is served by an index, and no listing sorts.
#![allow(clippy::unwrap_used)] // A test that cannot go on fails.

mod support;

use std::cell::RefCell;

use runlog_core::model::{Kind, Status};
use runlog_core::query::{Cursor, Filter, ListQuery, Order, SyncFilter};
use runlog_core::schema::RowKey;
use runlog_core::store::{
    Backend, BackendId, ChangeNumber, ItemKey, Rejection, Room, Store, StoreError, StoreResult,
    WriteTx,
};
use runlog_core::sync::run::{Direction, LogQuery, RunFilter, RunStatus, SyncId};
use runlog_sqlite::{Options, SqliteStore};
use rusqlite::Connection;
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use support::{DEVICE, NOW, filled, id};

const ORDERS: [Order; 4] =
    [Order::NewestFirst, Order::OldestFirst, Order::LongestFirst, Order::ShortestFirst];

type Change = fn(&mut Filter);

const FILTERS: [(&str, Change); 14] = [
    ("workflow", |f| f.workflow_id = Some("workflow-3".into())),
    ("kind", |f| f.kind = Some(Kind::Job)),
    ("status", |f| f.status = Some(Status::Failed)),
    ("device", |f| f.device_id = Some(DEVICE)),
    ("retry", |f| f.retry_of = Some(id(1))),
    ("tag", |f| f.tag = Some("nightly".into())),
    ("param", |f| f.param = Some(("env".into(), "prod".into()))),
    ("long param", |f| f.param = Some(("env".into(), "prod".repeat(100)))),
    ("exit code", |f| f.exit_code = Some(1)),
    ("since", |f| f.since = Some(NOW.plus_millis(60_000))),
    ("until", |f| f.until = Some(NOW.plus_millis(90_000))),
    ("shortest", |f| f.duration_ms_min = Some(100)),
    ("longest", |f| f.duration_ms_max = Some(700)),
    ("synced", |f| f.sync_state = Some(SyncFilter::Synced)),
];

/// What is few is sorted after it was found.
const FEW: [(&str, Change, &str); 2] = [
    ("waiting", |f| f.sync_state = Some(SyncFilter::Waiting), "executions_change (change>?)"),
    ("rejected", |f| f.sync_state = Some(SyncFilter::Rejected), "executions_1 (id=?)"),
];

thread_local! {
    /// Statements that ran on this thread.
    static STATEMENTS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn remember(event: TraceEvent<'_>) {
    if let TraceEvent::Stmt(statement, _) = event {
        STATEMENTS.with_borrow_mut(|statements| statements.push(statement.sql().into_owned()));
    }
}

/// A backend that has half of it, and refused some.
fn with_backend(tx: &mut dyn WriteTx) -> StoreResult<()> {
    let half = ChangeNumber::new(100);
    let backend = BackendId(1);
    tx.put_backend(&Backend {
        id: backend,
        name: "relay".to_owned(),
        settings: Vec::new(),
        added_at: NOW,
        enabled: true,
        sent: half,
        position: Vec::new(),
    })?;
    tx.put_rejection(&Rejection {
        backend,
        item: ItemKey::from(&RowKey::Execution(id(3))),
        change: half,
        code: "quota".to_owned(),
        reason: "full".to_owned(),
        at: NOW,
    })
}

/// A store on a file, and a connection that explains its statements.
struct Watched {
    store: SqliteStore,
    observer: Connection,
    _directory: tempfile::TempDir,
}

impl Watched {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("history.db");
        let connection = Connection::open(&path).unwrap();
        let mut store = SqliteStore::open(connection, Options::default(), NOW).unwrap();
        filled(&mut store, 200);
        store.write(|tx| with_backend(tx)).unwrap();
        let mut connection = store.into_connection();
        connection.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(remember)).unwrap();
        let store = SqliteStore::open(connection, Options::default(), NOW).unwrap();
        Self { store, observer: Connection::open(&path).unwrap(), _directory: directory }
    }

    /// The plans of the statements that `work` runs, transactions left out.
    fn plans(&mut self, work: impl FnOnce(&mut SqliteStore)) -> Vec<(String, Vec<String>)> {
        STATEMENTS.take();
        work(&mut self.store);
        let statements = STATEMENTS.take();
        let explained = statements.into_iter().filter(|text| text.starts_with("SELECT"));
        explained.map(|text| (text.clone(), self.explain(&text))).collect()
    }

    fn explain(&self, text: &str) -> Vec<String> {
        let mut explain = self.observer.prepare(&format!("EXPLAIN QUERY PLAN {text}")).unwrap();
        let mut rows = explain.raw_query();
        let mut steps = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            steps.push(row.get(3).unwrap());
        }
        steps
    }

    fn assert_indexed(&mut self, what: &str, work: impl FnOnce(&mut SqliteStore)) {
        let plans = self.plans(work);
        assert!(!plans.is_empty(), "{what}: nothing ran");
        for (text, steps) in plans {
            for step in steps {
                let constant = step.contains("SUBQUERY") || step == "SCAN CONSTANT ROW";
                // A handful at most.
                let backends = step.starts_with("SCAN backends");
                let fine = step.starts_with("SEARCH") || constant || backends;
                assert!(fine, "{what}: {step}\n{text}");
            }
        }
    }
}

#[test]
fn each_filter_pair_and_order_walks_an_index() {
    let mut watched = Watched::new();
    for order in ORDERS {
        for (at, (first, change)) in FILTERS.iter().enumerate() {
            for (second, other) in &FILTERS[at..] {
                for deleted in [false, true] {
                    let mut query = ListQuery::newest(20);
                    query.order = order;
                    query.filter.deleted = deleted;
                    change(&mut query.filter);
                    other(&mut query.filter);
                    let what = format!("{order:?}, {first}, {second}");
                    let page = query.clone();
                    watched.assert_indexed(&what, |store| {
                        store.read(|tx| tx.list(&page)).unwrap();
                    });
                    query.after = Some(Cursor::new(order, NOW.as_millis(), 3));
                    watched.assert_indexed(&what, |store| {
                        store.read(|tx| tx.list(&query)).unwrap();
                        store.read(|tx| tx.count(&query)).unwrap();
                    });
                }
            }
        }
        let mut query = ListQuery::newest(20);
        query.order = order;
        watched.assert_indexed("no filter", |store| {
            store.read(|tx| tx.list(&query)).unwrap();
            store.read(|tx| tx.count(&query)).unwrap();
        });
    }
}

/// A single filter reads only what matches: its own index stands first.
#[test]
fn a_single_filter_walks_its_own_index() {
    let mut watched = Watched::new();
    let expected = [
        ("workflow", "executions_workflow (visibility=? AND workflow_id=?)"),
        ("kind", "executions_kind (visibility=? AND kind=?)"),
        ("status", "executions_status (visibility=? AND status=?)"),
        ("device", "executions_device (visibility=? AND device_id=?)"),
        ("retry", "executions_retry_of (visibility=? AND retry_of=?)"),
        ("tag", "PRIMARY KEY (tag=?)"),
        ("param", "PRIMARY KEY (name=? AND value=?)"),
        ("exit code", "executions_exit_code (visibility=? AND exit_code=?)"),
        ("since", "executions_begun (visibility=? AND begun_at>?)"),
        ("until", "executions_begun (visibility=? AND begun_at<?)"),
    ];
    for (name, plan) in expected {
        let (_, change) = FILTERS.iter().find(|(filter, _)| *filter == name).unwrap();
        let mut query = ListQuery::newest(20);
        change(&mut query.filter);
        let plans = watched.plans(|store| {
            store.read(|tx| tx.list(&query)).unwrap();
        });
        assert!(plans[0].1[0].ends_with(plan), "{name}: {:?}", plans[0]);
    }
    let mut query = ListQuery::newest(20);
    query.order = Order::LongestFirst;
    query.filter.duration_ms_min = Some(100);
    let plans = watched.plans(|store| {
        store.read(|tx| tx.list(&query)).unwrap();
    });
    let plan = "executions_duration (visibility=? AND duration>?)";
    assert!(plans[0].1[0].ends_with(plan), "{:?}", plans[0]);
}

/// Few are found by what makes them few, in every order and with every other filter.
#[test]
fn what_waits_or_was_refused_is_found_without_a_walk_through_all() {
    let mut watched = Watched::new();
    for (name, change, plan) in FEW {
        for order in ORDERS {
            for (_, other) in &FILTERS[..FILTERS.len() - 1] {
                let mut query = ListQuery::newest(20);
                query.order = order;
                other(&mut query.filter);
                change(&mut query.filter);
                let plans = watched.plans(|store| {
                    store.read(|tx| tx.list(&query)).unwrap();
                    store.read(|tx| tx.count(&query)).unwrap();
                });
                let of_listings = plans.iter().filter(|(text, _)| text.contains("AS e"));
                assert_eq!(of_listings.clone().count(), 2, "{name}: {plans:?}");
                for (text, steps) in of_listings {
                    assert!(steps[0].ends_with(plan), "{name}, {order:?}: {steps:?}\n{text}");
                    let scans = steps.iter().any(|step| step.starts_with("SCAN"));
                    assert!(!scans, "{name}: {steps:?}\n{text}");
                }
            }
        }
    }
}

#[test]
fn the_next_page_is_sought_not_skipped() {
    let mut watched = Watched::new();
    for order in ORDERS {
        let mut query = ListQuery::newest(20);
        query.order = order;
        query.filter.since = Some(NOW);
        query.filter.until = Some(NOW.plus_millis(1_000_000));
        query.filter.duration_ms_min = Some(1);
        query.after = Some(Cursor::new(order, 500, 3));
        let plans = watched.plans(|store| {
            store.read(|tx| tx.list(&query)).unwrap();
        });
        let key = if order.by_duration() { "duration" } else { "begun_at" };
        assert!(plans[0].1[0].contains(&format!("visibility=? AND {key}")), "{:?}", plans[0]);
    }
}

#[test]
fn other_reads_walk_indexes_too() {
    let mut watched = Watched::new();
    let short = id(7).short();
    watched.assert_indexed("prefix", |store| {
        let pattern = id(7).to_string()[..6].parse().unwrap();
        store.read(|tx| tx.find(&pattern, 2)).unwrap();
    });
    // Only ids that share their tail are sorted, and those are few.
    let plans = watched.plans(|store| {
        let found = store.read(|tx| tx.find(&short.parse().unwrap(), 2)).unwrap();
        assert_eq!(found, [id(7)]);
    });
    assert!(plans[1].1[0].contains("executions_tail"), "{:?}", plans[1]);
    watched.assert_indexed("logs", |store| {
        store
            .read(|tx| {
                tx.pieces(id(7), 5..=9)?;
                tx.gaps(id(7))?;
                tx.last_sequence(id(7)).map(|_| ())
            })
            .unwrap_or_else(|error: StoreError| unreachable!("{error}"));
    });
    watched.assert_indexed("changes", |store| {
        store.read(|tx| tx.changes(ChangeNumber::new(5), 10)).unwrap();
    });
    let plans = watched.plans(|store| {
        store.read(|tx| tx.hidden(10)).unwrap();
    });
    assert_eq!(plans[0].1, ["SCAN executions USING COVERING INDEX executions_hidden"]);
}

/// Refusals, notes and the history of runs are read by the index that fits, and nothing is sorted.
#[test]
fn what_syncing_reads_walks_indexes() {
    let mut watched = Watched::new();
    let backend = BackendId(7);
    let item = ItemKey::purge(id(1));
    watched.assert_indexed("refusals", |store| {
        store
            .read(|tx| {
                tx.rejection(backend, &item)?;
                tx.rejections(backend, None, 10)?;
                tx.rejections(backend, Some(&item), 10)
            })
            .unwrap_or_else(|error: StoreError| unreachable!("{error}"));
    });
    watched.assert_indexed("notes", |store| {
        store
            .read(|tx| {
                tx.note(Room::Unsent, b"k")?;
                tx.notes(Room::Unsent, b"k", None, 10)?;
                tx.notes(Room::Unsent, b"", Some(b"k"), 10)
            })
            .unwrap_or_else(|error: StoreError| unreachable!("{error}"));
    });
    watched.assert_indexed("items of an execution", |store| {
        store.read(|tx| tx.execution_items(id(7))).unwrap();
    });
}

type RunChange = fn(&mut RunFilter);

#[test]
fn each_filter_of_runs_walks_its_own_index() {
    let mut watched = Watched::new();
    let started = "sync_history_started";
    let filters: [(RunChange, &str); 7] = [
        (|_| (), started),
        (|f| f.since = Some(NOW), started),
        (|f| f.direction = Some(Direction::RemoteToLocal), "sync_history_direction (direction=?"),
        (|f| f.triggered_by = Some("user".into()), "sync_history_who (triggered_by=?"),
        (|f| f.backend = Some(BackendId(7)), "sync_history_backend (backend=?"),
        (|f| f.status = Some(RunStatus::Running), "sync_history_open (status=?"),
        (|f| f.status = Some(RunStatus::Failed), "sync_history_open (status=?"),
    ];
    for (change, index) in filters {
        let mut filter = RunFilter::default();
        change(&mut filter);
        let plans = watched.plans(|store| {
            store.read(|tx| tx.sync_runs(&filter, None, 10)).unwrap();
        });
        let [(text, steps)] = &plans[..] else { unreachable!("one statement: {plans:?}") };
        assert!(steps.len() == 1 && steps[0].contains(index), "{steps:?}\n{text}");
    }
}

#[test]
fn each_filter_of_the_sync_log_walks_its_own_index() {
    let mut watched = Watched::new();
    let run = Some(SyncId(uuid::Uuid::from_u128(1)));
    let all = LogQuery::default();
    let queries = [
        (all.clone(), &["PRIMARY KEY (rowid<?)"][..]),
        (LogQuery { changes_only: true, ..all.clone() }, &["PRIMARY KEY (rowid<?)"]),
        (LogQuery { run, ..all.clone() }, &["sync_log_run (run=? AND rowid<?)"]),
        (LogQuery { errors_only: true, ..all.clone() }, &["sync_log_failed (result=?"]),
        (
            LogQuery { entity: Some(id(1)), ..all },
            &["sync_log_entity (entity=? AND rowid<?)", "sync_log_whole (sync_type=? AND rowid<?)"],
        ),
    ];
    for (query, indexes) in queries {
        let plans = watched.plans(|store| {
            store.read(|tx| tx.sync_log(&query, None, 10)).unwrap();
        });
        assert_eq!(plans.len(), indexes.len(), "{plans:?}");
        for ((text, steps), index) in plans.iter().zip(indexes) {
            assert!(steps[0].contains(index), "{steps:?}\n{text}");
            assert!(steps.iter().all(|step| !step.contains("TEMP B-TREE")), "{steps:?}\n{text}");
        }
    }
}
