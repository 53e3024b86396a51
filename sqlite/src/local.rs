//! What belongs to this device alone: its identity, what it gave out last, what it runs.

use runlog_core::clock::ClockTime;
use runlog_core::id::{DeviceId, ExecutionId};
use runlog_core::store::{Counters, Lease, OwnerId};
use runlog_core::time::Timestamp;
use rusqlite::params;

use crate::error::Outcome;
use crate::tx::Tx;
use crate::values::{change_at, execution_at, signed};

pub(crate) fn device(tx: &Tx<'_>) -> Outcome<Option<DeviceId>> {
    let mut select = tx.prepare("SELECT device FROM local_state")?;
    let device: Option<[u8; 16]> = select.query_row([], |row| row.get(0))?;
    Ok(device.map(DeviceId::from_bytes))
}

pub(crate) fn set_device(tx: &Tx<'_>, device: DeviceId) -> Outcome<()> {
    tx.prepare("UPDATE local_state SET device = ?1")?.execute([device.as_bytes()])?;
    Ok(())
}

/// The clock's 64 bits are stored as they are; their order is not SQLite's.
pub(crate) fn counters(tx: &Tx<'_>) -> Outcome<Counters> {
    let mut select = tx.prepare("SELECT clock, change FROM local_state")?;
    Ok(select.query_row([], |row| {
        let packed = row.get::<_, i64>(0)?.cast_unsigned();
        Ok(Counters { clock: ClockTime::from_packed(packed), change: change_at(row, 1)? })
    })?)
}

pub(crate) fn set_counters(tx: &Tx<'_>, counters: Counters) -> Outcome<()> {
    let clock = counters.clock.packed().cast_signed();
    tx.prepare("UPDATE local_state SET clock = ?1, change = ?2")?
        .execute(params![clock, signed(counters.change.get())])?;
    Ok(())
}

/// Leases in the order of their executions.
pub(crate) fn leases(tx: &Tx<'_>) -> Outcome<Vec<Lease>> {
    let mut select =
        tx.prepare("SELECT execution, owner, heartbeat_at FROM leases ORDER BY execution")?;
    let leases = select.query_map([], |row| {
        Ok(Lease {
            execution: execution_at(row, 0)?,
            owner: OwnerId(u128::from_be_bytes(row.get(1)?)),
            heartbeat_at: Timestamp::from_millis(row.get(2)?),
        })
    })?;
    Ok(leases.collect::<Result<_, _>>()?)
}

pub(crate) fn put_lease(tx: &Tx<'_>, lease: &Lease) -> Outcome<()> {
    tx.prepare(
        "INSERT OR REPLACE INTO leases (execution, owner, heartbeat_at) VALUES (?1, ?2, ?3)",
    )?
    .execute(params![
        lease.execution.as_bytes(),
        lease.owner.0.to_be_bytes(),
        lease.heartbeat_at.as_millis(),
    ])?;
    Ok(())
}

pub(crate) fn remove_lease(tx: &Tx<'_>, execution: ExecutionId) -> Outcome<()> {
    tx.prepare("DELETE FROM leases WHERE execution = ?1")?.execute([execution.as_bytes()])?;
    Ok(())
}
