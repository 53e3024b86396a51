//! Calls that read what syncing left.

use runlog_core::history::{HistoryError, HistoryReader};
use runlog_core::id::ExecutionId;
use runlog_core::sync::reading::{ProblemFilter, STATS_DAYS};
use runlog_core::sync::run::{LogCursor, LogQuery, RunFilter, RunStatus, SyncId, SyncType};
use runlog_core::time::Timestamp;
use serde_json::{Value, json};

use super::arguments::{Text, arguments};
use super::shape::{BackendName, Way};
use super::{ApiError, shape_sync};

/// Most rows in one answer.
const LIMIT_MAX: usize = 1_000;

/// Rows in one answer unless told.
const LIMIT: usize = 50;

arguments! {
    /// Runs that match.
    #[derive(Debug)]
    pub(super) struct Runs {
        backend: Option<BackendName>,
        status: Option<Text<RunStatus>>,
        direction: Option<Way>,
        kind: Option<Text<SyncType>>,
        triggered_by ("triggeredBy"): Option<String>,
        since: Option<i64>,
        limit: usize = LIMIT,
        after: Option<Text<SyncId>>,
    }

    /// One run.
    #[derive(Debug)]
    pub(super) struct Run {
        id: Text<SyncId>,
    }

    /// The run that began last.
    #[derive(Debug)]
    pub(super) struct Latest {
        direction: Option<Way>,
    }

    /// Rows of the sync log.
    #[derive(Debug)]
    pub(super) struct Log {
        execution: Option<Text<ExecutionId>>,
        run: Option<Text<SyncId>>,
        changes_only ("changesOnly"): bool = false,
        errors_only ("errorsOnly"): bool = false,
        limit: usize = LIMIT,
        after: Option<Text<LogCursor>>,
    }

    /// Statistics.
    #[derive(Debug)]
    pub(super) struct Stats {
        days: Option<u32>,
    }

    /// What was refused or set aside.
    #[derive(Debug)]
    pub(super) struct Problems {
        backend: Option<BackendName>,
        execution: Option<Text<ExecutionId>>,
        limit: Option<usize>,
    }

    /// Names an execution.
    #[derive(Debug)]
    pub(super) struct Of {
        id: Text<ExecutionId>,
    }

    /// Why fields have their values.
    #[derive(Debug)]
    pub(super) struct Why {
        id: Text<ExecutionId>,
        field: Option<String>,
    }
}

pub(super) fn runs(reader: &HistoryReader<'_>, runs: Runs) -> Result<Value, ApiError> {
    let filter = RunFilter {
        backend: runs.backend.map(|backend| backend.0),
        direction: runs.direction.map(|way| way.0),
        status: runs.status.map(|status| status.0),
        sync_type: runs.kind.map(|kind| kind.0),
        triggered_by: runs.triggered_by.clone(),
        since: runs.since.map(Timestamp::from_millis),
    };
    let limit = runs.limit.clamp(1, LIMIT_MAX);
    // One more than the page holds tells whether there is another page.
    let mut found = reader.sync_runs(&filter, runs.after.map(|id| id.0), limit + 1)?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|run| run.id);
    let shown: Vec<Value> = found.iter().map(shape_sync::run).collect();
    Ok(json!({ "runs": shown, "next": next }))
}

pub(super) fn run(reader: &HistoryReader<'_>, run: Run) -> Result<Value, ApiError> {
    let found = reader.sync_run(run.id.0)?;
    let missing = || ApiError::refused("notFound", format!("there is no run '{}'", run.id.0));
    found.as_ref().map(shape_sync::run).ok_or_else(missing)
}

pub(super) fn latest(reader: &HistoryReader<'_>, latest: Latest) -> Result<Value, ApiError> {
    let found = reader.latest_sync(latest.direction.map(|way| way.0))?;
    Ok(found.as_ref().map_or(Value::Null, shape_sync::run))
}

pub(super) fn log(reader: &HistoryReader<'_>, log: Log) -> Result<Value, ApiError> {
    let query = LogQuery {
        entity: log.execution.map(|id| id.0),
        run: log.run.map(|id| id.0),
        changes_only: log.changes_only,
        errors_only: log.errors_only,
    };
    let after = log.after.map(|cursor| cursor.0);
    let page = reader.sync_log(&query, after, log.limit.clamp(1, LIMIT_MAX))?;
    let entries: Vec<Value> = page.rows.iter().map(shape_sync::entry).collect();
    Ok(json!({ "entries": entries, "next": page.next }))
}

pub(super) fn stats(
    reader: &HistoryReader<'_>,
    stats: Stats,
    now: Timestamp,
) -> Result<Value, ApiError> {
    Ok(shape_sync::stats(&reader.sync_stats(stats.days.unwrap_or(STATS_DAYS), now)?))
}

pub(super) fn problems(reader: &HistoryReader<'_>, which: Problems) -> Result<Value, ApiError> {
    let filter = ProblemFilter {
        backend: which.backend.map(|backend| backend.0),
        execution: which.execution.map(|id| id.0),
    };
    let limit = which.limit.unwrap_or(100).clamp(1, LIMIT_MAX);
    let found = reader.sync_problems(&filter, limit)?;
    Ok(found.iter().map(shape_sync::problem).collect())
}

pub(super) fn states(reader: &HistoryReader<'_>, of: Of) -> Result<Value, ApiError> {
    let (_, states) = reader.sync_state_of(of.id.0)?;
    Ok(states.iter().map(|(backend, state)| shape_sync::state(*backend, state)).collect())
}

pub(super) fn why(reader: &HistoryReader<'_>, why: Why) -> Result<Value, ApiError> {
    let whys = match &why.field {
        Some(field) => reader.why(why.id.0, field).map(|one| vec![one]),
        None => reader.whys(why.id.0),
    };
    let whys = whys.map_err(|error| match error {
        HistoryError::Invalid(invalid) => ApiError::invalid(invalid.field, invalid.reason),
        error => error.into(),
    })?;
    Ok(whys.iter().map(shape_sync::why).collect())
}
