//! How values stand in columns, the same in every database. Integers have 63 bits there, so sums
//! keep their bits and nothing else.

use runlog_core::clock::Clock;
use runlog_core::relay::CaughtUp;
use runlog_core::sealed::{CellTag, Drops, Mark, OpaqueKey, SealedCell};
use runlog_core::time::Timestamp;

use super::{Role, StoreError, StoreResult};

/// An unsigned number with the bits of a signed one.
pub(super) fn from_bits(value: i64) -> u64 {
    value.cast_unsigned()
}

/// A signed number with the bits of an unsigned one. Sequences and sizes stay far below 2^63.
pub(super) fn to_bits(value: u64) -> i64 {
    value.cast_signed()
}

/// What a device said last of being caught up.
pub(super) fn caught_up(sequence: Option<i64>, at: Option<i64>) -> Option<CaughtUp> {
    let (sequence, at) = sequence.zip(at)?;
    Some(CaughtUp { sequence: from_bits(sequence), at: Timestamp::from_millis(at) })
}

/// Bytes of a fixed width.
///
/// # Errors
/// [`StoreError::Corrupt`] where there are more or fewer.
pub(super) fn array<const N: usize>(bytes: &[u8]) -> StoreResult<[u8; N]> {
    bytes.try_into().map_err(|_| StoreError::Corrupt("a column has not its width"))
}

/// Marks and tags, one after the other.
pub(super) fn put_cells(cells: &[SealedCell]) -> Vec<u8> {
    cells.iter().flat_map(|cell| cell.mark.0.into_iter().chain(cell.tag.0)).collect()
}

/// The inverse of [`put_cells`].
///
/// # Errors
/// [`StoreError::Corrupt`].
pub(super) fn cells(bytes: &[u8]) -> StoreResult<Vec<SealedCell>> {
    let (cells, rest) = bytes.as_chunks::<{ Mark::LEN + CellTag::LEN }>();
    if !rest.is_empty() {
        return Err(StoreError::Corrupt("cells"));
    }
    let cell = |bytes: &[u8; Mark::LEN + CellTag::LEN]| {
        let (mark, tag) = bytes.split_at(Mark::LEN);
        Ok(SealedCell { mark: Mark(array(mark)?), tag: CellTag(array(tag)?) })
    };
    cells.iter().map(cell).collect()
}

/// A floor and the rows below it.
pub(super) fn put_drops(drops: &Drops) -> Vec<u8> {
    let keys = drops.keys.iter().flat_map(|key| key.0);
    drops.floor.to_wire().into_iter().chain(keys).collect()
}

/// The inverse of [`put_drops`].
///
/// # Errors
/// [`StoreError::Corrupt`].
pub(super) fn drops(bytes: &[u8]) -> StoreResult<Drops> {
    let (floor, keys) = bytes
        .split_first_chunk::<{ Clock::WIRE_LEN }>()
        .ok_or(StoreError::Corrupt("dropped rows"))?;
    let (keys, rest) = keys.as_chunks();
    if !rest.is_empty() {
        return Err(StoreError::Corrupt("dropped rows"));
    }
    let keys = keys.iter().copied().map(OpaqueKey).collect();
    Ok(Drops { floor: Clock::from_wire(*floor), keys })
}

/// The number that stands for a role.
pub(super) fn put_role(role: Role) -> i16 {
    match role {
        Role::Reader => 1,
        Role::Writer => 2,
        Role::Owner => 3,
    }
}

/// The inverse of [`put_role`].
///
/// # Errors
/// [`StoreError::Corrupt`].
pub(super) fn role(number: i16) -> StoreResult<Role> {
    match number {
        1 => Ok(Role::Reader),
        2 => Ok(Role::Writer),
        3 => Ok(Role::Owner),
        _ => Err(StoreError::Corrupt("a role")),
    }
}
