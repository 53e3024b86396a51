//! Executions by their ids.

use runlog_core::id::{ExecutionId, IdPattern};
use runlog_core::order;
use rusqlite::params;

use crate::error::Outcome;
use crate::tx::Tx;
use crate::values::{execution_at, signed};

/// Shown executions whose id begins with the pattern, or has it as its short id.
pub(crate) fn matching(
    tx: &Tx<'_>,
    pattern: &IdPattern,
    limit: usize,
) -> Outcome<Vec<ExecutionId>> {
    let (low, high) = pattern.prefix_range();
    let limit_number = signed(limit as u64);
    let mut select = tx.prepare(
        "SELECT id FROM executions WHERE id BETWEEN ?1 AND ?2 AND visibility <> 0
         ORDER BY id LIMIT ?3",
    )?;
    let ids = select.query_map(params![low.as_bytes(), high.as_bytes(), limit_number], |row| {
        execution_at(row, 0)
    })?;
    let mut found: Vec<ExecutionId> = ids.collect::<Result<_, _>>()?;
    if let Some(tail) = pattern.tail() {
        let mut select = tx.prepare(
            "SELECT id FROM executions INDEXED BY executions_tail
             WHERE substr(id, 13) = ?1 AND visibility <> 0 ORDER BY id LIMIT ?2",
        )?;
        let ids = select
            .query_map(params![tail.to_be_bytes(), limit_number], |row| execution_at(row, 0))?;
        for id in ids {
            found.push(id?);
        }
        order::sort(&mut found);
        found.dedup();
        found.truncate(limit);
    }
    Ok(found)
}

/// Hidden executions.
pub(crate) fn hidden(tx: &Tx<'_>, limit: usize) -> Outcome<Vec<ExecutionId>> {
    let mut select = tx.prepare(
        "SELECT id FROM executions INDEXED BY executions_hidden WHERE visibility = 0
         ORDER BY id LIMIT ?1",
    )?;
    let ids = select.query_map([signed(limit as u64)], |row| execution_at(row, 0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}
