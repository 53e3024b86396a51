//! The clocks of a row's columns.

use super::{Clock, ClockTime};
use crate::codec::{DecodeError, Reader, put_varint, put_varint_u128, unzigzag, zigzag};
use crate::id::DeviceId;
use crate::order;

/// The number of a column within its table: stable for ever, never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ColumnId(u8);

impl ColumnId {
    /// Columns that one table may have.
    pub const COUNT_MAX: usize = 128;

    /// From a number below [`ColumnId::COUNT_MAX`]. A larger one does not compile in constants.
    pub const fn new(number: u8) -> Self {
        assert!((number as usize) < Self::COUNT_MAX, "a table has at most 128 columns");
        Self(number)
    }

    /// The number, usable as an index.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A set of columns of one table. Sets have some order, so that one can be a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ColumnSet(u128);

impl ColumnSet {
    /// No column.
    pub const EMPTY: Self = Self(0);

    /// The given columns.
    pub const fn of(columns: &[ColumnId]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < columns.len() {
            bits |= 1 << columns[at].0;
            at += 1;
        }
        Self(bits)
    }

    /// Columns 0 to `count - 1`.
    pub const fn first(count: usize) -> Self {
        assert!(count <= ColumnId::COUNT_MAX);
        Self(if count == ColumnId::COUNT_MAX { u128::MAX } else { (1 << count) - 1 })
    }

    /// From its bits, the column numbered 0 in the lowest.
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// Its bits.
    pub const fn bits(self) -> u128 {
        self.0
    }

    /// Adds a column.
    pub const fn insert(&mut self, column: ColumnId) {
        self.0 |= 1 << column.0;
    }

    /// Whether the column is in the set.
    pub const fn contains(self, column: ColumnId) -> bool {
        self.0 >> column.0 & 1 == 1
    }

    /// Columns of either.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Columns of both.
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Columns of this that are not of the other.
    pub const fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many there are.
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The columns in ascending order.
    pub fn iter(self) -> impl Iterator<Item = ColumnId> {
        let mut bits = self.0;
        std::iter::from_fn(move || {
            (bits != 0).then(|| {
                let number = bits.trailing_zeros() as u8;
                bits &= bits - 1;
                ColumnId(number)
            })
        })
    }
}

impl FromIterator<ColumnId> for ColumnSet {
    fn from_iter<I: IntoIterator<Item = ColumnId>>(columns: I) -> Self {
        let mut set = Self::EMPTY;
        columns.into_iter().for_each(|column| set.insert(column));
        set
    }
}

/// Numbers that a store gives to devices, so that a stored clock names a device in a byte or two.
pub trait DeviceNumbers {
    /// What giving or finding a number can fail with.
    type Error: From<DecodeError>;

    /// The number of a device, given anew where it has none.
    fn number_of(&mut self, device: DeviceId) -> Result<u32, Self::Error>;

    /// The device of a number that was given.
    fn device_of(&mut self, number: u32) -> Result<DeviceId, Self::Error>;
}

/// The clock of every column of one row that was ever written.
///
/// A column that is not covered has the zero clock. There is no base clock that silently counts for
/// columns that were never written: it would swallow a later column's value.
#[derive(Clone, Debug, Default)]
pub struct RowClocks {
    /// Disjoint, non-empty sets, each with one clock; no clock twice. A row has one to three.
    groups: Vec<(Clock, ColumnSet)>,
}

/// Version byte of the stored form.
const STORED_VERSION: u8 = 1;
/// Most clocks in one stored form: each covers a column of its own.
const GROUPS_MAX: usize = ColumnId::COUNT_MAX;

impl RowClocks {
    /// Of a row that does not exist.
    pub const fn new() -> Self {
        Self { groups: Vec::new() }
    }

    /// The clock of a column; [`Clock::ZERO`] where it was never written.
    pub fn of(&self, column: ColumnId) -> Clock {
        let group = self.groups.iter().find(|(_, columns)| columns.contains(column));
        group.map_or(Clock::ZERO, |(clock, _)| *clock)
    }

    /// Gives the columns this clock, whatever they had.
    pub fn set(&mut self, columns: ColumnSet, clock: Clock) {
        if columns.is_empty() {
            return;
        }
        self.groups.retain_mut(|(_, held)| {
            *held = held.difference(columns);
            !held.is_empty()
        });
        match self.groups.iter_mut().find(|(held, _)| *held == clock) {
            Some((_, held)) => *held = held.union(columns),
            None => self.groups.push((clock, columns)),
        }
    }

    /// Which of the columns a write with this clock wins: those whose clock is older. At an equal
    /// clock the one held first stays.
    pub fn won_by(&self, clock: Clock, columns: ColumnSet) -> ColumnSet {
        let mut won = columns;
        for (held, covered) in &self.groups {
            if *held >= clock {
                won = won.difference(*covered);
            }
        }
        // The zero clock is what an unwritten column has; nothing older exists to be beaten.
        if clock == Clock::ZERO { ColumnSet::EMPTY } else { won }
    }

    /// The columns that have a clock.
    pub fn covered(&self) -> ColumnSet {
        self.groups.iter().fold(ColumnSet::EMPTY, |all, (_, columns)| all.union(*columns))
    }

    /// The newest clock of the row.
    pub fn newest(&self) -> Option<Clock> {
        self.groups.iter().map(|(clock, _)| *clock).max()
    }

    /// Every clock with the columns that have it, newest clock last: the records as which the row
    /// travels.
    pub fn groups(&self) -> Vec<(Clock, ColumnSet)> {
        let mut groups = self.groups.clone();
        order::sort_by_key(&mut groups, |(clock, _)| *clock);
        groups
    }

    /// Appends the stored form: one byte of version; the base clock (the one of most columns) with
    /// the set of all covered columns; then, for each other clock in ascending order, the clock with
    /// its columns. The base clock's time is 8 bytes big-endian; that of another clock is the zigzag
    /// varint of its difference to the base. The device's number and the bits of a set are varints.
    ///
    /// # Errors
    /// What `devices` fails with.
    pub fn encode<D: DeviceNumbers + ?Sized>(
        &self,
        devices: &mut D,
        into: &mut Vec<u8>,
    ) -> Result<(), D::Error> {
        into.push(STORED_VERSION);
        let mut groups = self.groups();
        let largest = groups.iter().map(|(_, columns)| columns.len()).max();
        let base = groups.iter().position(|(_, columns)| Some(columns.len()) == largest);
        if let Some(base) = base {
            groups[..=base].rotate_right(1);
        }
        let mut base_time = None;
        for (clock, columns) in &groups {
            let time = clock.time.packed();
            let columns = match base_time {
                None => {
                    into.extend_from_slice(&time.to_be_bytes());
                    self.covered()
                }
                Some(base) => {
                    put_varint(into, zigzag(time.wrapping_sub(base) as i64));
                    *columns
                }
            };
            base_time.get_or_insert(time);
            put_varint(into, devices.number_of(clock.device)?.into());
            put_varint_u128(into, columns.0);
        }
        Ok(())
    }

    /// Reads a stored form back; `bytes` must hold nothing else.
    ///
    /// # Errors
    /// A [`DecodeError`] for bytes that describe no row clocks, and what `devices`
    /// fails with.
    pub fn decode<D: DeviceNumbers + ?Sized>(
        bytes: &[u8],
        devices: &mut D,
    ) -> Result<Self, D::Error> {
        let mut reader = Reader::new(bytes);
        let version = reader.u8()?;
        if version != STORED_VERSION {
            return Err(DecodeError::UnknownVersion { what: "row clocks", version }.into());
        }
        let mut groups: Vec<(Clock, ColumnSet)> = Vec::with_capacity(2);
        while !reader.is_empty() {
            if groups.len() == GROUPS_MAX {
                return Err(DecodeError::TooLong { what: "row clocks", limit: GROUPS_MAX }.into());
            }
            let time = ClockTime::from_packed(match groups.first() {
                None => reader.u64()?,
                Some((base, _)) => {
                    base.time.packed().wrapping_add(unzigzag(reader.varint()?) as u64)
                }
            });
            let number = reader.varint_u32()?;
            let columns = ColumnSet(reader.varint_u128()?);
            let clock = Clock { time, device: devices.device_of(number)? };
            if let Some((_, base)) = groups.first_mut() {
                let remaining = base.difference(columns);
                if columns.is_empty() || base.intersection(columns) != columns {
                    return Err(DecodeError::Malformed { what: "row clocks" }.into());
                }
                *base = remaining;
            }
            if columns.is_empty() || groups.iter().any(|(held, _)| *held == clock) {
                return Err(DecodeError::Malformed { what: "row clocks" }.into());
            }
            groups.push((clock, columns));
        }
        if groups.first().is_some_and(|(_, columns)| columns.is_empty()) {
            return Err(DecodeError::Malformed { what: "row clocks" }.into());
        }
        Ok(Self { groups })
    }
}

impl PartialEq for RowClocks {
    fn eq(&self, other: &Self) -> bool {
        self.groups() == other.groups()
    }
}

impl Eq for RowClocks {}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    /// Numbers devices by their id; enough for ids below 2^32.
    struct Plain;

    #[derive(Debug, PartialEq)]
    struct Failed(DecodeError);

    impl From<DecodeError> for Failed {
        fn from(error: DecodeError) -> Self {
            Self(error)
        }
    }

    impl From<Infallible> for Failed {
        fn from(never: Infallible) -> Self {
            match never {}
        }
    }

    impl DeviceNumbers for Plain {
        type Error = Failed;

        fn number_of(&mut self, device: DeviceId) -> Result<u32, Failed> {
            Ok(device.uuid().as_u128() as u32)
        }

        fn device_of(&mut self, number: u32) -> Result<DeviceId, Failed> {
            Ok(DeviceId::from_u128(number.into()))
        }
    }

    fn stored(clocks: &RowClocks) -> Vec<u8> {
        let mut bytes = Vec::new();
        clocks.encode(&mut Plain, &mut bytes).unwrap();
        bytes
    }

    fn clock(millis: u64, device: u128) -> Clock {
        Clock { time: ClockTime::new(millis, 0), device: DeviceId::from_u128(device) }
    }

    proptest! {
        #[test]
        fn stored_form_round_trips(
            writes in proptest::collection::vec((any::<u64>(), 0..4u128, any::<u128>()), 0..8)
        ) {
            let mut clocks = RowClocks::new();
            for (time, device, columns) in writes {
                let clock = Clock {
                    time: ClockTime::from_packed(time),
                    device: DeviceId::from_u128(device),
                };
                clocks.set(ColumnSet(columns), clock);
            }
            let bytes = stored(&clocks);
            let back = RowClocks::decode(&bytes, &mut Plain).unwrap();
            prop_assert_eq!(&back, &clocks);
            prop_assert_eq!(stored(&back), bytes);
        }

        #[test]
        fn arbitrary_bytes_are_an_error_or_a_canonical_value(
            bytes in proptest::collection::vec(any::<u8>(), 0..64)
        ) {
            if let Ok(clocks) = RowClocks::decode(&bytes, &mut Plain) {
                prop_assert_eq!(RowClocks::decode(&stored(&clocks), &mut Plain).unwrap(), clocks);
            }
        }
    }

    /// SYNC 1: a base clock that counted for columns never written would swallow a later column.
    #[test]
    fn a_column_never_written_has_the_zero_clock() {
        let mut clocks = RowClocks::new();
        clocks.set(ColumnSet::first(3), clock(100, 1));
        let later = ColumnId::new(3);
        assert_eq!(clocks.of(later), Clock::ZERO);
        assert!(clocks.won_by(clock(1, 2), ColumnSet::of(&[later])).contains(later));
        let back = RowClocks::decode(&stored(&clocks), &mut Plain).unwrap();
        assert_eq!(back.of(later), Clock::ZERO);
    }

    #[test]
    fn written_once_and_finished_once_stays_small() {
        let mut clocks = RowClocks::new();
        clocks.set(ColumnSet::first(26), clock(1_700_000_000_000, 1));
        clocks.set(ColumnSet::first(4), clock(1_700_000_060_000, 1));
        let change_number_of_the_millionth = 3;
        assert!(stored(&clocks).len() + change_number_of_the_millionth <= 26);
    }

    #[test]
    fn an_equal_clock_does_not_win_again() {
        let mut clocks = RowClocks::new();
        clocks.set(ColumnSet::first(2), clock(5, 1));
        assert!(clocks.won_by(clock(5, 1), ColumnSet::first(2)).is_empty());
        assert_eq!(clocks.won_by(clock(5, 2), ColumnSet::first(3)), ColumnSet::first(3));
        assert_eq!(clocks.won_by(clock(4, 9), ColumnSet::first(3)).len(), 1);
    }
}
