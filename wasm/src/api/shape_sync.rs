//! Runs of syncing and what they left, as JavaScript has them.

use runlog_core::history::SyncState;
use runlog_core::store::BackendId;
use runlog_core::sync::reading::{
    Arrived, DisplacedValue, Problem, Problems, SyncLogRow, SyncStats, Why, Written,
};
use runlog_core::sync::run::{Direction, SyncRun};
use runlog_core::time::Timestamp;
use serde_json::{Value, json};

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::LocalToRemote => "up",
        Direction::RemoteToLocal => "down",
        _ => "both",
    }
}

/// A run.
pub(super) fn run(run: &SyncRun) -> Value {
    let tables = run.tables.iter().map(
        |table| json!({ "name": table.name, "rows": table.rows, "durationMs": table.duration_ms }),
    );
    let phases = run
        .phases
        .iter()
        .map(|phase| json!({ "phase": phase.phase, "durationMs": phase.duration_ms }));
    let error = run.error.as_ref().map(|message| {
        let code = run.error_details.as_ref().map_or(&Value::Null, |details| &details["code"]);
        json!({ "code": code.as_str().unwrap_or("failed"), "message": message })
    });
    json!({
        "id": run.id,
        "jobId": run.job,
        "backendId": run.backend,
        "source": run.source,
        "target": run.target,
        "direction": direction(run.direction),
        "kind": run.sync_type,
        "cause": run.cause,
        "triggeredBy": run.triggered_by,
        "deviceId": run.device,
        "status": run.status,
        "startedAt": run.started_at.as_millis(),
        "completedAt": run.completed_at.map(Timestamp::as_millis),
        "durationMs": run.duration_ms,
        "phase": run.phase,
        "currentTable": run.current_table,
        "rowsDone": run.rows_done,
        "rowsTotal": run.rows_total,
        "percent": run.percent,
        "counts": run.counts,
        "bytesUp": run.bytes_up,
        "bytesDown": run.bytes_down,
        "tables": tables.collect::<Vec<_>>(),
        "verification": run.verification,
        "error": error,
        "phases": phases.collect::<Vec<_>>(),
        "metadata": run.metadata,
    })
}

/// A row of the sync log.
pub(super) fn entry(row: &SyncLogRow) -> Value {
    let entry = &row.entry;
    json!({
        "entityType": entry.entity_type,
        "entityId": entry.entity_id,
        "kind": entry.sync_type,
        "direction": direction(entry.direction),
        "hadChanges": entry.had_changes,
        "result": entry.result,
        "outcome": entry.outcome,
        "error": entry.error,
        "at": entry.at.as_millis(),
        "run": run(&row.run),
    })
}

/// Statistics.
pub(super) fn stats(stats: &SyncStats) -> Value {
    let by_direction = stats.by_direction.iter().map(|of| {
        json!({
            "direction": direction(of.direction),
            "total": of.total,
            "completed": of.completed,
            "failures": of.failures,
            "rows": of.rows,
        })
    });
    let per_day = stats.per_day.iter().map(|day| {
        json!({
            "day": day.day.as_millis(),
            "total": day.total,
            "completed": day.completed,
            "failures": day.failures,
            "rows": day.rows,
        })
    });
    json!({
        "days": stats.days,
        "since": stats.since.as_millis(),
        "total": stats.total,
        "completed": stats.completed,
        "partial": stats.partial,
        "failures": stats.failures,
        "cancelled": stats.cancelled,
        "running": stats.running,
        "successRate": stats.success_rate,
        "averageDurationMs": stats.average_duration_ms,
        "rows": stats.rows,
        "bytes": stats.bytes,
        "byDirection": by_direction.collect::<Vec<_>>(),
        "perDay": per_day.collect::<Vec<_>>(),
    })
}

/// Problems of one kind, counted.
pub(super) fn problems(problems: &Problems) -> Value {
    json!({
        "code": problems.code,
        "number": problems.number,
        "reason": problems.reason,
        "since": problems.since.as_millis(),
        "newestAt": problems.newest_at.as_millis(),
    })
}

/// One problem.
pub(super) fn problem(problem: &Problem) -> Value {
    let item = problem.item.as_ref();
    json!({
        "backendId": problem.backend,
        "type": if item.is_some() { "rejected" } else { "set_aside" },
        "entityType": item.map(|item| &item.table),
        "entityId": item.and_then(|item| item.execution()),
        "code": problem.code,
        "reason": problem.reason,
        "at": problem.at.as_millis(),
    })
}

/// How a row stands toward a backend.
pub(super) fn state(backend: BackendId, state: &SyncState) -> Value {
    let (name, reason, at) = match state {
        SyncState::Waiting => ("waiting", None, None),
        SyncState::Rejected { reason } => ("rejected", Some(reason), None),
        SyncState::Synced { at } => ("synced", None, *at),
        _ => ("new", None, None),
    };
    let at = at.map(Timestamp::as_millis);
    json!({ "backendId": backend, "state": name, "reason": reason, "at": at })
}

/// Why a field has its value.
pub(super) fn why(why: &Why) -> Value {
    json!({
        "field": why.field,
        "column": why.column,
        "value": why.value,
        "written": why.written.as_ref().map(written),
        "arrived": why.arrived.as_ref().map(arrived),
        "displaced": why.displaced.as_ref().map(displaced),
    })
}

fn written(written: &Written) -> Value {
    json!({
        "deviceId": written.device_id,
        "at": written.at.as_millis(),
        "counter": written.counter,
        "here": written.here,
    })
}

fn arrived(arrived: &Arrived) -> Value {
    json!({
        "runId": arrived.sync_id,
        "at": arrived.at.as_millis(),
        "certain": arrived.certain,
        "run": arrived.run.as_ref().map(run),
    })
}

fn displaced(displaced: &DisplacedValue) -> Value {
    json!({
        "value": displaced.value,
        "written": written(&displaced.written),
        "at": displaced.at.as_millis(),
        "runId": displaced.sync_id,
        "byThisValue": displaced.by_this_value,
    })
}
