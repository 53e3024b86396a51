//! When another device was last heard from: the newest clock of its records that opened here, but
//! never later than their arrival.

use crate::clock::Clock;
use crate::id::DeviceId;
use crate::store::{ReadTx, Room, StoreResult, WriteTx};
use crate::time::Timestamp;

/// Begins the key of a device's note, which is its time in milliseconds.
const PREFIX: &[u8] = b"heard-";

/// What is known of a device.
pub(crate) fn heard_at(tx: &dyn ReadTx, device: DeviceId) -> StoreResult<Option<Timestamp>> {
    let bytes = tx.note(Room::Local, &key(device))?.and_then(|bytes| bytes.try_into().ok());
    Ok(bytes.map(|bytes| Timestamp::from_millis(i64::from_be_bytes(bytes))))
}

/// Notes that a record of this clock arrived at `now`.
pub(crate) fn heard(tx: &mut dyn WriteTx, clock: Clock, now: Timestamp) -> StoreResult<()> {
    // A clock that is ahead says no more than that the record is here.
    let at = clock.time.timestamp().min(now);
    if heard_at(tx, clock.device)?.is_none_or(|known| known < at) {
        tx.put_note(Room::Local, &key(clock.device), &at.as_millis().to_be_bytes())?;
    }
    Ok(())
}

fn key(device: DeviceId) -> Vec<u8> {
    [PREFIX, device.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ClockTime;
    use crate::store::{MemoryStore, Store, StoreError};

    #[test]
    fn the_newest_clock_counts_but_none_that_is_ahead() {
        let mut store = MemoryStore::new();
        let [one, two] = [1, 2].map(DeviceId::from_u128);
        let at = Timestamp::from_millis;
        let clock = |millis, device| Clock { time: ClockTime::new(millis, 0), device };
        let clocks = [clock(5_000, one), clock(3_000, one), clock(90_000, two)];
        let write = |tx: &mut dyn WriteTx| {
            clocks.into_iter().try_for_each(|clock| heard(tx, clock, at(10_000)))
        };
        store.write::<_, StoreError>(write).unwrap();
        let known = [one, two, DeviceId::from_u128(3)]
            .map(|device| store.read::<_, StoreError>(|tx| heard_at(tx, device)).unwrap());
        assert_eq!(known, [Some(at(5_000)), Some(at(10_000)), None]);
    }
}
