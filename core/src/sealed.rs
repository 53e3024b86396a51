//! Records as they travel and as a relay keeps them: sealed, under opaque names.
//!
//! A record says that some columns of one row were written together, under one clock. Which table,
//! row and columns these are, and what was written, only holders of the vault's keys can tell. What a
//! relay needs is in the clear, under keyed names: a tag of the table, a key of the row, a mark for
//! each column, and for each column a short tag of its content, from which both sides compute the
//! same digest.
//!
//! Log pieces and dropped ranges travel in the same form. A piece is a row of its own with one
//! column, written once. A record may also *drop* rows: it names keys whose records are to go, and to
//! stay out.

use std::fmt;

use crate::clock::Clock;
use crate::crypto::NONCE_BYTES;

macro_rules! opaque {
    ($($(#[$doc:meta])* $name:ident[$length:literal];)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $length]);

        impl $name {
            /// Its length in bytes.
            pub const LEN: usize = $length;

            /// From its bytes.
            pub const fn from_bytes(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// From a byte slice, if it has the length.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }

            /// Its bytes.
            pub const fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    )+};
}

opaque! {
    /// Identity of a vault: a history that some devices share. It follows from the vault's secret
    /// and tells nothing about it.
    VaultId[16];
    /// Which table a record belongs to: a keyed hash of the table's name.
    TableTag[8];
    /// Which row a record belongs to: a keyed hash of table and key.
    OpaqueKey[16];
    /// Which column: a keyed hash of the names of table and column.
    Mark[8];
    /// A keyed hash of a column's value, bound to row, column and clock.
    CellTag[4];
    /// Identity of one push, drawn at random.
    PushId[16];
    /// What an acknowledgement hands out and the next request presents, drawn at random.
    AckToken[16];
    /// Where a pairing offer waits on a relay: follows from the pairing code.
    MailboxId[16];
}

/// Which data key sealed a value. It travels in the clear: at an equal clock the record of
/// the higher generation replaces the other.
///
/// The id is derived from the key, so two different keys have different ids even where two devices
/// rotated at once and gave both the same generation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId {
    /// How many times the vault's key was rotated, counted from 1.
    pub generation: u32,
    /// Tells apart the keys of one generation.
    pub id: [u8; 8],
}

impl KeyId {
    /// Length of the wire form in bytes.
    pub const WIRE_LEN: usize = 12;

    /// The wire form: 4 bytes of generation, big-endian, and 8 of id. The order of two wire forms
    /// under `memcmp` is the order of the ids.
    pub fn to_wire(self) -> [u8; Self::WIRE_LEN] {
        let mut wire = [0; Self::WIRE_LEN];
        wire[..4].copy_from_slice(&self.generation.to_be_bytes());
        wire[4..].copy_from_slice(&self.id);
        wire
    }

    /// The id of a wire form. Every 12 bytes are one.
    pub fn from_wire(wire: [u8; Self::WIRE_LEN]) -> Self {
        let [a, b, c, d, id @ ..] = wire;
        Self { generation: u32::from_be_bytes([a, b, c, d]), id }
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:016x}", self.generation, u64::from_be_bytes(self.id))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// One column of a record, as everyone sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SealedCell {
    /// Which column.
    pub mark: Mark,
    /// What it holds, as a short keyed hash.
    pub tag: CellTag,
}

/// Rows whose records go for good when a record is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drops {
    /// Records up to this clock go and stay out; newer ones are taken.
    pub floor: Clock,
    /// The rows. The row of the record that says so is left alone: a write of all of its columns
    /// covers what is there.
    pub keys: Vec<OpaqueKey>,
}

/// Columns of one row that were written together, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedRecord {
    /// The table.
    pub table: TableTag,
    /// The row.
    pub row: OpaqueKey,
    /// When and where the columns were written.
    pub clock: Clock,
    /// The columns, ascending by mark, each once.
    pub cells: Vec<SealedCell>,
    /// Which key sealed the values.
    pub key: KeyId,
    /// The nonce of the sealing.
    pub nonce: [u8; NONCE_BYTES],
    /// The sealed values. Empty in answers that describe what is held.
    pub sealed: Vec<u8>,
    /// What goes when this record is accepted.
    pub drops: Option<Drops>,
}

impl SealedRecord {
    /// Roughly how many bytes it takes in a message.
    pub fn weight(&self) -> usize {
        let drops = self.drops.as_ref().map_or(0, |drops| 25 + drops.keys.len() * OpaqueKey::LEN);
        64 + self.cells.len() * CellTag::LEN + self.sealed.len() + drops
    }
}

/// Count and sum over the winning columns of some rows: equal exactly when the contents are, but for
/// the chance of a collision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Digest {
    /// How many winning columns.
    pub count: u64,
    /// The sum of their hashes, modulo 2^128.
    pub sum: u128,
}

impl Digest {
    /// Adds one column.
    pub fn add(&mut self, row: &OpaqueKey, clock: &Clock, cell: &SealedCell) {
        self.count = self.count.wrapping_add(1);
        self.sum = self.sum.wrapping_add(cell_hash(row, clock, cell));
    }

    /// Takes one column out.
    pub fn remove(&mut self, row: &OpaqueKey, clock: &Clock, cell: &SealedCell) {
        self.count = self.count.wrapping_sub(1);
        self.sum = self.sum.wrapping_sub(cell_hash(row, clock, cell));
    }

    /// Adds all that another digest counts.
    pub fn merge(&mut self, other: &Self) {
        self.count = self.count.wrapping_add(other.count);
        self.sum = self.sum.wrapping_add(other.sum);
    }

    /// Takes out all that another digest counts.
    pub fn subtract(&mut self, other: &Self) {
        self.count = self.count.wrapping_sub(other.count);
        self.sum = self.sum.wrapping_sub(other.sum);
    }

    /// Whether it counts nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// SipHash-2-4 with 128 bits under a fixed key: fast, and spread well enough that damage and
/// omission show. The tag within is keyed, so that who cannot open a value cannot aim at a sum.
fn cell_hash(row: &OpaqueKey, clock: &Clock, cell: &SealedCell) -> u128 {
    let mut bytes = [0; OpaqueKey::LEN + Clock::WIRE_LEN + Mark::LEN + CellTag::LEN];
    bytes[..16].copy_from_slice(&row.0);
    bytes[16..40].copy_from_slice(&clock.to_wire());
    bytes[40..48].copy_from_slice(&cell.mark.0);
    bytes[48..].copy_from_slice(&cell.tag.0);
    siphasher::sip128::SipHasher24::new_with_key(b"runlog digest v1").hash(&bytes).as_u128()
}
