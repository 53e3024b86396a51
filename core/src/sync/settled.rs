//! The newest clock that anyone else may have seen: merged here, or acknowledged by a backend.
//!
//! A device whose wall clock was ahead may take its own clock back as far as this, and no further
//! ([`anew`](super::engine)).

use crate::clock::ClockTime;
use crate::store::{ReadTx, Room, StoreResult, WriteTx};

const KEY: &[u8] = b"settled";

pub(crate) struct Settled;

impl Settled {
    /// The newest clock so far.
    pub(crate) fn read(tx: &dyn ReadTx) -> StoreResult<ClockTime> {
        let bytes = tx.note(Room::Local, KEY)?;
        let packed = bytes.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes);
        Ok(ClockTime::from_packed(packed))
    }

    /// Raises it.
    pub(crate) fn raise(tx: &mut dyn WriteTx, newest: ClockTime) -> StoreResult<()> {
        if newest > Self::read(tx)? {
            tx.put_note(Room::Local, KEY, &newest.packed().to_be_bytes())?;
        }
        Ok(())
    }
}
