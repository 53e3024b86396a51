//! The sync log: what became of each entity in each run.

use runlog_core::id::ExecutionId;
use runlog_core::order;
use runlog_core::store::StoreError;
use runlog_core::sync::run::{
    Direction, EntityOutcome, EntityResult, LogCursor, LogQuery, SyncId, SyncLogEntry, SyncType,
};
use runlog_core::time::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use crate::error::{Failure, Outcome};
use crate::tx::Tx;
use crate::values::signed;

/// Enumerations are stored as their place in these lists; what is added goes to the end.
const SYNC_TYPES: [SyncType; 3] = [SyncType::Full, SyncType::Incremental, SyncType::Specific];
const DIRECTIONS: [Direction; 3] =
    [Direction::Bidirectional, Direction::RemoteToLocal, Direction::LocalToRemote];
const RESULTS: [EntityResult; 6] = [
    EntityResult::Created,
    EntityResult::Updated,
    EntityResult::Deleted,
    EntityResult::Restored,
    EntityResult::Skipped,
    EntityResult::Failed,
];
const OUTCOMES: [EntityOutcome; 10] = [
    EntityOutcome::Applied,
    EntityOutcome::Acknowledged,
    EntityOutcome::LostTo,
    EntityOutcome::Quarantined,
    EntityOutcome::Rejected,
    EntityOutcome::DecryptFailed,
    EntityOutcome::ClockAhead,
    EntityOutcome::Deferred,
    EntityOutcome::Purged,
    EntityOutcome::Repaired,
];

/// Adds rows in this order; nothing where a run is missing.
pub(crate) fn add(tx: &Tx<'_>, entries: &[SyncLogEntry]) -> Outcome<()> {
    let mut select = tx.prepare("SELECT run FROM sync_history WHERE id = ?1")?;
    let mut runs: Vec<(SyncId, i64)> = Vec::new();
    let mut numbers = Vec::with_capacity(entries.len());
    for entry in entries {
        let known = runs.iter().rev().find(|(id, _)| *id == entry.run);
        let number = match known {
            Some((_, number)) => *number,
            None => {
                let found = select.query_row([entry.run.0.as_bytes()], |row| row.get(0));
                let number = found.optional()?.ok_or(StoreError::RowMissing)?;
                runs.push((entry.run, number));
                number
            }
        };
        numbers.push(number);
    }
    let mut insert = tx.prepare(
        "INSERT INTO sync_log (run, entity, entity_type, sync_type, direction, had_changes, result,
             outcome, at, error)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    for (run, entry) in numbers.into_iter().zip(entries) {
        insert.execute(params![
            run,
            entry.entity_id.as_ref().map(ExecutionId::as_bytes),
            entry.entity_type,
            place(&SYNC_TYPES, entry.sync_type)?,
            place(&DIRECTIONS, entry.direction)?,
            entry.had_changes,
            entry.result.map(|result| place(&RESULTS, result)).transpose()?,
            entry.outcome.map(|outcome| place(&OUTCOMES, outcome)).transpose()?,
            entry.at.as_millis(),
            entry.error,
        ])?;
    }
    Ok(())
}

/// Completes the first row of the run that has no entity.
pub(crate) fn complete(
    tx: &Tx<'_>,
    run: SyncId,
    had_changes: bool,
    result: EntityResult,
    error: Option<&str>,
) -> Outcome<()> {
    tx.prepare(
        "UPDATE sync_log SET had_changes = ?2, result = ?3, error = ?4
         WHERE number = (
             SELECT l.number FROM sync_log AS l
             WHERE l.run = (SELECT run FROM sync_history WHERE id = ?1) AND l.entity_type IS NULL
             ORDER BY l.number LIMIT 1
         )",
    )?
    .execute(params![run.0.as_bytes(), had_changes, place(&RESULTS, result)?, error])?;
    Ok(())
}

/// Rows that match, newest first.
pub(crate) fn page(
    tx: &Tx<'_>,
    query: &LogQuery,
    after: Option<LogCursor>,
    limit: usize,
) -> Outcome<Vec<(LogCursor, SyncLogEntry)>> {
    let Some(entity) = &query.entity else { return rows(tx, query, "", after, limit) };
    // Two walks down two indexes: an OR would sort all of both.
    let mut found = rows(tx, query, " AND l.entity = ?1", after, limit)?;
    let whole = " AND l.entity_type IS NULL AND l.sync_type = 0 AND l.entity IS NOT ?1";
    found.extend(rows(tx, query, whole, after, limit)?);
    debug_assert!(found.iter().all(|(_, row)| row.entity_id.is_none_or(|id| id == *entity)));
    order::sort_by(&mut found, |(a, _), (b, _)| b.cmp(a));
    found.truncate(limit);
    Ok(found)
}

fn rows(
    tx: &Tx<'_>,
    query: &LogQuery,
    condition: &str,
    after: Option<LogCursor>,
    limit: usize,
) -> Outcome<Vec<(LogCursor, SyncLogEntry)>> {
    let mut text = String::from(
        "SELECT l.number, r.id, l.entity, l.entity_type, l.sync_type, l.direction, l.had_changes,
             l.result, l.outcome, l.at, l.error
         FROM sync_log AS l CROSS JOIN sync_history AS r ON r.run = l.run
         WHERE l.number < ?3",
    );
    text.push_str(condition);
    if query.run.is_some() {
        text.push_str(" AND l.run = (SELECT run FROM sync_history WHERE id = ?2)");
    }
    if query.changes_only {
        text.push_str(" AND l.had_changes = 1");
    }
    if query.errors_only {
        text.push_str(" AND l.result = 5");
    }
    text.push_str(" ORDER BY l.number DESC LIMIT ?4");
    let mut select = tx.prepare(&text)?;
    // Parameters that a text does not name cannot be bound.
    if let Some(entity) = query.entity {
        select.raw_bind_parameter(1, entity.as_bytes())?;
    }
    if let Some(run) = query.run {
        select.raw_bind_parameter(2, run.0.as_bytes())?;
    }
    select.raw_bind_parameter(3, after.map_or(i64::MAX, |after| signed(after.0)))?;
    select.raw_bind_parameter(4, signed(limit as u64))?;
    let mut rows = select.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push((LogCursor(row.get::<_, i64>(0)?.cast_unsigned()), entry_at(row)?));
    }
    Ok(found)
}

fn entry_at(row: &Row<'_>) -> Outcome<SyncLogEntry> {
    let entity: Option<[u8; 16]> = row.get(2)?;
    let result: Option<u8> = row.get(7)?;
    let outcome: Option<u8> = row.get(8)?;
    Ok(SyncLogEntry {
        run: SyncId(uuid::Uuid::from_bytes(row.get(1)?)),
        entity_type: row.get(3)?,
        entity_id: entity.map(ExecutionId::from_bytes),
        sync_type: at_place(&SYNC_TYPES, row.get(4)?)?,
        direction: at_place(&DIRECTIONS, row.get(5)?)?,
        had_changes: row.get(6)?,
        result: result.map(|place| at_place(&RESULTS, place)).transpose()?,
        outcome: outcome.map(|place| at_place(&OUTCOMES, place)).transpose()?,
        error: row.get(10)?,
        at: Timestamp::from_millis(row.get(9)?),
    })
}

fn place<T: PartialEq>(list: &[T], one: T) -> Outcome<i64> {
    let place = list.iter().position(|other| *other == one);
    let missing = || Failure::corrupt("a sync log row holds what cannot be stored");
    Ok(place.ok_or_else(missing)? as i64)
}

fn at_place<T: Copy>(list: &[T], place: u8) -> Outcome<T> {
    let unknown = || Failure::corrupt(format!("a sync log row holds an unknown {place}"));
    list.get(usize::from(place)).copied().ok_or_else(unknown)
}
