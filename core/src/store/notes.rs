//! Notes: small values under keys, in rooms of their own.
//!
//! What syncing has to remember beside the rows (what waits for which backend, what could not be
//! applied yet, what a merge displaced) is read and written by key alone. It takes this one shape, so
//! that a store implements it once. What a key and a value mean is decided by the module that owns
//! the room.

/// A room of notes. The number is stored and never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Room {
    /// Single values of this device: the vault that it belongs to, switches.
    Local = 1,
    /// Which columns of a row wait to be sent (SYNC 5), with where each change came from.
    Unsent = 2,
    /// Records that could not be applied yet, with the reason.
    Quarantine = 3,
    /// What a merge displaced last, by column.
    Displaced = 4,
    /// What each row adds to the digest.
    Digest = 5,
    /// What was purged, with the keys of all that belonged to it.
    Purge = 6,
}

impl Room {
    /// Every room.
    pub const ALL: &'static [Self] =
        &[Self::Local, Self::Unsent, Self::Quarantine, Self::Displaced, Self::Digest, Self::Purge];

    /// The number under which it is stored.
    pub const fn number(self) -> u8 {
        self as u8
    }
}

/// A key with its value.
pub type Note = (Vec<u8>, Vec<u8>);
