//! Opaque names: by them a relay sorts records and drops what newer ones cover, without learning
//! what they name.

use std::hash::Hasher;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use siphasher::sip::SipHasher24;
use zeroize::Zeroizing;

use super::derive::derive;
use super::opaque::opaque_debug;
use super::secret::VaultSecret;
use crate::clock::Clock;
use crate::sealed::{CellTag, Mark, OpaqueKey, TableTag};

/// The key for all opaque names. It is never rotated: a rotation would give every row a new name,
/// and a relay could no longer see which records cover which.
///
/// ```
/// use runlog_core::crypto::VaultSecret;
///
/// # let mut random = |bytes: &mut [u8]| bytes.fill(3);
/// let keys = VaultSecret::generate(&mut random).keys();
/// let index = keys.index();
/// assert_eq!(index.row_key("tags", b"a"), index.row_key("tags", b"a"));
/// assert_ne!(index.row_key("tags", b"a"), index.row_key("executions", b"a"));
/// ```
#[derive(Clone)]
pub struct IndexKey {
    /// HMAC-SHA256 with its key already taken in: two of the four blocks of a short input.
    names: Hmac<Sha256>,
    cells: Zeroizing<[u8; 16]>,
}

/// What stands first in the input of the HMAC, so that names of different kinds never collide.
#[derive(Clone, Copy)]
enum Kind {
    Table = 1,
    Column = 2,
    Row = 3,
}

impl IndexKey {
    pub(super) fn of_secret(secret: &VaultSecret) -> Self {
        let names = derive::<32>(secret.expose(), "index names", &[]);
        Self {
            names: Hmac::new_from_slice(&*names).expect("HMAC takes keys of every length"),
            cells: derive(secret.expose(), "index cells", &[]),
        }
    }

    /// The tag of a table.
    pub fn table_tag(&self, table: &str) -> TableTag {
        TableTag::from_bytes(self.name(Kind::Table, table, &[]))
    }

    /// The mark of a column.
    pub fn mark(&self, table: &str, column: &str) -> Mark {
        Mark::from_bytes(self.name(Kind::Column, table, column.as_bytes()))
    }

    /// The opaque key of a row; `key` in the form of
    /// [`RowKey::to_bytes`](crate::schema::RowKey::to_bytes).
    pub fn row_key(&self, table: &str, key: &[u8]) -> OpaqueKey {
        OpaqueKey::from_bytes(self.name(Kind::Row, table, key))
    }

    /// The tag of a cell's value: SipHash-2-4 (Aumasson and Bernstein, 2012), cut to 4 bytes.
    ///
    /// Two stores compare sums of these tags to find out whether they hold the same. The tag is no
    /// authenticator: whether a value is genuine is decided by its seal. It is only there to make a
    /// difference show, at the price of a one in 2^32 chance that one differing cell does not; a
    /// relay cannot raise that chance, as SipHash is a pseudorandom function and its key is unknown
    /// to it, and cannot learn a value by guessing, for the same reason. Equal values of different
    /// rows, columns or clocks have unrelated tags.
    pub fn cell_tag(&self, row: &OpaqueKey, mark: &Mark, clock: &Clock, value: &[u8]) -> CellTag {
        // All in front of the value has a fixed length: no two inputs are the same bytes.
        let mut bound = [0; OpaqueKey::LEN + Mark::LEN + Clock::WIRE_LEN];
        let (front, wire) = bound.split_at_mut(OpaqueKey::LEN + Mark::LEN);
        front[..OpaqueKey::LEN].copy_from_slice(row.as_bytes());
        front[OpaqueKey::LEN..].copy_from_slice(mark.as_bytes());
        wire.copy_from_slice(&clock.to_wire());
        let mut hasher = SipHasher24::new_with_key(&self.cells);
        hasher.write(&bound);
        hasher.write(value);
        let [a, b, c, d, ..] = hasher.finish().to_le_bytes();
        CellTag::from_bytes([a, b, c, d])
    }

    /// HMAC-SHA256 of kind, length of the table's name, that name, and the rest; cut to `N` bytes.
    fn name<const N: usize>(&self, kind: Kind, table: &str, rest: &[u8]) -> [u8; N] {
        let mut mac = self.names.clone();
        mac.update(&[kind as u8]);
        mac.update(&(table.len() as u64).to_be_bytes());
        mac.update(table.as_bytes());
        mac.update(rest);
        let mut name = [0; N];
        name.copy_from_slice(&mac.finalize().into_bytes()[..N]);
        name
    }
}

opaque_debug!(IndexKey);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::DeviceId;

    fn index() -> IndexKey {
        IndexKey::of_secret(&VaultSecret::generate(&mut |bytes: &mut [u8]| bytes.fill(1)))
    }

    proptest! {
        /// Where the boundary between table and key lies is part of the name.
        #[test]
        fn names_differ_where_their_parts_differ(text in "[a-c]{0,6}", at in 0usize..7,
            other in 0usize..7)
        {
            let index = index();
            let split = |at: usize| text.split_at(at.min(text.len()));
            let (left, right) = (split(at), split(other));
            let same = left == right;
            let row = |(table, key): (&str, &str)| index.row_key(table, key.as_bytes());
            let mark = |(table, column): (&str, &str)| index.mark(table, column);
            prop_assert_eq!(row(left) == row(right), same);
            prop_assert_eq!(mark(left) == mark(right), same);
        }
    }

    #[test]
    fn names_of_different_kinds_are_unrelated() {
        let index = index();
        let row = index.row_key("tags", b"");
        assert_ne!(row.as_bytes()[..8], index.mark("tags", "").as_bytes()[..]);
        assert_ne!(row.as_bytes()[..8], index.table_tag("tags").as_bytes()[..]);
    }

    #[test]
    fn a_cell_tag_depends_on_row_column_clock_and_value() {
        let index = index();
        let (row, mark) = (index.row_key("tags", b"a"), index.mark("tags", "deleted"));
        let clock = Clock { device: DeviceId::from_u128(1), ..Clock::ZERO };
        let tag = index.cell_tag(&row, &mark, &clock, b"1");
        let others = [
            index.cell_tag(&index.row_key("tags", b"b"), &mark, &clock, b"1"),
            index.cell_tag(&row, &index.mark("tags", "other"), &clock, b"1"),
            index.cell_tag(&row, &mark, &Clock::ZERO, b"1"),
            index.cell_tag(&row, &mark, &clock, b"2"),
        ];
        assert!(others.iter().all(|other| *other != tag), "{tag:?} {others:?}");
        assert_eq!(tag, index.cell_tag(&row, &mark, &clock, b"1"));
    }
}
