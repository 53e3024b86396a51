//! `get_sync_status` and `get_sync_history`.

use runlog::sync_history::{
    Backend, BackendId, Cause, Counts, Direction, Phase, RunStatus, SyncId, SyncRun, SyncType,
};
use runlog_core::change::ChangeNumber;
use runlog_core::store::{Store, StoreError};
use serde_json::{Value as Json, json};

use crate::assistant::{Assistant, Home};

const RELAY: BackendId = BackendId(1);

fn run(n: i64) -> SyncRun {
    let at = runlog::now().plus_millis(n);
    let id = |n: i64| format!("00000000-0000-7000-8000-{n:012x}").parse::<SyncId>().unwrap();
    let failed = n % 2 == 1;
    SyncRun {
        id: id(n),
        job: id(n),
        backend: RELAY,
        source: "this device".to_owned(),
        target: "relay".to_owned(),
        direction: Direction::Bidirectional,
        sync_type: SyncType::Incremental,
        cause: Cause::Timer,
        triggered_by: "user".to_owned(),
        device: runlog::id::DeviceId::from_u128(1),
        status: if failed { RunStatus::Failed } else { RunStatus::Completed },
        started_at: at,
        completed_at: Some(at.plus_millis(5)),
        duration_ms: Some(5),
        phase: Phase::Import,
        current_table: None,
        rows_done: n as u64,
        rows_total: n as u64,
        percent: 100,
        counts: Counts::default(),
        bytes_up: 0,
        bytes_down: 0,
        tables: Vec::new(),
        verification: Vec::new(),
        error: failed.then(|| "connection refused".to_owned()),
        error_details: None,
        phases: Vec::new(),
        backup_path: None,
        metadata: serde_json::Map::new(),
    }
}

fn with_runs(home: &Home, count: i64) {
    let runlog = home.open();
    let added_at = runlog::now();
    let backend = Backend {
        id: RELAY,
        name: "relay".to_owned(),
        settings: Vec::new(),
        added_at,
        enabled: true,
        sent: ChangeNumber::ZERO,
        position: Vec::new(),
    };
    runlog.write(|history| history.put_backend(&backend)).unwrap();
    let put = |tx: &mut dyn runlog_core::store::WriteTx| {
        (0..count).try_for_each(|n| tx.put_sync_run(&run(n)))
    };
    runlog.with_store(|store| store.write::<_, StoreError>(put)).unwrap();
}

#[tokio::test]
async fn the_status_says_why_it_is_not_up_to_date() {
    let home = Home::new();
    let assistant = Assistant::start(&home).await;
    let status = assistant.ask("get_sync_status", json!({})).await;
    assert_eq!((&status["state"], &status["backends"]), (&json!("no_backend"), &json!([])));
    assert!(!home.directory().exists(), "a question makes no history");

    home.record("build", "true");
    with_runs(&home, 2);
    let status = assistant.ask("get_sync_status", json!({})).await;
    assert_eq!(status["state"], "not_up_to_date");
    assert!(status["since"].is_string());
    let relay = &status["backends"][0];
    assert_eq!((&relay["name"], &relay["state"]), (&json!("relay"), &json!("never_heard_from")));
    assert_eq!(
        relay["words"],
        "never heard from; the last sync failed: connection refused; 1 to hand over"
    );
    assert_eq!((&relay["waiting"], &relay["refused"]), (&json!(1), &json!([])));
    assistant.stop().await;
}

#[tokio::test]
async fn the_history_gives_every_run_once() {
    let home = Home::new();
    let assistant = Assistant::start(&home).await;
    let none = assistant.ask("get_sync_history", json!({})).await;
    assert_eq!((&none["runs"], &none["has_more"]), (&json!([]), &json!(false)));
    with_runs(&home, 25);
    let first = assistant.ask("get_sync_history", json!({})).await;
    assert_eq!(first["runs"].as_array().unwrap().len(), 10, "the default limit");
    assert_eq!(first["runs"][0]["rows_done"], 24, "newest first");
    assert_eq!(first["runs"][1]["error"], "connection refused");
    let (mut seen, mut offset) = (Vec::new(), json!(0));
    while !offset.is_null() {
        let page = assistant.ask("get_sync_history", json!({ "limit": 7, "offset": offset })).await;
        assert_eq!(page["has_more"], !page["next_offset"].is_null());
        let runs = page["runs"].as_array().unwrap();
        seen.extend(runs.iter().filter_map(|run| run["rows_done"].as_u64()));
        offset = page["next_offset"].clone();
    }
    assert_eq!(seen, (0..25).rev().collect::<Vec<_>>());
    let beyond = assistant.ask("get_sync_history", json!({ "offset": 4_000_000 })).await;
    assert_eq!((&beyond["runs"], &beyond["next_offset"]), (&json!([]), &Json::Null));
    let refused = assistant.refused("get_sync_history", json!({ "limit": 0 })).await;
    assert!(refused.contains("it must be 1 to 1000\nhint: "), "{refused}");
    assistant.stop().await;
}
