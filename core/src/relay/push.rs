//! What a push does, as a plan of bulk writes.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hasher;

use siphasher::sip::SipHasher24;

use super::cover::{Cover, Header, checksum, cover};
use super::rows::{HeldRow, Outcome, Row};
use super::standing::{DeviceState, LastPush};
use super::{RelayLimits, Vault};
use crate::clock::Clock;
use crate::codec::DecodeError;
use crate::entropy::Entropy;
use crate::sealed::{AckToken, Digest, OpaqueKey, PushId, SealedRecord, TableTag};
use crate::sync::limits;
use crate::sync::message::{Answer, Place, Push, Pushed, Reason, Resolve, Resolved, Verdict};
use crate::sync::wire::encode_answer;
use crate::time::Timestamp;

/// A push with what can be computed before the vault is locked.
#[derive(Clone, Debug)]
pub struct Prepared<'a> {
    /// The push.
    pub push: &'a Push,
    /// The [`checksum`] of each record.
    pub checksums: Vec<u64>,
    /// A sum over all of them, by which a repeat is told from another push of the same name.
    pub content: u64,
}

impl<'a> Prepared<'a> {
    /// Computes the sums.
    pub fn new(push: &'a Push) -> Self {
        let checksums: Vec<u64> = push.records.iter().map(checksum).collect();
        let mut hasher = SipHasher24::new();
        checksums.iter().for_each(|sum| hasher.write(&sum.to_be_bytes()));
        Self { push, checksums, content: hasher.finish() }
    }

    /// The rows that the decision looks at: those of the records, and those that they drop.
    pub fn rows(&self) -> BTreeSet<OpaqueKey> {
        let dropped = self.push.records.iter().filter_map(|record| record.drops.as_ref());
        let dropped = dropped.flat_map(|drops| drops.keys.iter().copied());
        self.push.records.iter().map(|record| record.row).chain(dropped).collect()
    }
}

/// What a store loads for a push, under the vault's lock.
#[derive(Clone, Debug)]
pub struct PushSnapshot {
    /// The vault.
    pub vault: Vault,
    /// The device that pushes.
    pub device: DeviceState,
    /// All records and floors of [`Prepared::rows`]; a row of which nothing is held may be absent.
    pub rows: HashMap<OpaqueKey, HeldRow>,
}

/// A record of the push to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Insert {
    /// Its sequence.
    pub sequence: u64,
    /// Its index in the push.
    pub index: usize,
}

/// A held record whose key, nonce, sealed value, tags, drops and checksum become those of a record of
/// the push; it keeps its sequence and its pusher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replace {
    /// Its sequence.
    pub sequence: u64,
    /// The index in the push.
    pub index: usize,
}

/// What a push or a restart does to vault and device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The vault afterwards.
    pub vault: Vault,
    /// Where the push ended: sequences after the head before it, up to this one, are its own.
    pub place: Place,
    /// The device afterwards.
    pub device: DeviceState,
}

/// What a push does. Deletes come before inserts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushPlan {
    /// Vault, place and device.
    pub change: Change,
    /// New records, ascending by sequence.
    pub inserts: Vec<Insert>,
    /// Held records that are sealed anew.
    pub replaces: Vec<Replace>,
    /// Sequences to delete, ascending.
    pub deletes: Vec<u64>,
    /// Floors to set.
    pub floors: Vec<(OpaqueKey, Clock)>,
    /// To be added to the digests of tables, modulo their size.
    pub digests: Vec<(TableTag, Digest)>,
    /// The answer.
    pub answer: Pushed,
}

/// A device goes on with a fresh place and token, as if it had just pushed: after a restart, and after a
/// resolve of a push that did not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreshStanding {
    /// Vault, place and device.
    pub change: Change,
    /// The answer.
    pub answer: Resolved,
}

/// Decides about a push that [`admit_push`](super::admit_push) found new.
///
/// `keep_covered` keeps what nothing needs any more: for comparison in tests.
///
/// # Errors
/// [`DecodeError::TooLong`] where the push has more records than an answer has room for.
pub fn plan_push(
    prepared: &Prepared<'_>,
    snapshot: PushSnapshot,
    now: Timestamp,
    limits: &RelayLimits,
    keep_covered: bool,
    entropy: &mut dyn Entropy,
) -> Result<PushPlan, DecodeError> {
    let push = prepared.push;
    let PushSnapshot { vault, mut device, rows } = snapshot;
    let head = vault.sequence();
    let rows = rows.into_iter().map(|(key, held)| (key, Row::load(held, head))).collect();
    let mut planner =
        Planner { rows, vault, next: head + 1, now, limits, keep_covered, newest: vault.newest };
    planner.settle_all();
    let verdicts = push.records.iter().enumerate();
    let verdicts = verdicts.map(|(index, record)| planner.decide(index, record)).collect();
    let (mut vault, next, mut outcome) = planner.finish();
    // A push takes a sequence even where it leaves no record, so that its token belongs to a place.
    let place = vault.advance((next - 1).max(head + 1), push.id);
    let token = AckToken(entropy.array());
    let answer = Pushed { token, sent: Some(place), verdicts, state: vault.state(now) };
    device.last = Some(LastPush {
        id: push.id,
        before: push.standing.token,
        content: prepared.content,
        answer: encode_answer(&Answer::Pushed(answer.clone()))?,
    });
    (device.token, device.sent) = (Some(token), Some(place));
    let digests = outcome.changed_digests();
    let Outcome { mut deletes, floors, mut new, mut replaced, .. } = outcome;
    deletes.sort_unstable();
    new.sort_unstable();
    replaced.sort_unstable();
    Ok(PushPlan {
        change: Change { vault, place, device },
        inserts: new.into_iter().map(|(sequence, index)| Insert { sequence, index }).collect(),
        replaces: replaced
            .into_iter()
            .map(|(sequence, index)| Replace { sequence, index })
            .collect(),
        deletes,
        floors,
        digests,
        answer,
    })
}

/// Gives a device a fresh standing. The caller has found that the relay does not know the place that
/// the device names.
pub fn plan_restart(vault: Vault, entropy: &mut dyn Entropy) -> FreshStanding {
    FreshStanding::new(vault, DeviceState::default(), entropy)
}

/// Bars a push that did not come, and gives its device a fresh token. It may still be on its way, from a
/// process that died: with the token from before it is stale when it comes. Else it would make the
/// token stale that the device goes on with, and the device would look like a copy of itself.
pub fn plan_bar(
    resolve: &Resolve,
    vault: Vault,
    device: DeviceState,
    entropy: &mut dyn Entropy,
) -> FreshStanding {
    let last = Some(LastPush::barred(resolve));
    FreshStanding::new(vault, DeviceState { last, ..device }, entropy)
}

impl FreshStanding {
    fn new(mut vault: Vault, device: DeviceState, entropy: &mut dyn Entropy) -> Self {
        let place = vault.advance(vault.sequence() + 1, PushId(entropy.array()));
        let (token, sent) = (Some(AckToken(entropy.array())), Some(place));
        let device = DeviceState { token, sent, ..device };
        let answer = Resolved { accepted: false, token, sent };
        Self { change: Change { vault, place, device }, answer }
    }
}

struct Planner<'a> {
    rows: HashMap<OpaqueKey, Row>,
    vault: Vault,
    next: u64,
    now: Timestamp,
    limits: &'a RelayLimits,
    keep_covered: bool,
    /// The newest clock accepted before this push: a batch cannot climb on itself.
    newest: crate::clock::ClockTime,
}

impl Planner<'_> {
    fn decide(&mut self, index: usize, record: &SealedRecord) -> Verdict {
        let row = self.row(record.row);
        let floored = row.floor() >= Some(record.clock);
        let decision = cover(row.headers(), record);
        match decision {
            Cover::Known => self.repeat_drops(record, Verdict::Known),
            _ if floored => self.repeat_drops(record, Verdict::Dropped),
            Cover::Replaces { at, covered } => self.replace(at, &covered, index, record),
            Cover::Accepted { covered } => match self.refuse(record, &covered) {
                Some(reason) => Verdict::Refused(reason),
                None => self.accept(index, record, &covered),
            },
        }
    }

    fn accept(&mut self, index: usize, record: &SealedRecord, covered: &[usize]) -> Verdict {
        self.remove_covered(record.row, covered);
        self.drop_rows(record);
        let header = Header::new(self.next, record);
        self.next += 1;
        self.vault.bytes += header.weight;
        self.vault.newest = self.vault.newest.max(record.clock.time);
        self.row(record.row).insert(header, index);
        self.settle(record.row);
        Verdict::Accepted
    }

    fn replace(
        &mut self,
        at: usize,
        covered: &[usize],
        index: usize,
        record: &SealedRecord,
    ) -> Verdict {
        let header = Header::new(0, record);
        let old = self.row(record.row).headers()[at].weight;
        if record.sealed.len() > self.limits.sealed_bytes_max {
            return Verdict::Refused(Reason::TooLarge);
        }
        if header.weight > old && self.vault.bytes + header.weight - old > self.vault.quota {
            return Verdict::Refused(Reason::Quota);
        }
        self.vault.bytes += header.weight;
        self.row(record.row).replace(at, header, index);
        self.remove_covered(record.row, covered);
        self.settle(record.row);
        self.repeat_drops(record, Verdict::Accepted)
    }

    fn remove_covered(&mut self, row: OpaqueKey, covered: &[usize]) {
        if !self.keep_covered {
            self.row(row).remove(|at, _| covered.binary_search(&at).is_ok());
        }
    }

    /// What a record drops is dropped whatever became of the record, as an earlier or later record of
    /// its row may have decided about that: the result must not depend on the order of arrival.
    fn repeat_drops(&mut self, record: &SealedRecord, verdict: Verdict) -> Verdict {
        if record.drops.is_some() && !self.is_ahead(record) {
            self.drop_rows(record);
        }
        verdict
    }

    fn drop_rows(&mut self, record: &SealedRecord) {
        for (key, floor) in dropped_rows(record) {
            self.row(key).raise(floor);
            self.settle(key);
        }
    }

    fn refuse(&mut self, record: &SealedRecord, covered: &[usize]) -> Option<Reason> {
        if record.sealed.len() > self.limits.sealed_bytes_max {
            return Some(Reason::TooLarge);
        }
        if self.is_ahead(record) {
            return Some(Reason::ClockAhead);
        }
        let weight = record.weight() as u64;
        if self.vault.bytes + weight <= self.vault.quota {
            return None;
        }
        // What makes room may always come.
        let freed = self.would_free(record, covered);
        let over = weight > freed && self.vault.bytes + weight - freed > self.vault.quota;
        over.then_some(Reason::Quota)
    }

    fn would_free(&mut self, record: &SealedRecord, covered: &[usize]) -> u64 {
        let headers = self.row(record.row).headers();
        let mut going: HashMap<u64, u64> = covered
            .iter()
            .filter_map(|index| headers.get(*index))
            .map(|header| (header.sequence, header.weight))
            .collect();
        for (key, floor) in dropped_rows(record) {
            let dropped = self.row(key).headers().iter().filter(|header| header.clock <= floor);
            going.extend(dropped.map(|header| (header.sequence, header.weight)));
        }
        going.values().sum()
    }

    fn is_ahead(&self, record: &SealedRecord) -> bool {
        let floor = record.drops.as_ref().map_or(record.clock, |drops| drops.floor);
        let millis = record.clock.time.max(floor.time).millis();
        let now = u64::try_from(self.now.as_millis()).unwrap_or(0);
        millis > now.saturating_add(limits::AHEAD_MS_MAX)
            && millis > self.newest.millis().saturating_add(limits::ABOVE_NEWEST_MS)
    }

    fn row(&mut self, key: OpaqueKey) -> &mut Row {
        let head = self.vault.sequence();
        self.rows.entry(key).or_insert_with(|| Row::load(HeldRow::default(), head))
    }

    /// Books what a row has let go of.
    fn settle(&mut self, key: OpaqueKey) {
        let freed = self.row(key).take_freed();
        self.vault.bytes = self.vault.bytes.saturating_sub(freed);
    }

    fn settle_all(&mut self) {
        let freed: u64 = self.rows.values_mut().map(Row::take_freed).sum();
        self.vault.bytes = self.vault.bytes.saturating_sub(freed);
    }

    fn finish(self) -> (Vault, u64, Outcome) {
        let mut outcome = Outcome::default();
        let mut rows: Vec<_> = self.rows.into_iter().collect();
        rows.sort_unstable_by_key(|(key, _)| *key);
        for (key, row) in rows {
            row.outcome(key, &mut outcome);
        }
        (self.vault, self.next, outcome)
    }
}

/// The rows that a record drops. Its own is left alone: whether the record is below a floor that it
/// set itself would depend on what came between.
fn dropped_rows(record: &SealedRecord) -> impl Iterator<Item = (OpaqueKey, Clock)> + '_ {
    let drops = record.drops.iter();
    drops
        .flat_map(|drops| drops.keys.iter().map(|key| (*key, drops.floor)))
        .filter(|(key, _)| *key != record.row)
}
