//! Sync history: one row a run.

use std::str::FromStr;

use runlog_core::id::DeviceId;
use runlog_core::store::BackendId;
use runlog_core::sync::run::{
    Counts, PhaseDuration, RunFilter, RunStatus, SyncId, SyncRun, TableResult, Verification,
};
use runlog_core::time::Timestamp;
use rusqlite::{OptionalExtension, Row, ToSql, params};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::error::{Failure, Outcome};
use crate::sync_state::bytes;
use crate::tx::Tx;
use crate::values::{signed, unsigned_at};

const COLUMNS: &str = "id, job, backend, source, target, direction, sync_type, cause, triggered_by,
    device, status, started_at, completed_at, duration_ms, phase, current_table, rows_done,
    rows_total, percent, created, updated, deleted, skipped, failed, bytes_up, bytes_down, tables,
    verification, error, error_details, phases, backup_path, metadata";

pub(crate) fn put(tx: &Tx<'_>, run: &SyncRun) -> Outcome<()> {
    let updates: Vec<String> = COLUMNS
        .split(',')
        .map(str::trim)
        .filter(|column| *column != "id")
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    let parameters: Vec<String> =
        (1..=COLUMNS.split(',').count()).map(|number| format!("?{number}")).collect();
    let text = format!(
        "INSERT INTO sync_history ({COLUMNS}) VALUES ({})
         ON CONFLICT (id) DO UPDATE SET {}",
        parameters.join(", "),
        updates.join(", "),
    );
    let number = |number: u64| signed(number);
    let counts = &run.counts;
    tx.prepare(&text)?.execute(params![
        run.id.0.as_bytes(),
        run.job.0.as_bytes(),
        bytes(run.backend),
        run.source,
        run.target,
        run.direction.as_str(),
        run.sync_type.as_str(),
        run.cause.as_str(),
        run.triggered_by,
        run.device.as_bytes(),
        run.status.as_str(),
        run.started_at.as_millis(),
        run.completed_at.map(Timestamp::as_millis),
        run.duration_ms.map(number),
        run.phase.as_str(),
        run.current_table,
        number(run.rows_done),
        number(run.rows_total),
        run.percent,
        number(counts.created),
        number(counts.updated),
        number(counts.deleted),
        number(counts.skipped),
        number(counts.failed),
        number(run.bytes_up),
        number(run.bytes_down),
        json(&run.tables)?,
        json(&run.verification)?,
        run.error,
        run.error_details.as_ref().map(json).transpose()?,
        json(&run.phases)?,
        run.backup_path,
        json(&run.metadata)?,
    ])?;
    Ok(())
}

pub(crate) fn run(tx: &Tx<'_>, id: SyncId) -> Outcome<Option<SyncRun>> {
    let mut select = tx.prepare(&format!("SELECT {COLUMNS} FROM sync_history WHERE id = ?1"))?;
    let mut rows = select.query([id.0.as_bytes()])?;
    rows.next()?.map(run_at).transpose()
}

/// Runs that match, newest first; with `after` those behind it.
pub(crate) fn page(
    tx: &Tx<'_>,
    filter: &RunFilter,
    after: Option<SyncId>,
    limit: usize,
) -> Outcome<Vec<SyncRun>> {
    let mut text = format!("SELECT {COLUMNS} FROM sync_history WHERE 1");
    let mut values: Vec<Box<dyn ToSql>> = Vec::new();
    let mut and = |condition: &str, value: Box<dyn ToSql>| {
        text.push_str(" AND ");
        text.push_str(condition);
        text.push_str(" ?");
        values.push(value);
    };
    if let Some(backend) = filter.backend {
        and("backend =", Box::new(bytes(backend)));
    }
    if let Some(direction) = filter.direction {
        and("direction =", Box::new(direction.as_str()));
    }
    if let Some(status) = filter.status {
        // The index of what runs or failed serves only a condition that says so.
        let is_open = matches!(status, RunStatus::Running | RunStatus::Failed);
        let open = "status IN ('running', 'failed') AND status =";
        and(if is_open { open } else { "status =" }, Box::new(status.as_str()));
    }
    if let Some(sync_type) = filter.sync_type {
        and("sync_type =", Box::new(sync_type.as_str()));
    }
    if let Some(who) = &filter.triggered_by {
        and("triggered_by =", Box::new(who.clone()));
    }
    if let Some(since) = filter.since {
        and("started_at >=", Box::new(since.as_millis()));
    }
    if let Some(after) = after {
        let Some(started_at) = started_at(tx, after)? else { return Ok(Vec::new()) };
        and("(started_at, id) < (", Box::new(started_at));
        text.push_str(", ?)");
        values.push(Box::new(*after.0.as_bytes()));
    }
    text.push_str(" ORDER BY started_at DESC, id DESC LIMIT ?");
    values.push(Box::new(signed(limit as u64)));
    let mut select = tx.prepare(&text)?;
    let mut rows = select.query(rusqlite::params_from_iter(values))?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        runs.push(run_at(row)?);
    }
    Ok(runs)
}

fn started_at(tx: &Tx<'_>, id: SyncId) -> Outcome<Option<i64>> {
    let mut select = tx.prepare("SELECT started_at FROM sync_history WHERE id = ?1")?;
    Ok(select.query_row([id.0.as_bytes()], |row| row.get(0)).optional()?)
}

/// Removes runs that ended before a time, with their rows of the sync log.
pub(crate) fn remove(tx: &Tx<'_>, before: Timestamp) -> Outcome<u64> {
    tx.prepare(
        "DELETE FROM sync_log WHERE run IN (
             SELECT run FROM sync_history WHERE completed_at IS NOT NULL AND completed_at < ?1
         )",
    )?
    .execute([before.as_millis()])?;
    let removed = tx
        .prepare("DELETE FROM sync_history WHERE completed_at IS NOT NULL AND completed_at < ?1")?
        .execute([before.as_millis()])?;
    Ok(removed as u64)
}

fn run_at(row: &Row<'_>) -> Outcome<SyncRun> {
    Ok(SyncRun {
        id: SyncId(Uuid::from_bytes(row.get(0)?)),
        job: SyncId(Uuid::from_bytes(row.get(1)?)),
        backend: BackendId(u128::from_be_bytes(row.get(2)?)),
        source: row.get(3)?,
        target: row.get(4)?,
        direction: known(row.get(5)?)?,
        sync_type: known(row.get(6)?)?,
        cause: known(row.get(7)?)?,
        triggered_by: row.get(8)?,
        device: DeviceId::from_bytes(row.get(9)?),
        status: known(row.get(10)?)?,
        started_at: Timestamp::from_millis(row.get(11)?),
        completed_at: row.get::<_, Option<i64>>(12)?.map(Timestamp::from_millis),
        duration_ms: row.get::<_, Option<i64>>(13)?.map(i64::cast_unsigned),
        phase: known(row.get(14)?)?,
        current_table: row.get(15)?,
        rows_done: unsigned_at(row, 16)?,
        rows_total: unsigned_at(row, 17)?,
        percent: row.get(18)?,
        counts: Counts {
            created: unsigned_at(row, 19)?,
            updated: unsigned_at(row, 20)?,
            deleted: unsigned_at(row, 21)?,
            skipped: unsigned_at(row, 22)?,
            failed: unsigned_at(row, 23)?,
        },
        bytes_up: unsigned_at(row, 24)?,
        bytes_down: unsigned_at(row, 25)?,
        tables: list(row.get(26)?, table_of)?,
        verification: list(row.get(27)?, verification_of)?,
        error: row.get(28)?,
        error_details: row.get::<_, Option<String>>(29)?.map(|text| parsed(&text)).transpose()?,
        phases: list(row.get(30)?, phase_of)?,
        backup_path: row.get(31)?,
        metadata: match parsed(&row.get::<_, String>(32)?)? {
            Json::Object(map) => map,
            _ => return Err(unreadable("metadata")),
        },
    })
}

fn unreadable(what: &str) -> Failure {
    Failure::corrupt(format!("the {what} of a sync run do not read"))
}

fn known<T: FromStr>(text: String) -> Outcome<T> {
    text.parse().map_err(|_| Failure::corrupt(format!("a sync run holds an unknown '{text}'")))
}

fn json(value: &impl serde::Serialize) -> Outcome<String> {
    serde_json::to_string(value).map_err(|_| unreadable("facts"))
}

fn parsed(text: &str) -> Outcome<Json> {
    serde_json::from_str(text).map_err(|_| unreadable("facts"))
}

fn list<T>(text: String, item: fn(&Json) -> Option<T>) -> Outcome<Vec<T>> {
    let items = parsed(&text)?;
    let items = items.as_array().ok_or_else(|| unreadable("lists"))?;
    items.iter().map(|one| item(one).ok_or_else(|| unreadable("lists"))).collect()
}

fn table_of(json: &Json) -> Option<TableResult> {
    Some(TableResult {
        name: json["name"].as_str()?.to_owned(),
        rows: json["rows"].as_u64()?,
        duration_ms: json["duration_ms"].as_u64()?,
    })
}

fn verification_of(json: &Json) -> Option<Verification> {
    Some(Verification {
        table: json["table"].as_str()?.to_owned(),
        here: json["here"].as_u64()?,
        there: json["there"].as_u64()?,
        equal: json["equal"].as_bool(),
        remark: json["remark"].as_str()?.to_owned(),
    })
}

fn phase_of(json: &Json) -> Option<PhaseDuration> {
    let duration_ms = json["duration_ms"].as_u64()?;
    Some(PhaseDuration { phase: json["phase"].as_str()?.parse().ok()?, duration_ms })
}
