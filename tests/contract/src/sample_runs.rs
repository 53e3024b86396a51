//! Runs of syncing and rows of their log that contracts put into stores.

use runlog_core::sync::run::{
    Cause, Counts, Direction, EntityOutcome, EntityResult, Phase, PhaseDuration, RunStatus, SyncId,
    SyncLogEntry, SyncRun, SyncType, TableResult, Verification,
};
use serde_json::json;
use uuid::Uuid;

use crate::sample::{BACKENDS, DEVICE, at, id};

/// The n-th run.
pub const fn sync_id(n: u128) -> SyncId {
    SyncId(Uuid::from_u128(n))
}

/// A run that goes on, with nothing optional.
pub fn sync_run(n: u128, started: i64) -> SyncRun {
    SyncRun {
        id: sync_id(n),
        job: sync_id(0x10b),
        backend: BACKENDS[0],
        source: "this device".to_owned(),
        target: "backend 0".to_owned(),
        direction: Direction::Bidirectional,
        sync_type: SyncType::Incremental,
        cause: Cause::Change,
        triggered_by: "user".to_owned(),
        device: DEVICE,
        status: RunStatus::Running,
        started_at: at(started),
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
        verification: Vec::new(),
        error: None,
        error_details: None,
        phases: Vec::new(),
        backup_path: None,
        metadata: serde_json::Map::new(),
    }
}

/// A run that ended with everything that a run can have.
pub fn rich_run(n: u128, started: i64, completed: i64) -> SyncRun {
    let verified = |equal| Verification {
        table: "tags".to_owned(),
        here: 5,
        there: i64::MAX as u64,
        equal,
        remark: "\u{1f600}'; --".to_owned(),
    };
    let metadata = json!({ "only": [id(1).to_string()], "deep": { "list": [null, 1, "x"] } });
    SyncRun {
        direction: Direction::LocalToRemote,
        sync_type: SyncType::Specific,
        cause: Cause::Manual,
        status: RunStatus::Partial,
        completed_at: Some(at(completed)),
        duration_ms: Some(i64::MAX as u64),
        phase: Phase::Verification,
        current_table: Some(String::new()),
        rows_done: 4,
        rows_total: i64::MAX as u64,
        percent: 100,
        counts: Counts { created: 1, updated: 2, deleted: 3, skipped: 4, failed: 5 },
        bytes_up: 6,
        bytes_down: 7,
        tables: vec![TableResult { name: "log".to_owned(), rows: 9, duration_ms: 3 }],
        verification: vec![verified(None), verified(Some(true)), verified(Some(false))],
        error: Some("the quota\0is used up".to_owned()),
        error_details: Some(json!({ "code": "quota", "limit": 9 })),
        phases: Phase::ALL
            .iter()
            .map(|phase| PhaseDuration { phase: *phase, duration_ms: 1 })
            .collect(),
        backup_path: Some("/tmp/before".to_owned()),
        metadata: metadata.as_object().cloned().unwrap(),
        ..sync_run(n, started)
    }
}

/// The row of a whole run.
pub fn whole_run(run: u128, sync_type: SyncType) -> SyncLogEntry {
    SyncLogEntry {
        run: sync_id(run),
        entity_type: None,
        entity_id: None,
        sync_type,
        direction: Direction::Bidirectional,
        had_changes: false,
        result: None,
        outcome: None,
        error: None,
        at: at(1),
    }
}

/// The row of an execution that was merged.
pub fn log_entry(run: u128, n: u64) -> SyncLogEntry {
    SyncLogEntry {
        entity_type: Some("executions".to_owned()),
        entity_id: Some(id(n)),
        direction: Direction::RemoteToLocal,
        had_changes: true,
        result: Some(EntityResult::Updated),
        outcome: Some(EntityOutcome::Applied),
        ..whole_run(run, SyncType::Incremental)
    }
}

/// The row of an execution that could not be handed over.
pub fn failed_entry(run: u128, n: u64) -> SyncLogEntry {
    SyncLogEntry {
        had_changes: false,
        result: Some(EntityResult::Failed),
        outcome: Some(EntityOutcome::Rejected),
        error: Some("too large".to_owned()),
        ..log_entry(run, n)
    }
}
