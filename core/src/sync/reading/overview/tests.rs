//! T14: "up to date" is never said while anything is amiss.

use proptest::prelude::*;

use super::*;
use crate::clock::{Clock, ClockTime};
use crate::history::History;
use crate::id::DeviceId;
use crate::model::{Kind, NewExecution};
use crate::sealed::{KeyId, OpaqueKey, PushId, SealedRecord, TableTag};
use crate::store::{ItemKey, MemoryStore, Rejection};
use crate::sync::message::Place;
use crate::sync::quarantine::{SetAside, SetAsideReason};
use crate::sync::run::{Cause, Counts, Direction, Phase, SyncId, SyncType, Verification};

const RELAY: BackendId = BackendId(1);
const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// What may be amiss.
#[derive(Clone, Debug, Default)]
struct Amiss {
    disabled: bool,
    never_heard: bool,
    silent_ms: i64,
    waits: usize,
    refused: usize,
    set_aside: usize,
    behind: u64,
    with_own: bool,
    failed: bool,
    running: bool,
    unequal: bool,
}

fn any_amiss() -> impl Strategy<Value = Amiss> {
    let flag = || prop::bool::weighted(0.15);
    let number = || prop_oneof![4 => Just(0usize), 1 => 1..3usize];
    let silence = prop_oneof![
        3 => 0..=NOT_HEARD_FROM_MS as i64,
        1 => any::<i32>().prop_map(i64::from),
    ];
    let flags = (flag(), flag(), flag(), flag(), flag(), flag());
    (flags, silence, number(), number(), number(), number()).prop_map(
        |((disabled, never_heard, with_own, failed, running, unequal), silent_ms, a, b, c, d)| {
            Amiss {
                disabled,
                never_heard,
                silent_ms,
                waits: a,
                refused: b,
                set_aside: c,
                behind: d as u64,
                with_own,
                failed,
                running,
                unequal,
            }
        },
    )
}

fn run_of(amiss: &Amiss) -> SyncRun {
    let status = match (amiss.failed, amiss.running) {
        (true, _) => RunStatus::Failed,
        (_, true) => RunStatus::Running,
        _ => RunStatus::Completed,
    };
    let verification = Verification {
        table: "executions".to_owned(),
        here: 1,
        there: 1,
        equal: Some(!amiss.unequal),
        remark: String::new(),
    };
    SyncRun {
        id: SyncId(uuid::Uuid::from_u128(7)),
        job: SyncId(uuid::Uuid::from_u128(8)),
        backend: RELAY,
        source: "this device".to_owned(),
        target: "relay".to_owned(),
        direction: Direction::Bidirectional,
        sync_type: SyncType::Incremental,
        cause: Cause::Manual,
        triggered_by: "user".to_owned(),
        device: DeviceId::from_u128(1),
        status,
        started_at: NOW.plus_millis(-1_000),
        completed_at: None,
        duration_ms: None,
        phase: Phase::Validation,
        current_table: None,
        rows_done: 0,
        rows_total: 0,
        percent: 0,
        counts: Counts::default(),
        bytes_up: 0,
        bytes_down: 0,
        tables: Vec::new(),
        verification: vec![verification],
        error: amiss.failed.then(|| "unreachable".to_owned()),
        error_details: None,
        phases: Vec::new(),
        backup_path: None,
        metadata: serde_json::Map::new(),
    }
}

fn set_aside_record(n: usize) -> SetAside {
    let record = SealedRecord {
        table: TableTag([1; 8]),
        row: OpaqueKey([n as u8; 16]),
        clock: Clock { time: ClockTime::new(1, 0), device: DeviceId::from_u128(2) },
        cells: Vec::new(),
        key: KeyId { generation: 0, id: [0; 8] },
        nonce: [0; 24],
        sealed: Vec::new(),
        drops: None,
    };
    let reason = SetAsideReason::NoKey;
    SetAside {
        backend: RELAY,
        reason,
        detail: "no key".to_owned(),
        at: NOW,
        fetches: 0,
        got_at: NOW,
        record,
    }
}

fn history_with(amiss: &Amiss) -> History<MemoryStore> {
    let mut history = History::open(MemoryStore::new(), DeviceId::from_u128(1)).unwrap();
    let start = |history: &mut History<MemoryStore>, n: u128| {
        let id = crate::id::ExecutionId::from_u128(n);
        let new = NewExecution::new(id, Kind::Job, "nightly", NOW).unwrap();
        history.write(NOW, |tx| tx.start(&new)).unwrap();
    };
    start(&mut history, 1);
    let sent = history.read(|tx| Ok(tx.tx().counters()?.change)).unwrap();
    (0..amiss.waits).for_each(|n| start(&mut history, 10 + n as u128));
    let mut connection = Connection {
        heard_at: (!amiss.never_heard).then(|| NOW.plus_millis(-amiss.silent_ms)),
        head: 5 + amiss.behind,
        with_own: amiss.with_own,
        ..Connection::default()
    };
    connection.standing.got = Some(Place { sequence: 5, push: PushId([1; 16]) });
    let backend = Backend {
        id: RELAY,
        name: "relay".to_owned(),
        settings: Vec::new(),
        added_at: NOW.plus_millis(-100_000),
        enabled: !amiss.disabled,
        sent,
        position: connection.encode(),
    };
    history
        .write(NOW, |writer| {
            let tx = writer.tx_mut();
            tx.put_backend(&backend)?;
            for n in 0..amiss.refused {
                tx.put_rejection(&Rejection {
                    backend: RELAY,
                    item: ItemKey::new("executions", vec![n as u8; 16]),
                    change: sent,
                    code: "quota".to_owned(),
                    reason: format!("full {n}"),
                    at: NOW.plus_millis(n as i64),
                })?;
            }
            (0..amiss.set_aside).try_for_each(|n| set_aside_record(n).put(tx))?;
            Ok(tx.put_sync_run(&run_of(amiss))?)
        })
        .unwrap();
    history
}

fn overview(amiss: &Amiss) -> SyncOverview {
    history_with(amiss).read(|tx| tx.sync_overview(NOW)).unwrap()
}

proptest! {
    #[test]
    fn up_to_date_is_said_only_where_nothing_is_amiss(amiss in any_amiss()) {
        let overview = overview(&amiss);
        let silent = amiss.silent_ms.unsigned_abs() > NOT_HEARD_FROM_MS;
        let fine = !(amiss.never_heard || silent || amiss.waits > 0 || amiss.refused > 0
            || amiss.set_aside > 0 || amiss.behind > 0 || amiss.with_own || amiss.failed
            || amiss.running || amiss.unequal);
        let expected = match (amiss.disabled, fine) {
            (true, _) => OverallState::Off,
            (false, true) => OverallState::UpToDate,
            (false, false) => OverallState::NotUpToDate,
        };
        prop_assert_eq!(overview.state, expected, "{:?}", overview);
        let backend = &overview.backends[0];
        prop_assert_eq!(backend.state == BackendState::UpToDate, fine && !amiss.disabled);
        prop_assert_eq!(overview.since.is_some(), expected == OverallState::NotUpToDate);
        prop_assert!(overview.since.is_none_or(|since| since <= NOW));
        prop_assert_eq!(backend.waiting.count, amiss.waits as u64);
        prop_assert_eq!(backend.to_get, amiss.behind);
    }
}

#[test]
fn without_a_backend_nothing_warns() {
    let mut history = History::open(MemoryStore::new(), DeviceId::from_u128(1)).unwrap();
    let overview = history.read(|tx| tx.sync_overview(NOW)).unwrap();
    assert_eq!((overview.state, overview.warns()), (OverallState::NoBackend, false));
}

#[test]
fn every_reason_is_told_and_the_gravest_names_the_state() {
    let amiss = Amiss { waits: 2, refused: 2, set_aside: 1, behind: 3, ..Amiss::default() };
    let overview = overview(&amiss);
    let backend = &overview.backends[0];
    assert_eq!(backend.state, BackendState::Rejected);
    assert_eq!(backend.words, "2 refused; 1 set aside; 3 to get; 2 to hand over");
    let refused = &backend.refused[0];
    assert_eq!((refused.code.as_str(), refused.number.count), ("quota", 2));
    assert_eq!(refused.reason, "full 1", "the newest");
    assert_eq!(backend.set_aside[0].code, "no_key");
}

#[test]
fn what_waits_is_counted_up_to_a_bound() {
    let mut number = Counted::default();
    (0..COUNTED_MAX).for_each(|_| number.add_one());
    assert_eq!(number.to_string(), "10000");
    number.add_one();
    assert_eq!(number.to_string(), "more than 10000");
    assert_eq!(Counted::of(COUNTED_MAX + 1), number);
}
