//! Log pieces and gaps.

use std::ops::RangeInclusive;

use runlog_core::clock::DeviceNumbers;
use runlog_core::codec::{DecodeError, Reader, put_varint};
use runlog_core::id::ExecutionId;
use runlog_core::log::{Contents, Gap, GapReason, Lines, LogKey, PieceHead};
use runlog_core::order;
use runlog_core::store::{ChangeNumber, StoreError};
use runlog_core::time::Timestamp;
use rusqlite::params;

use crate::error::{Failure, Outcome};
use crate::tx::Tx;
use crate::values::{bytes_at, change_at, signed, unsigned_at};

/// Heads of the pieces that overlap the range, by first sequence, then device.
pub(crate) fn heads(
    tx: &Tx<'_>,
    execution: ExecutionId,
    sequences: &RangeInclusive<u64>,
) -> Outcome<Vec<PieceHead>> {
    let mut select = tx.prepare(
        "SELECT device, first, last, bytes, last_at, contents, sealed, change
         FROM log_pieces INDEXED BY log_pieces_last
         WHERE execution = ?1 AND last >= ?2 AND first <= ?3",
    )?;
    let mut rows = select.query(params![
        execution.as_bytes(),
        signed(*sequences.start()),
        signed(*sequences.end()),
    ])?;
    let mut heads = Vec::new();
    while let Some(row) = rows.next()? {
        heads.push(PieceHead {
            log: log_at(tx, execution, row.get(0)?)?,
            first: unsigned_at(row, 1)?,
            last: unsigned_at(row, 2)?,
            bytes: unsigned_at(row, 3)?,
            last_at: Timestamp::from_millis(row.get(4)?),
            contents: Contents::from_bits(row.get(5)?),
            sealed: row.get(6)?,
            change: change_at(row, 7)?,
        });
    }
    order::sort_by_key(&mut heads, |head| (head.first, head.log.device));
    Ok(heads)
}

pub(crate) fn lines(tx: &Tx<'_>, log: LogKey, first: u64) -> Outcome<Option<Lines>> {
    let Some(device) = tx.with_devices(|devices| devices.known_number(log.device))? else {
        return Ok(None);
    };
    let mut select = tx.prepare(
        "SELECT data, sealed FROM log_pieces WHERE execution = ?1 AND first = ?2 AND device = ?3",
    )?;
    let mut rows = select.query(params![log.execution.as_bytes(), signed(first), device])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let mut codec = tx.caches.pieces.borrow_mut();
    let lines = codec.decode(bytes_at(row, 0)?, row.get(1)?).map_err(|reason| {
        let LogKey { execution, device } = log;
        Failure::corrupt(format!(
            "the log piece of execution {execution} from device {device} that begins at line \
             {first}: {reason}"
        ))
    })?;
    Ok(Some(lines))
}

/// The last sequence over pieces and gaps.
pub(crate) fn last_sequence(tx: &Tx<'_>, execution: ExecutionId) -> Outcome<u64> {
    let mut select = tx.prepare(
        "SELECT max(
             coalesce((SELECT max(last) FROM log_pieces WHERE execution = ?1), 0),
             coalesce((SELECT max(last) FROM log_gaps WHERE execution = ?1), 0)
         )",
    )?;
    Ok(select.query_row([execution.as_bytes()], |row| unsigned_at(row, 0))?)
}

pub(crate) fn put(tx: &Tx<'_>, head: &PieceHead, lines: &Lines) -> Outcome<()> {
    let device = tx.device_number(head.log.device)?;
    let mut codec = tx.caches.pieces.borrow_mut();
    let data = codec.encode(lines, head.sealed)?;
    tx.prepare(
        "INSERT OR REPLACE INTO log_pieces
         (execution, device, first, last, bytes, last_at, contents, sealed, change, data)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        head.log.execution.as_bytes(),
        device,
        signed(head.first),
        signed(head.last),
        signed(head.bytes),
        head.last_at.as_millis(),
        head.contents.bits(),
        head.sealed,
        signed(head.change.get()),
        data,
    ])?;
    Ok(())
}

pub(crate) fn renumber(tx: &Tx<'_>, log: LogKey, first: u64, change: ChangeNumber) -> Outcome<()> {
    let device = tx.device_number(log.device)?;
    let updated = tx
        .prepare(
            "UPDATE log_pieces SET change = ?1
             WHERE execution = ?2 AND first = ?3 AND device = ?4",
        )?
        .execute(params![signed(change.get()), log.execution.as_bytes(), signed(first), device])?;
    if updated == 0 { Err(StoreError::RowMissing.into()) } else { Ok(()) }
}

pub(crate) fn remove(tx: &Tx<'_>, log: LogKey, sequences: &RangeInclusive<u64>) -> Outcome<()> {
    let device = tx.device_number(log.device)?;
    tx.prepare(
        "DELETE FROM log_pieces
         WHERE execution = ?1 AND device = ?2 AND first >= ?3 AND last <= ?4",
    )?
    .execute(params![
        log.execution.as_bytes(),
        device,
        signed(*sequences.start()),
        signed(*sequences.end()),
    ])?;
    Ok(())
}

/// Forgets the log of an execution that is removed.
pub(crate) fn forget(tx: &Tx<'_>, execution: ExecutionId) -> Outcome<()> {
    for statement in
        ["DELETE FROM log_pieces WHERE execution = ?1", "DELETE FROM log_gaps WHERE execution = ?1"]
    {
        tx.prepare(statement)?.execute([execution.as_bytes()])?;
    }
    Ok(())
}

/// Gaps by first sequence, then device.
pub(crate) fn gaps(tx: &Tx<'_>, execution: ExecutionId) -> Outcome<Vec<Gap>> {
    let mut select = tx.prepare(
        "SELECT device, first, last, bytes, change, reason, pieces FROM log_gaps
         WHERE execution = ?1",
    )?;
    let mut rows = select.query([execution.as_bytes()])?;
    let mut gaps = Vec::new();
    while let Some(row) = rows.next()? {
        let reason: String = row.get(5)?;
        let unknown = || Failure::corrupt(format!("a log gap's reason is '{reason}'"));
        gaps.push(Gap {
            log: log_at(tx, execution, row.get(0)?)?,
            first: unsigned_at(row, 1)?,
            last: unsigned_at(row, 2)?,
            bytes: unsigned_at(row, 3)?,
            change: change_at(row, 4)?,
            reason: GapReason::from_text(&reason).ok_or_else(unknown)?,
            pieces: decode_firsts(bytes_at(row, 6)?)?,
        });
    }
    order::sort_by_key(&mut gaps, |gap| (gap.first, gap.log.device, gap.reason));
    Ok(gaps)
}

pub(crate) fn put_gap(tx: &Tx<'_>, gap: &Gap) -> Outcome<()> {
    let device = tx.device_number(gap.log.device)?;
    let mut pieces = Vec::new();
    encode_firsts(&gap.pieces, &mut pieces);
    tx.prepare(
        "INSERT OR REPLACE INTO log_gaps
         (execution, first, device, reason, last, bytes, change, pieces)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        gap.log.execution.as_bytes(),
        signed(gap.first),
        device,
        gap.reason.as_str(),
        signed(gap.last),
        signed(gap.bytes),
        signed(gap.change.get()),
        pieces,
    ])?;
    Ok(())
}

/// First sequences, ascending, as varints of what each adds to the one before.
fn encode_firsts(firsts: &[u64], into: &mut Vec<u8>) {
    let mut before = 0u64;
    for first in firsts {
        put_varint(into, first.wrapping_sub(before));
        before = *first;
    }
}

fn decode_firsts(bytes: &[u8]) -> Result<Vec<u64>, DecodeError> {
    let mut reader = Reader::new(bytes);
    let mut firsts = Vec::new();
    let mut before = 0u64;
    while !reader.is_empty() {
        before = before.wrapping_add(reader.varint()?);
        firsts.push(before);
    }
    Ok(firsts)
}

fn log_at(tx: &Tx<'_>, execution: ExecutionId, device: u32) -> Outcome<LogKey> {
    let device = tx.with_devices(|devices| devices.device_of(device))?;
    Ok(LogKey { execution, device })
}
