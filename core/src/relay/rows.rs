//! The rows that a decision touches, while it is made.

use std::collections::BTreeMap;

use super::cover::{Header, winners};
use crate::clock::Clock;
use crate::sealed::{Digest, OpaqueKey, TableTag};

/// What a store holds of one row.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct HeldRow {
    /// Records up to this clock stay out.
    pub floor: Option<Clock>,
    /// Its records, ascending by sequence.
    pub headers: Vec<Header>,
}

/// A row while a push is planned.
pub(super) struct Row {
    floor: Option<Clock>,
    floor_raised: bool,
    headers: Vec<Header>,
    /// For each header, which record of the push it has its content from.
    contents: Vec<Option<usize>>,
    before: BTreeMap<TableTag, Digest>,
    deleted: Vec<u64>,
    freed: u64,
    /// Sequences up to this one were held before the push.
    head: u64,
}

impl Row {
    /// Damaged records go at once. They did count in the digest.
    pub(super) fn load(held: HeldRow, head: u64) -> Self {
        let before = digests(&held.headers);
        let contents = vec![None; held.headers.len()];
        let mut row = Self {
            floor: held.floor,
            floor_raised: false,
            headers: held.headers,
            contents,
            before,
            deleted: Vec::new(),
            freed: 0,
            head,
        };
        row.remove(|_, header| header.damaged);
        row
    }

    pub(super) fn headers(&self) -> &[Header] {
        &self.headers
    }

    pub(super) fn floor(&self) -> Option<Clock> {
        self.floor
    }

    pub(super) fn insert(&mut self, header: Header, content: usize) {
        self.headers.push(header);
        self.contents.push(Some(content));
    }

    /// Gives the header at `index` new content, under its old sequence.
    pub(super) fn replace(&mut self, index: usize, header: Header, content: usize) {
        self.freed += self.headers[index].weight;
        self.headers[index] = Header { sequence: self.headers[index].sequence, ..header };
        self.contents[index] = Some(content);
    }

    pub(super) fn remove(&mut self, mut goes: impl FnMut(usize, &Header) -> bool) {
        let headers = std::mem::take(&mut self.headers);
        let contents = std::mem::take(&mut self.contents);
        for (index, (header, content)) in headers.into_iter().zip(contents).enumerate() {
            if !goes(index, &header) {
                self.headers.push(header);
                self.contents.push(content);
                continue;
            }
            self.freed += header.weight;
            if header.sequence <= self.head {
                self.deleted.push(header.sequence);
            }
        }
    }

    /// Raises the floor, where it is lower.
    pub(super) fn raise(&mut self, floor: Clock) {
        if self.floor < Some(floor) {
            self.floor = Some(floor);
            self.floor_raised = true;
            self.remove(|_, header| header.clock <= floor);
        }
    }

    pub(super) fn take_freed(&mut self) -> u64 {
        std::mem::take(&mut self.freed)
    }

    pub(super) fn outcome(self, key: OpaqueKey, into: &mut Outcome) {
        into.deletes.extend(&self.deleted);
        if let Some(floor) = self.floor.filter(|_| self.floor_raised) {
            into.floors.push((key, floor));
        }
        for (table, digest) in digests(&self.headers) {
            into.digests.entry(table).or_default().merge(&digest);
        }
        for (table, digest) in &self.before {
            into.digests.entry(*table).or_default().subtract(digest);
        }
        for (header, content) in self.headers.iter().zip(self.contents) {
            if let Some(index) = content {
                let list =
                    if header.sequence > self.head { &mut into.new } else { &mut into.replaced };
                list.push((header.sequence, index));
            }
        }
    }
}

/// What becomes of all rows together.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) deletes: Vec<u64>,
    pub(super) floors: Vec<(OpaqueKey, Clock)>,
    pub(super) digests: BTreeMap<TableTag, Digest>,
    pub(super) new: Vec<(u64, usize)>,
    pub(super) replaced: Vec<(u64, usize)>,
}

impl Outcome {
    pub(super) fn changed_digests(&mut self) -> Vec<(TableTag, Digest)> {
        let digests = std::mem::take(&mut self.digests);
        digests.into_iter().filter(|(_, digest)| !digest.is_empty()).collect()
    }
}

/// Digests by table over the winning columns of one row.
fn digests(headers: &[Header]) -> BTreeMap<TableTag, Digest> {
    let mut digests: BTreeMap<TableTag, Digest> = BTreeMap::new();
    for (header, cell) in winners(headers) {
        digests.entry(header.table).or_default().add(&header.row, &header.clock, cell);
    }
    digests
}

/// What to do about damaged records that were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DamagePlan {
    /// Sequences to delete.
    pub deletes: Vec<u64>,
    /// To be added to the digests of tables, modulo their size.
    pub digests: Vec<(TableTag, Digest)>,
    /// Bytes that become free.
    pub freed: u64,
}

/// Removes the damaged records of some rows and their share of the digests. `rows` must hold all
/// headers of each row.
pub fn plan_damage(rows: impl IntoIterator<Item = (OpaqueKey, HeldRow)>) -> DamagePlan {
    let mut outcome = Outcome::default();
    let mut freed = 0;
    for (key, held) in rows {
        let mut row = Row::load(held, u64::MAX);
        freed += row.take_freed();
        row.outcome(key, &mut outcome);
    }
    DamagePlan { digests: outcome.changed_digests(), deletes: outcome.deletes, freed }
}
