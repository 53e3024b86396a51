//! Writing down what a run does: its row, and how it ends.

use serde_json::json;

use crate::history::{HistoryError, HistoryWriter};
use crate::id::DeviceId;
use crate::store::{Backend, WriteTx};
use crate::sync::engine::JobOptions;
use crate::sync::run::{
    Counts, Direction, EntityResult, Phase, PhaseDuration, RunFilter, RunStatus, SyncId,
    SyncLogEntry, SyncRun,
};
use crate::time::Timestamp;

/// A run that begins now.
pub(super) fn begun(
    backend: &Backend,
    device: DeviceId,
    (id, job): (SyncId, SyncId),
    options: &JobOptions,
    now: Timestamp,
) -> SyncRun {
    let (source, target) = match options.direction {
        Direction::RemoteToLocal => (backend.name.clone(), "this device".to_owned()),
        _ => ("this device".to_owned(), backend.name.clone()),
    };
    let mut metadata = serde_json::Map::new();
    if !options.only.is_empty() {
        let only: Vec<String> = options.only.iter().map(ToString::to_string).collect();
        metadata.insert("only".to_owned(), json!(only));
    }
    SyncRun {
        id,
        job,
        backend: backend.id,
        source,
        target,
        direction: options.direction,
        sync_type: options.sync_type,
        cause: options.cause,
        triggered_by: options.triggered_by.clone(),
        device,
        status: RunStatus::Running,
        started_at: now,
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
        backup_path: options.backup_path.clone(),
        metadata,
    }
}

/// Writes the row of a run that begins, and its row in the log.
pub(super) fn open(tx: &mut dyn WriteTx, run: &SyncRun) -> Result<(), HistoryError> {
    tx.put_sync_run(run)?;
    Ok(tx.add_sync_log(&[SyncLogEntry {
        run: run.id,
        entity_type: None,
        entity_id: None,
        sync_type: run.sync_type,
        direction: run.direction,
        had_changes: false,
        result: None,
        outcome: None,
        error: None,
        at: run.started_at,
    }])?)
}

/// Enters a phase: the time spent in the one before is noted.
pub(super) fn enter(run: &mut SyncRun, phase: Phase, since: &mut Timestamp, now: Timestamp) {
    let spent = now.millis_since(*since);
    match run.phases.iter_mut().find(|held| held.phase == run.phase) {
        Some(held) => held.duration_ms += spent,
        None => run.phases.push(PhaseDuration { phase: run.phase, duration_ms: spent }),
    }
    *since = now;
    run.phase = phase;
    // Each phase is a fifth; within import and export the rows tell.
    let whole = match phase {
        Phase::Validation => 0,
        Phase::Import => 5,
        Phase::Export => 50,
        Phase::Indexing => 90,
        Phase::Verification => 95,
    };
    run.percent = run.percent.max(whole);
}

/// Where a run notes how many executions were purged from the trash in its job.
const PURGED: &str = "purged_from_trash";

/// Adds to what was purged from the trash.
pub(super) fn count_purged(run: &mut SyncRun, purged: u64) {
    let before = run.metadata.get(PURGED).and_then(serde_json::Value::as_u64).unwrap_or(0);
    run.metadata.insert(PURGED.to_owned(), json!(before + purged));
}

/// Writes how a run ended.
pub(super) fn close(
    tx: &mut dyn WriteTx,
    run: &mut SyncRun,
    status: RunStatus,
    error: Option<(&'static str, String)>,
    now: Timestamp,
) -> Result<(), HistoryError> {
    run.status = status;
    run.completed_at = Some(now.max(run.started_at));
    run.duration_ms = Some(now.millis_since(run.started_at));
    run.current_table = None;
    if matches!(status, RunStatus::Completed | RunStatus::Partial) {
        run.percent = 100;
        run.rows_total = run.rows_done;
    }
    if let Some((code, text)) = error {
        run.error_details = Some(json!({ "code": code }));
        run.error = Some(text);
    }
    let counts = run.counts;
    let changed = counts.created + counts.updated + counts.deleted > 0;
    let result = match status {
        RunStatus::Failed => EntityResult::Failed,
        RunStatus::Cancelled if !changed => EntityResult::Skipped,
        _ if changed => EntityResult::Updated,
        _ => EntityResult::Skipped,
    };
    tx.put_sync_run(run)?;
    Ok(tx.complete_sync_log(run.id, changed, result, run.error.as_deref())?)
}

/// Closes runs that a crash cut off. The caller knows that no other process is syncing this history.
///
/// # Errors
/// The store's own errors.
pub fn close_interrupted(writer: &mut HistoryWriter<'_>) -> Result<u64, HistoryError> {
    let filter = RunFilter { status: Some(RunStatus::Running), ..RunFilter::default() };
    let cut_off = writer.reader().tx().sync_runs(&filter, None, 1000)?;
    let now = writer.now();
    for mut run in cut_off.iter().cloned() {
        let error = ("interrupted", "the program ended before the sync did".to_owned());
        close(writer.tx_mut(), &mut run, RunStatus::Failed, Some(error), now)?;
    }
    Ok(cut_off.len() as u64)
}
