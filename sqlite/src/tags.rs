//! Tag rows of an execution, and their index.

use runlog_core::id::ExecutionId;
use runlog_core::model::{Tag, Visibility};
use runlog_core::schema::{RowKey, tags};
use runlog_core::store::Row;
use rusqlite::params;

use crate::error::{Failure, Outcome};
use crate::rows::read_row;
use crate::tx::Tx;

/// The tag rows of an execution, ordered by tag.
pub(crate) fn of_execution(tx: &Tx<'_>, execution: ExecutionId) -> Outcome<Vec<(Tag, Row)>> {
    let mut select = tx.prepare(
        "SELECT change, clocks, visibility, deleted, tag FROM tags WHERE execution = ?1
         ORDER BY tag",
    )?;
    let mut rows = select.query([execution.as_bytes()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let tag = Tag::new(row.get::<_, String>(4)?)
            .map_err(|error| Failure::corrupt(format!("a tag of {execution}: {error}")))?;
        let key = RowKey::Tag(execution, tag.clone());
        found.push((tag, read_row(tx, &key, tags::ALL, row)?));
    }
    Ok(found)
}

/// Brings a tag's entry in the index up to date with its row. Without an execution there is none.
pub(crate) fn index(
    tx: &Tx<'_>,
    execution: ExecutionId,
    tag: &Tag,
    visibility: Visibility,
) -> Outcome<()> {
    let mut statement = if visibility == Visibility::Live {
        tx.prepare(
            "INSERT OR IGNORE INTO tag_index (tag, begun_at, row)
             SELECT ?1, begun_at, row FROM executions WHERE id = ?2 AND begun_at IS NOT NULL",
        )?
    } else {
        tx.prepare(
            "DELETE FROM tag_index WHERE tag = ?1
             AND (begun_at, row) = (SELECT begun_at, row FROM executions WHERE id = ?2)",
        )?
    };
    statement.execute(params![tag.as_str(), execution.as_bytes()])?;
    Ok(())
}
