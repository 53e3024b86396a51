//! What a store or a relay holds, cell by cell, read without the engine.

use std::collections::BTreeMap;

use runlog_core::clock::{Clock, ClockTime};
use runlog_core::codec::encode_value;
use runlog_core::crypto::VaultKeys;
use runlog_core::id::ExecutionId;
use runlog_core::log::encode_lines;
use runlog_core::relay::{Header, MemoryRelay, winners};
use runlog_core::schema::RowKey;
use runlog_core::sealed::{CellTag, Mark, OpaqueKey, TableTag};
use runlog_core::store::{ChangeNumber, ItemKey, ReadTx, StoreResult};
use runlog_core::sync::message::Delivered;
use runlog_core::value::Value;

/// A column of an item.
pub type Cell = (ItemKey, String);
/// Cells with clock and value.
pub type Contents = BTreeMap<Cell, (Clock, Value)>;

/// The column of what is no row.
pub const CONTENT: &str = "content";

/// Everything that a store holds and syncs.
pub fn of_store(tx: &dyn ReadTx) -> StoreResult<Contents> {
    let mut contents = Contents::new();
    for change in tx.changes(ChangeNumber::ZERO, usize::MAX)? {
        add_item(tx, &ItemKey::from(&change.item), &mut contents)?;
    }
    Ok(contents)
}

/// Everything of some items.
///
/// # Errors
/// The store's own errors.
pub fn of_items<'a>(
    tx: &dyn ReadTx,
    items: impl IntoIterator<Item = &'a ItemKey>,
) -> StoreResult<Contents> {
    let mut contents = Contents::new();
    items.into_iter().try_for_each(|item| add_item(tx, item, &mut contents))?;
    Ok(contents)
}

/// Everything of one execution.
pub fn of_execution(tx: &dyn ReadTx, id: ExecutionId) -> StoreResult<Contents> {
    let mut contents = Contents::new();
    for item in tx.execution_items(id)? {
        add_item(tx, &item, &mut contents)?;
    }
    add_item(tx, &ItemKey::purge(id), &mut contents)?;
    Ok(contents)
}

fn add_item(tx: &dyn ReadTx, item: &ItemKey, into: &mut Contents) -> StoreResult<()> {
    if let Some(key) = item.row() {
        add_row(tx, item, &key, into)?;
    }
    for cell in tx.kept(&item.table, &item.key)? {
        into.insert((item.clone(), cell.column), (cell.clock, cell.value));
    }
    let cell = (item.clone(), CONTENT.to_owned());
    if let Some((log, first)) = item.as_piece() {
        if let Some(lines) = tx.piece_lines(log, first)? {
            let mut bytes = Vec::new();
            encode_lines(&lines, &mut bytes);
            let clock = Clock { time: ClockTime::from_packed(1), device: log.device };
            into.insert(cell, (clock, Value::Blob(bytes)));
        }
    } else if let Some((log, first, reason)) = item.as_gap() {
        let gaps = tx.gaps(log.execution)?;
        let found =
            gaps.iter().find(|gap| (gap.log, gap.first, gap.reason) == (log, first, reason));
        if let Some(gap) = found {
            let clock = Clock { time: ClockTime::from_packed(gap.last + 1), device: log.device };
            into.insert(cell, (clock, Value::Text(format!("{} {:?}", gap.bytes, gap.pieces))));
        }
    } else if item.table == ItemKey::PURGES
        && let Some(execution) = item.execution()
        && let Some(clock) = tx.purged(&RowKey::Execution(execution))?
    {
        // What each device knew of the execution is its own affair.
        into.insert(cell, (clock, Value::Null));
    }
    Ok(())
}

fn add_row(tx: &dyn ReadTx, item: &ItemKey, key: &RowKey, into: &mut Contents) -> StoreResult<()> {
    let table = key.table();
    let Some(row) = tx.row(key, table.all_columns())? else { return Ok(()) };
    for column in row.clocks.covered().iter() {
        let name = table.columns()[column.index()].name.to_owned();
        let held = (row.clocks.of(column), row.cells[column.index()].clone());
        into.insert((item.clone(), name), held);
    }
    Ok(())
}

/// Sealed names of cells: what a relay sees of them.
pub type Opaque = BTreeMap<(OpaqueKey, Mark), (Clock, CellTag)>;

/// The sealed name of a cell.
pub fn opaque_name(keys: &VaultKeys, (item, column): &Cell) -> (OpaqueKey, Mark) {
    let index = keys.index();
    (index.row_key(&item.table, &item.key), index.mark(&item.table, column))
}

/// The tag of a cell: of two under one clock, those of a device and its copy, the greater one wins.
pub fn tag_of(keys: &VaultKeys, cell: &Cell, clock: &Clock, value: &Value) -> CellTag {
    let (row, mark) = opaque_name(keys, cell);
    let mut bytes = Vec::new();
    encode_value(value, &mut bytes);
    keys.index().cell_tag(&row, &mark, clock, &bytes)
}

/// Contents as a relay would see them. Purges and gaps without their tags, which depend on how the
/// engine writes them.
pub fn seen_by_relays(keys: &VaultKeys, contents: &Contents) -> Opaque {
    contents
        .iter()
        .map(|(cell, (clock, value))| {
            let name = opaque_name(keys, cell);
            let has_tag = ![ItemKey::PURGES, ItemKey::LOG_GAPS].contains(&cell.0.table.as_str());
            let tag = match has_tag {
                true => tag_of(keys, cell, clock, value),
                false => CellTag([0; 4]),
            };
            (name, (*clock, tag))
        })
        .collect()
}

/// What wins on a relay.
pub fn of_relay(keys: &VaultKeys, relay: &MemoryRelay) -> Opaque {
    won_at_relay(keys, relay, None)
}

/// What wins on a relay in one table.
pub fn of_relay_table(keys: &VaultKeys, relay: &MemoryRelay, table: &str) -> Opaque {
    won_at_relay(keys, relay, Some(keys.index().table_tag(table)))
}

fn won_at_relay(keys: &VaultKeys, relay: &MemoryRelay, only: Option<TableTag>) -> Opaque {
    let index = keys.index();
    let untagged = [ItemKey::PURGES, ItemKey::LOG_GAPS].map(|table| index.table_tag(table));
    let mut rows: BTreeMap<OpaqueKey, Vec<Header>> = BTreeMap::new();
    let concerned = |held: &Delivered| only.is_none_or(|only| held.record.table == only);
    for held in relay.records().filter(concerned) {
        let header = Header::new(held.sequence, &held.record);
        rows.entry(held.record.row).or_default().push(header);
    }
    let mut opaque = Opaque::new();
    for (row, headers) in rows {
        for (header, cell) in winners(&headers) {
            let tag = if untagged.contains(&header.table) { CellTag([0; 4]) } else { cell.tag };
            opaque.insert((row, cell.mark), (header.clock, tag));
        }
    }
    opaque
}
