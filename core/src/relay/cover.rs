//! Which of a row's records are needed.

use std::cmp::Reverse;
use std::hash::Hasher;

use siphasher::sip::SipHasher24;

use crate::clock::Clock;
use crate::sealed::{CellTag, Mark, OpaqueKey, SealedCell, SealedRecord, TableTag};

/// What is in the clear of a held record: all that decisions look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its sequence.
    pub sequence: u64,
    /// The table.
    pub table: TableTag,
    /// The row.
    pub row: OpaqueKey,
    /// When and where the columns were written.
    pub clock: Clock,
    /// The columns, ascending by mark.
    pub cells: Vec<SealedCell>,
    /// The generation of the key that sealed it.
    pub generation: u32,
    /// What it counts against the quota, in bytes.
    pub weight: u64,
    /// Whether its checksum fails.
    pub damaged: bool,
}

impl Header {
    /// Of an intact record.
    pub fn new(sequence: u64, record: &SealedRecord) -> Self {
        Self {
            sequence,
            table: record.table,
            row: record.row,
            clock: record.clock,
            cells: record.cells.clone(),
            generation: record.key.generation,
            weight: record.weight() as u64,
            damaged: false,
        }
    }

    /// What decides which of two records wins a column: the greater.
    fn rank(&self, cell: &SealedCell) -> (Clock, CellTag, u32, Reverse<u64>) {
        (self.clock, cell.tag, self.generation, Reverse(self.sequence))
    }
}

/// The winning columns of some records of one row, damaged ones included, ascending by mark: for each
/// mark the record with the newest clock; at equal clocks the greater tag, which only two different
/// writes of a device and its copy tell apart; then the newer key, then the lower sequence.
pub fn winners<'a>(
    headers: impl IntoIterator<Item = &'a Header>,
) -> Vec<(&'a Header, &'a SealedCell)> {
    let of = |header: &'a Header| header.cells.iter().map(move |cell| (header, cell));
    let mut cells: Vec<(&Header, &SealedCell)> = headers.into_iter().flat_map(of).collect();
    // Those of a single record are in order already, and each is there once.
    if !cells.is_sorted_by(|a, b| a.1.mark < b.1.mark) {
        cells.sort_by_key(|(header, cell)| (cell.mark, Reverse(header.rank(cell))));
        cells.dedup_by_key(|(_, cell)| cell.mark);
    }
    cells
}

/// What becomes of an incoming record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cover {
    /// For each of its columns a record is held with the same or a newer clock, at the same clock with
    /// the same or a greater tag, and at the same tag by the same or a newer key.
    Known,
    /// It takes the place and the sequence of the record held at this index: the same columns and tags
    /// at the same clock, sealed with a newer key.
    Replaces {
        /// Index of the record that it replaces.
        at: usize,
        /// Indexes of others that win nothing any more.
        covered: Vec<usize>,
    },
    /// It is taken, and these (indexes, ascending) win nothing any more.
    Accepted {
        /// Indexes of the records that go.
        covered: Vec<usize>,
    },
}

/// Decides about a record of the row whose records are held, which must be intact.
///
/// A clock names no record: a row whose columns have several clocks travels as several records, and
/// the same clock can come again with fewer or with other columns.
///
/// ```
/// use runlog_core::clock::{Clock, ClockTime};
/// use runlog_core::id::DeviceId;
/// use runlog_core::relay::{Cover, Header, cover};
/// use runlog_core::sealed::*;
///
/// let record = |millis, marks: &[u8]| SealedRecord {
///     table: TableTag([1; 8]),
///     row: OpaqueKey([2; 16]),
///     clock: Clock { time: ClockTime::new(millis, 0), device: DeviceId::from_u128(3) },
///     cells: marks.iter().map(|n| SealedCell { mark: Mark([*n; 8]), tag: CellTag([0; 4]) }).collect(),
///     key: KeyId { generation: 1, id: [4; 8] },
///     nonce: [0; 24],
///     sealed: vec![],
///     drops: None,
/// };
/// let held = [Header::new(1, &record(5, &[1, 2]))];
/// assert_eq!(cover(&held, &record(5, &[2])), Cover::Known);
/// assert_eq!(cover(&held, &record(6, &[2])), Cover::Accepted { covered: vec![] });
/// assert_eq!(cover(&held, &record(6, &[1, 2, 3])), Cover::Accepted { covered: vec![0] });
/// ```
pub fn cover(held: &[Header], record: &SealedRecord) -> Cover {
    if held.is_empty() && !record.cells.is_empty() {
        return Cover::Accepted { covered: Vec::new() };
    }
    let incoming = Header::new(u64::MAX, record);
    let standing = winners(held);
    let winner_of = |mark: Mark| {
        let at = standing.binary_search_by_key(&mark, |(_, cell)| cell.mark).ok()?;
        Some(standing[at])
    };
    let known = |cell: &SealedCell| {
        let winner = winner_of(cell.mark);
        winner.is_some_and(|(header, held)| header.rank(held) >= incoming.rank(cell))
    };
    if incoming.cells.iter().all(known) {
        return Cover::Known;
    }
    let same = |header: &Header| {
        header.clock == record.clock
            && header.generation < record.key.generation
            && header.cells == record.cells
    };
    if let Some(at) = held.iter().position(same) {
        let mut after = held.to_vec();
        after[at].generation = record.key.generation;
        return Cover::Replaces { at, covered: losers(&after, None) };
    }
    Cover::Accepted { covered: losers(held, Some(&incoming)) }
}

/// Those of the held ones that win no column, beside an incoming one.
fn losers(held: &[Header], incoming: Option<&Header>) -> Vec<usize> {
    let mut wins = vec![false; held.len()];
    for (winner, _) in winners(held.iter().chain(incoming)) {
        if let Ok(at) = held.binary_search_by_key(&winner.sequence, |header| header.sequence) {
            wins[at] = true;
        }
    }
    (0..held.len()).filter(|at| !wins[*at]).collect()
}

/// A sum over all of a record's bytes, to notice when a disk has changed one: SipHash-2-4 under a
/// fixed key. Everybody can compute it; it is no proof of who wrote what.
pub fn checksum(record: &SealedRecord) -> u64 {
    let mut hasher = SipHasher24::new_with_key(b"runlog record v1");
    hasher.write(&record.table.0);
    hasher.write(&record.row.0);
    hasher.write(&record.clock.to_wire());
    hasher.write(&(record.cells.len() as u32).to_be_bytes());
    for cell in &record.cells {
        hasher.write(&cell.mark.0);
        hasher.write(&cell.tag.0);
    }
    hasher.write(&record.key.generation.to_be_bytes());
    hasher.write(&record.key.id);
    hasher.write(&record.nonce);
    hasher.write(&(record.sealed.len() as u64).to_be_bytes());
    hasher.write(&record.sealed);
    if let Some(drops) = &record.drops {
        hasher.write(&drops.floor.to_wire());
        drops.keys.iter().for_each(|key| hasher.write(&key.0));
    }
    hasher.finish()
}
