//! Issuing clocks.

use super::{CLOCK_MILLIS_MAX, Clock, ClockTime};
use crate::id::DeviceId;
use crate::time::Timestamp;

/// The clock cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClockError {
    /// The 48 bits of milliseconds are used up. It errors rather than wraps, because a wrapped clock
    /// would lose every later edit.
    #[error(
        "the logical clock is at its end (year 10889): set this device's time right, then restore \
         the history from a backup or another device"
    )]
    Exhausted,
}

/// The clock of one device: issues times that are newer than all it issued or saw.
///
/// Its state is the last time; it is read and written back in the transaction of the rows that it
/// stamps, so that two processes on one store never issue the same clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockGenerator {
    device: DeviceId,
    last: ClockTime,
}

impl ClockGenerator {
    /// Continues after `last`, the newest time that the device issued or saw.
    pub fn new(device: DeviceId, last: ClockTime) -> Self {
        Self { device, last }
    }

    /// A clock newer than every earlier one; its milliseconds follow `now` where `now` is ahead.
    ///
    /// # Errors
    /// [`ClockError::Exhausted`] at the end of 48 bits of milliseconds; the state stays as it was.
    pub fn tick(&mut self, now: Timestamp) -> Result<Clock, ClockError> {
        let wall = wall_time(now)?;
        let next = self.last.packed().checked_add(1).ok_or(ClockError::Exhausted)?;
        self.last = wall.max(ClockTime::from_packed(next));
        Ok(Clock { time: self.last, device: self.device })
    }

    /// Moves past a time seen in what another device wrote: once per batch, with its newest clock,
    /// and only where the batch is kept.
    pub fn observe(&mut self, seen: ClockTime) {
        self.last = self.last.max(seen);
    }

    /// The newest time issued or seen: what the store persists.
    pub fn last(&self) -> ClockTime {
        self.last
    }

    /// The device whose clock this is.
    pub fn device(&self) -> DeviceId {
        self.device
    }
}

fn wall_time(now: Timestamp) -> Result<ClockTime, ClockError> {
    let millis = u64::try_from(now.as_millis()).unwrap_or(0);
    if millis > CLOCK_MILLIS_MAX {
        Err(ClockError::Exhausted)
    } else {
        Ok(ClockTime::new(millis, 0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DEVICE: DeviceId = DeviceId::from_u128(1);

    #[test]
    fn the_counter_carries_into_the_next_millisecond() {
        let mut clock = ClockGenerator::new(DEVICE, ClockTime::new(5, u16::MAX));
        let next = clock.tick(Timestamp::from_millis(5)).unwrap();
        assert_eq!(next.time, ClockTime::new(6, 0));
    }

    #[test]
    fn the_end_is_an_error_and_moves_nothing() {
        let mut clock = ClockGenerator::new(DEVICE, ClockTime::from_packed(u64::MAX));
        assert_eq!(clock.tick(Timestamp::from_millis(5)), Err(ClockError::Exhausted));
        assert_eq!(clock.last(), ClockTime::from_packed(u64::MAX));
    }

    proptest! {
        #[test]
        fn every_tick_is_newer_whatever_the_wall_does(
            steps in proptest::collection::vec((any::<bool>(), 0..100_000i64), 1..200)
        ) {
            let mut clock = ClockGenerator::new(DEVICE, ClockTime::ZERO);
            let mut newest = ClockTime::ZERO;
            for (remote, millis) in steps {
                if remote {
                    let seen = ClockTime::new(millis as u64, 3);
                    clock.observe(seen);
                    newest = newest.max(seen);
                } else {
                    let issued = clock.tick(Timestamp::from_millis(millis)).unwrap().time;
                    prop_assert!(issued > newest);
                    newest = issued;
                }
            }
        }
    }
}
