//! What an item holds, in the clear and parted by clock: the one source of what is sent and of what
//! counts in a digest.

use std::borrow::Cow;

use crate::clock::{Clock, ClockTime, ColumnSet};
use crate::history::HistoryError;
use crate::id::{DeviceId, ExecutionId};
use crate::log::{Gap, GapReason, LogKey, encode_lines};
use crate::order;
use crate::schema::{RowKey, Table};
use crate::store::{
    ItemKey, KeptCell, ReadTx, Room, StoreError, StoreResult, decode_items, encode_items,
};
use crate::sync::plain::CONTENT;
use crate::value::Value;

/// A column's name with its value.
pub(crate) type NamedCell = (Cow<'static, str>, Value);

/// Columns of an item that were written together.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    /// When and where.
    pub(crate) clock: Clock,
    /// What.
    pub(crate) cells: Vec<NamedCell>,
    /// Items that go with it: up to the clock, for good.
    pub(crate) drops: Option<(Clock, Vec<ItemKey>)>,
}

/// Above every clock: what is dropped up to it never comes back.
pub(crate) const FOR_EVER: Clock =
    Clock { time: ClockTime::from_packed(u64::MAX), device: DeviceId::from_bytes([0xff; 16]) };

/// The clock of a log piece: it is written once, so any clock will do that is the same everywhere.
pub(crate) fn piece_clock(log: LogKey) -> Clock {
    Clock { time: ClockTime::from_packed(1), device: log.device }
}

/// The clock of a gap: it only ever grows, so the one that reaches further is the newer one.
pub(crate) fn gap_clock(gap: &Gap) -> Clock {
    Clock { time: ClockTime::from_packed(gap.last.saturating_add(1)), device: gap.log.device }
}

/// The columns of a row of the schema, oldest clock first.
pub(crate) fn row_parts(
    tx: &dyn ReadTx,
    key: &RowKey,
    columns: ColumnSet,
) -> Result<Vec<Part>, HistoryError> {
    let table = key.table();
    let Some(mut row) = tx.row(key, columns)? else { return Ok(Vec::new()) };
    let mut parts = Vec::with_capacity(2);
    for (clock, group) in row.clocks.groups() {
        let cells: Vec<NamedCell> = group
            .intersection(columns)
            .iter()
            .filter_map(|column| {
                let name = table.columns().get(column.index())?.name;
                Some((
                    Cow::Borrowed(name),
                    std::mem::replace(&mut row.cells[column.index()], Value::Null),
                ))
            })
            .collect();
        if !cells.is_empty() {
            parts.push(Part { clock, cells, drops: None });
        }
    }
    Ok(parts)
}

/// The cells kept for a row because this program does not know their columns, oldest clock first.
pub(crate) fn kept_parts(tx: &dyn ReadTx, item: &ItemKey) -> Result<Vec<Part>, HistoryError> {
    let mut parts: Vec<Part> = Vec::new();
    for KeptCell { column, clock, value } in tx.kept(&item.table, &item.key)? {
        let cell = (Cow::Owned(column), value);
        match parts.iter_mut().find(|part| part.clock == clock) {
            Some(part) => part.cells.push(cell),
            None => parts.push(Part { clock, cells: vec![cell], drops: None }),
        }
    }
    order::sort_by_key(&mut parts, |part| part.clock);
    Ok(parts)
}

/// Everything that an item holds: row and kept cells, a piece, a gap, or a purge.
pub(crate) fn all_parts(tx: &dyn ReadTx, item: &ItemKey) -> Result<Vec<Part>, HistoryError> {
    match item.table.as_str() {
        ItemKey::LOG => piece_part(tx, item),
        ItemKey::LOG_GAPS => gap_part(tx, item),
        ItemKey::PURGES => purge_part(tx, item),
        name => {
            let mut parts =
                match Table::by_name(name).map(|table| RowKey::from_bytes(table, &item.key)) {
                    Some(Ok(key)) => row_parts(tx, &key, key.table().all_columns())?,
                    _ => Vec::new(),
                };
            parts.extend(kept_parts(tx, item)?);
            Ok(parts)
        }
    }
}

fn content(clock: Clock, bytes: Vec<u8>) -> Part {
    Part { clock, cells: vec![(Cow::Borrowed(CONTENT), Value::Blob(bytes))], drops: None }
}

fn piece_part(tx: &dyn ReadTx, item: &ItemKey) -> Result<Vec<Part>, HistoryError> {
    let Some((log, first)) = item.as_piece() else { return Ok(Vec::new()) };
    let Some(lines) = tx.piece_lines(log, first)? else { return Ok(Vec::new()) };
    let mut bytes = Vec::new();
    encode_lines(&lines, &mut bytes);
    Ok(vec![content(piece_clock(log), bytes)])
}

fn gap_part(tx: &dyn ReadTx, item: &ItemKey) -> Result<Vec<Part>, HistoryError> {
    let Some((log, first, reason)) = item.as_gap() else { return Ok(Vec::new()) };
    let Some(gap) = gap_of(tx, log, first, reason)? else { return Ok(Vec::new()) };
    let dropped = gap.pieces.iter().map(|first| ItemKey::piece(log, *first)).collect();
    let mut part = content(gap_clock(&gap), encode_gap(&gap));
    part.drops = Some((FOR_EVER, dropped));
    Ok(vec![part])
}

/// The dropped range of a key.
pub(crate) fn gap_of(
    tx: &dyn ReadTx,
    log: LogKey,
    first: u64,
    reason: GapReason,
) -> StoreResult<Option<Gap>> {
    let same = |gap: &Gap| (gap.log, gap.first, gap.reason) == (log, first, reason);
    Ok(tx.gaps(log.execution)?.into_iter().find(same))
}

fn purge_part(tx: &dyn ReadTx, item: &ItemKey) -> Result<Vec<Part>, HistoryError> {
    let Some(execution) = item.execution() else { return Ok(Vec::new()) };
    let Some(clock) = tx.purged(&RowKey::Execution(execution))? else { return Ok(Vec::new()) };
    let items = purged_items(tx, execution)?;
    let mut list = Vec::new();
    encode_items(&items, &mut list).map_err(StoreError::from)?;
    let mut part = content(clock, list);
    part.drops = Some((clock, items));
    Ok(vec![part])
}

/// What went with a purged execution, as far as this device knew it.
pub(crate) fn purged_items(
    tx: &dyn ReadTx,
    execution: ExecutionId,
) -> Result<Vec<ItemKey>, HistoryError> {
    let Some(bytes) = tx.note(Room::Purge, execution.as_bytes())? else { return Ok(Vec::new()) };
    decode_items(&bytes).map_err(|error| {
        StoreError::Corrupt { detail: format!("a note of a purge: {error}") }.into()
    })
}

/// A gap without its key: last sequence, bytes, and the first sequences of the pieces in it.
fn encode_gap(gap: &Gap) -> Vec<u8> {
    let mut bytes = Vec::new();
    crate::codec::put_varint(&mut bytes, gap.last);
    crate::codec::put_varint(&mut bytes, gap.bytes);
    crate::codec::put_varint(&mut bytes, gap.pieces.len() as u64);
    gap.pieces.iter().for_each(|first| crate::codec::put_varint(&mut bytes, *first));
    bytes
}

/// Reads the gap of an item.
///
/// # Errors
/// A [`DecodeError`](crate::codec::DecodeError) for bytes that no gap was written as.
pub(crate) fn decode_gap(
    (log, first, reason): (LogKey, u64, GapReason),
    bytes: &[u8],
) -> Result<Gap, crate::codec::DecodeError> {
    let malformed = crate::codec::DecodeError::Malformed { what: "gaps" };
    let mut reader = crate::codec::Reader::new(bytes);
    let (last, dropped) = (reader.varint()?, reader.varint()?);
    if last < first || last > i64::MAX as u64 || dropped > i64::MAX as u64 {
        return Err(malformed);
    }
    let count = reader.length("gaps", crate::sync::limits::DROPS_MAX)?;
    let pieces = (0..count).map(|_| reader.varint()).collect::<Result<Vec<u64>, _>>()?;
    reader.finish()?;
    if !pieces.iter().all(|piece| (first..=last).contains(piece)) {
        return Err(malformed);
    }
    let change = crate::change::ChangeNumber::ZERO;
    Ok(Gap { log, first, last, bytes: dropped, reason, pieces, change })
}
