//! The hybrid logical clock, and the clocks of a row's columns.
//!
//! A [`Clock`] says when, and on which device, a column was written. Two clocks are always ordered,
//! and the newer one wins ([`merge`](crate::merge)). The algorithm is that of Kulkarni et al.,
//! "Logical Physical Clocks", 2014, with the device as the tie-break.

mod generator;
mod row_clocks;

use std::fmt;

pub use generator::{ClockError, ClockGenerator};
pub use row_clocks::{ColumnId, ColumnSet, DeviceNumbers, RowClocks};

use crate::id::DeviceId;
use crate::time::Timestamp;

/// Milliseconds and counter of a clock in one number: 48 bits of milliseconds above 16 bits of
/// counter, so that the counter carries into the next millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ClockTime(u64);

/// The largest millisecond that a clock can hold (year 10889).
pub const CLOCK_MILLIS_MAX: u64 = (1 << 48) - 1;

impl ClockTime {
    /// The time of the zero clock.
    pub const ZERO: Self = Self(0);

    /// From milliseconds (at most [`CLOCK_MILLIS_MAX`], larger values are cut to it) and a counter.
    pub const fn new(millis: u64, counter: u16) -> Self {
        let millis = if millis > CLOCK_MILLIS_MAX { CLOCK_MILLIS_MAX } else { millis };
        Self(millis << 16 | counter as u64)
    }

    /// From the packed form.
    pub const fn from_packed(packed: u64) -> Self {
        Self(packed)
    }

    /// The packed form: milliseconds in the upper 48 bits, the counter in the lower 16.
    pub const fn packed(self) -> u64 {
        self.0
    }

    /// Milliseconds since the Unix epoch.
    pub const fn millis(self) -> u64 {
        self.0 >> 16
    }

    /// The counter within the millisecond.
    pub const fn counter(self) -> u16 {
        self.0 as u16
    }

    /// The milliseconds as a point in time.
    pub const fn timestamp(self) -> Timestamp {
        Timestamp::from_millis(self.millis() as i64)
    }
}

/// When and where a column was written. Ordered by time, then counter, then device.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Clock {
    /// Milliseconds and counter.
    pub time: ClockTime,
    /// The device that wrote.
    pub device: DeviceId,
}

impl Clock {
    /// Older than every clock that a device issues: what a column has that was never written.
    pub const ZERO: Self = Self { time: ClockTime::ZERO, device: DeviceId::NIL };

    /// Length of the wire form in bytes.
    pub const WIRE_LEN: usize = 24;

    /// The wire form: 6 bytes of milliseconds, 2 of counter, 16 of device, all big-endian. The order
    /// of two wire forms under `memcmp` is the order of the clocks.
    pub fn to_wire(self) -> [u8; Self::WIRE_LEN] {
        let mut wire = [0; Self::WIRE_LEN];
        wire[..8].copy_from_slice(&self.time.packed().to_be_bytes());
        wire[8..].copy_from_slice(self.device.as_bytes());
        wire
    }

    /// The clock of a wire form. Every 24 bytes are one.
    pub fn from_wire(wire: [u8; Self::WIRE_LEN]) -> Self {
        let (time, device) = wire.split_at(8);
        let mut packed = [0; 8];
        packed.copy_from_slice(time);
        let mut id = [0; 16];
        id.copy_from_slice(device);
        Self {
            time: ClockTime::from_packed(u64::from_be_bytes(packed)),
            device: DeviceId::from_bytes(id),
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}@{}", self.time.millis(), self.time.counter(), self.device)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_clock() -> impl Strategy<Value = Clock> {
        let time = prop_oneof![any::<u64>(), 0..4u64, (0..4u64).prop_map(|n| n << 16)];
        let device = prop_oneof![any::<u128>(), 0..3u128];
        (time, device).prop_map(|(time, device)| Clock {
            time: ClockTime::from_packed(time),
            device: DeviceId::from_u128(device),
        })
    }

    proptest! {
        #[test]
        fn wire_order_is_clock_order(a in any_clock(), b in any_clock()) {
            prop_assert_eq!(a.to_wire().cmp(&b.to_wire()), a.cmp(&b));
            prop_assert_eq!(Clock::from_wire(a.to_wire()), a);
        }
    }

    /// T4: as texts, or by a numeric maximum over strings, 9 would beat 10.
    #[test]
    fn ten_is_newer_than_nine() {
        let at = |millis| Clock { time: ClockTime::new(millis, 0), device: DeviceId::from_u128(1) };
        assert!(at(10) > at(9));
        assert!(at(10).to_wire() > at(9).to_wire());
        assert!(ClockTime::new(9, u16::MAX) < ClockTime::new(10, 0));
    }
}
