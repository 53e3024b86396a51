//! What changed, over everything that syncs, by number.

use runlog_core::clock::DeviceNumbers;
use runlog_core::log::{GapReason, LogKey};
use runlog_core::model::Tag;
use runlog_core::order;
use runlog_core::schema::RowKey;
use runlog_core::store::{Change, ChangeNumber, ChangedItem};
use rusqlite::{Row, params};

use crate::error::{Failure, Outcome};
use crate::tx::Tx;
use crate::values::{change_at, execution_at, signed, unsigned_at};

/// Reads what changed from a row; its first column is the number.
type ItemOf = fn(&Tx<'_>, &Row<'_>) -> Outcome<ChangedItem>;

/// Each kind of item, from its index on the number.
const SOURCES: [(&str, ItemOf); 6] = [
    (
        "SELECT change, id FROM executions INDEXED BY executions_change WHERE change > ?1
         ORDER BY change LIMIT ?2",
        |_, row| Ok(ChangedItem::Row(RowKey::Execution(execution_at(row, 1)?))),
    ),
    (
        "SELECT change, execution, tag FROM tags INDEXED BY tags_change WHERE change > ?1
         ORDER BY change LIMIT ?2",
        |_, row| {
            let tag = Tag::new(row.get::<_, String>(2)?)
                .map_err(|error| Failure::corrupt(error.to_string()))?;
            Ok(ChangedItem::Row(RowKey::Tag(execution_at(row, 1)?, tag)))
        },
    ),
    (
        "SELECT change, table_name, key FROM kept_rows INDEXED BY kept_rows_change
         WHERE change > ?1 ORDER BY change LIMIT ?2",
        |_, row| Ok(ChangedItem::Kept { table: row.get(1)?, key: row.get(2)? }),
    ),
    (
        "SELECT change, execution, device, first FROM log_pieces INDEXED BY log_pieces_change
         WHERE change > 0 AND change > ?1 ORDER BY change LIMIT ?2",
        |tx, row| Ok(ChangedItem::Piece { log: log_at(tx, row)?, first: unsigned_at(row, 3)? }),
    ),
    (
        "SELECT change, execution, device, first, reason FROM log_gaps INDEXED BY log_gaps_change
         WHERE change > ?1 ORDER BY change LIMIT ?2",
        |tx, row| {
            let reason: String = row.get(4)?;
            let unknown = || Failure::corrupt(format!("a log gap's reason is '{reason}'"));
            let reason = GapReason::from_text(&reason).ok_or_else(unknown)?;
            Ok(ChangedItem::Gap { log: log_at(tx, row)?, first: unsigned_at(row, 3)?, reason })
        },
    ),
    (
        "SELECT change, key FROM purged_keys INDEXED BY purged_keys_change
         WHERE change > 0 AND change > ?1 ORDER BY change LIMIT ?2",
        |_, row| Ok(ChangedItem::Purge { execution: execution_at(row, 1)? }),
    ),
];

fn log_at(tx: &Tx<'_>, row: &Row<'_>) -> Outcome<LogKey> {
    let number = row.get(2)?;
    let device = tx.with_devices(|devices| devices.device_of(number))?;
    Ok(LogKey { execution: execution_at(row, 1)?, device })
}

/// Items with numbers above `after`, in their order, at most `limit`. Of each kind at most `limit`
/// are read, so that a long wait costs no more than it returns, six times over.
pub(crate) fn after(tx: &Tx<'_>, after: ChangeNumber, limit: usize) -> Outcome<Vec<Change>> {
    let mut changes = Vec::new();
    for (text, item_of) in SOURCES {
        let mut select = tx.prepare(text)?;
        let mut rows = select.query(params![signed(after.get()), signed(limit as u64)])?;
        while let Some(row) = rows.next()? {
            changes.push(Change { number: change_at(row, 0)?, item: item_of(tx, row)? });
        }
    }
    order::sort_by(&mut changes, |a, b| (a.number, &a.item).cmp(&(b.number, &b.item)));
    changes.truncate(limit);
    Ok(changes)
}

/// What has a number above `after`: how many executions, and how many items in all.
pub(crate) fn counted_after(tx: &Tx<'_>, after: ChangeNumber) -> Outcome<Unsent> {
    let mut items = tx.prepare(
        "SELECT (SELECT count(*) FROM executions WHERE change > ?1)
              + (SELECT count(*) FROM tags WHERE change > ?1)
              + (SELECT count(*) FROM kept_rows WHERE change > ?1)
              + (SELECT count(*) FROM log_pieces WHERE change > 0 AND change > ?1)
              + (SELECT count(*) FROM log_gaps WHERE change > ?1)
              + (SELECT count(*) FROM purged_keys WHERE change > 0 AND change > ?1)",
    )?;
    let mut executions = tx.prepare(
        "SELECT count(*) FROM (
             SELECT id FROM executions WHERE change > ?1
             UNION SELECT execution FROM tags WHERE change > ?1
             UNION SELECT execution FROM log_pieces WHERE change > 0 AND change > ?1
             UNION SELECT execution FROM log_gaps WHERE change > ?1)",
    )?;
    let after = [signed(after.get())];
    Ok(Unsent {
        executions: executions.query_row(after, |row| row.get::<_, i64>(0))?.unsigned_abs(),
        items: items.query_row(after, |row| row.get::<_, i64>(0))?.unsigned_abs(),
    })
}

/// What no backend has acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsent {
    /// Executions that are concerned.
    pub executions: u64,
    /// Rows, log pieces and others.
    pub items: u64,
}
