//! A relay in memory: the reference for those with a disk, and what simulations talk to.

use std::collections::{BTreeMap, HashMap};

use super::cover::{Header, checksum, winners};
use super::push::{Change, Prepared, PushPlan, PushSnapshot, plan_bar, plan_push, plan_restart};
use super::rows::{DamagePlan, HeldRow, plan_damage};
use super::standing::{
    Admitted, DeviceState, Places, admit, admit_push, admit_resolve, caught_up_by,
};
use super::{PageRoom, RelayLimits, Vault};
use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::id::DeviceId;
use crate::sealed::{Digest, OpaqueKey, PushId, SealedRecord, TableTag};
use crate::sync::limits;
use crate::sync::message::{
    Answer, Compare, Delivered, Describe, Fetch, Held, Page, Parts, Place, Pull, Push, Refusal,
    Request, Resolve, Restart, Standing, VaultState,
};
use crate::time::Timestamp;

/// One vault on a relay. A clone is a backup.
///
/// ```
/// use runlog_core::entropy::Entropy;
/// use runlog_core::id::DeviceId;
/// use runlog_core::relay::{MemoryRelay, RelayLimits};
/// use runlog_core::sync::message::{Answer, Pull, Request, Standing};
/// use runlog_core::time::Timestamp;
///
/// struct Fixed;
///
/// impl Entropy for Fixed {
///     fn fill(&mut self, bytes: &mut [u8]) {
///         bytes.fill(7);
///     }
/// }
///
/// let mut relay = MemoryRelay::new(RelayLimits::default());
/// let now = Timestamp::from_millis(1_700_000_000_000);
/// let pull = Pull { standing: Standing::default(), with_own: false, bytes_max: 1 << 20, now, caught_up: false };
/// let answer = relay.handle(DeviceId::from_u128(1), Request::Pull(pull), now, &mut Fixed);
/// let Answer::Page(page) = answer else { panic!("{answer:?}") };
/// assert!(page.records.is_empty() && page.next.is_none());
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryRelay {
    pub(super) limits: RelayLimits,
    keep_covered: bool,
    vault: Vault,
    records: BTreeMap<u64, Stored>,
    rows: HashMap<OpaqueKey, Vec<u64>>,
    floors: HashMap<OpaqueKey, Clock>,
    digests: BTreeMap<TableTag, Digest>,
    /// The last sequence of each push, and which push it was.
    pushes: BTreeMap<u64, PushId>,
    devices: HashMap<DeviceId, DeviceState>,
    /// When each device was heard from last.
    heard: HashMap<DeviceId, Timestamp>,
}

#[derive(Clone, Debug)]
struct Stored {
    record: SealedRecord,
    checksum: u64,
    pusher: DeviceId,
}

impl Stored {
    fn header(&self, sequence: u64) -> Header {
        let damaged = checksum(&self.record) != self.checksum;
        Header { damaged, ..Header::new(sequence, &self.record) }
    }
}

impl MemoryRelay {
    /// An empty vault.
    pub fn new(limits: RelayLimits) -> Self {
        let vault = Vault { quota: limits.quota_bytes, ..Vault::default() };
        Self { limits, vault, ..Self::default() }
    }

    /// One that keeps records that nothing needs any more: what is read from it merges to the same.
    pub fn that_keeps_covered(limits: RelayLimits) -> Self {
        Self { keep_covered: true, ..Self::new(limits) }
    }

    /// Answers a device whose identity was proved.
    pub fn handle(
        &mut self,
        device: DeviceId,
        request: Request,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Answer {
        self.heard.insert(device, now);
        let answer = match &request {
            Request::Pull(pull) => self.pull(device, pull, now),
            Request::Push(push) => self.push(device, push, now, entropy),
            Request::Resolve(resolve) => self.resolve(device, resolve, entropy),
            Request::Compare(compare) => self.compare(device, compare),
            Request::Describe(describe) => self.describe(device, describe),
            Request::Fetch(fetch) => self.fetch(device, fetch),
            Request::Restart(restart) => self.restart(device, restart, entropy),
        };
        answer.unwrap_or_else(Answer::Refused)
    }

    /// Changes a byte of a held record, as a failing disk does. Whether there was one to change.
    pub fn damage(&mut self, sequence: u64) -> bool {
        let stored = self.records.get_mut(&sequence);
        stored.is_some_and(|stored| {
            match stored.record.sealed.first_mut() {
                Some(byte) => *byte = byte.wrapping_add(1),
                None => stored.record.nonce[0] = stored.record.nonce[0].wrapping_add(1),
            }
            true
        })
    }

    /// Sets how many bytes the vault may take.
    pub fn set_quota(&mut self, bytes: u64) {
        self.vault.quota = bytes;
    }

    /// All that is held, in the order of sequence.
    pub fn records(&self) -> impl Iterator<Item = Delivered> + '_ {
        self.records.iter().map(|(sequence, stored)| delivered(*sequence, stored))
    }

    /// The vault's state with its maintained digests.
    pub fn state(&self, now: Timestamp) -> VaultState {
        let digests = self.digests.iter().map(|(table, digest)| (*table, *digest)).collect();
        VaultState { digests, ..self.vault.state(now) }
    }

    /// Digests computed from the records, damaged ones left out.
    pub fn recomputed_digests(&self) -> Vec<(TableTag, Digest)> {
        let mut digests: BTreeMap<TableTag, Digest> = BTreeMap::new();
        for key in self.rows.keys() {
            let headers = self.held(key).headers;
            for (header, cell) in winners(headers.iter().filter(|h| !h.damaged)) {
                digests.entry(header.table).or_default().add(key, &header.clock, cell);
            }
        }
        digests.into_iter().collect()
    }

    /// What is remembered of a device.
    pub fn device(&self, device: DeviceId) -> DeviceState {
        self.devices.get(&device).cloned().unwrap_or_default()
    }

    fn pull(&mut self, device: DeviceId, pull: &Pull, now: Timestamp) -> Result<Answer, Refusal> {
        self.admit(device, &pull.standing)?;
        let after = pull.standing.got.map_or(0, |got| got.sequence);
        let (records, more) = loop {
            match self.page_after(after, pull, device) {
                Ok(page) => break page,
                Err(damaged) => self.let_go(&[damaged]),
            }
        };
        let last = records.last().filter(|_| more).map(|last| last.sequence);
        let next = match last {
            Some(sequence) => self.place_of(sequence),
            None => self.vault.head,
        };
        let state = match more {
            true => self.vault.state(now),
            false => VaultState { acknowledged: self.acknowledged(now), ..self.state(now) },
        };
        let known = self.device(device);
        if let Some(caught_up) = caught_up_by(pull, &known, now) {
            self.devices.insert(device, DeviceState { caught_up: Some(caught_up), ..known });
        }
        Ok(Answer::Page(Page { records, next, more, state }))
    }

    /// Up to where all devices heard from of late are caught up.
    fn acknowledged(&self, now: Timestamp) -> u64 {
        let heard =
            self.heard.iter().filter(|(_, at)| now.millis_since(**at) <= limits::HEARD_WITHIN_MS);
        let caught_up = heard.map(|(device, _)| self.devices.get(device)?.caught_up);
        caught_up
            .map(|caught_up| caught_up.map_or(0, |caught_up| caught_up.sequence))
            .min()
            .unwrap_or(0)
    }

    /// The records of a page and whether there are more, or the row of a damaged record.
    fn page_after(
        &self,
        after: u64,
        pull: &Pull,
        device: DeviceId,
    ) -> Result<(Vec<Delivered>, bool), OpaqueKey> {
        let mut room = PageRoom::new(pull.bytes_max, &self.limits);
        let mut records = Vec::new();
        for (sequence, stored) in self.records.range(after.saturating_add(1)..) {
            if stored.pusher == device && !pull.with_own {
                continue;
            }
            if checksum(&stored.record) != stored.checksum {
                return Err(stored.record.row);
            }
            if !room.take(stored.record.weight()) {
                return Ok((records, true));
            }
            records.push(delivered(*sequence, stored));
        }
        Ok((records, false))
    }

    fn push(
        &mut self,
        device: DeviceId,
        push: &Push,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Result<Answer, Refusal> {
        let prepared = Prepared::new(push);
        let state = self.device(device);
        let places = self.places(&push.standing);
        if let Admitted::Repeat(answer) = admit_push(push, prepared.content, places, &state)? {
            return Ok(answer);
        }
        let rows = prepared.rows().into_iter().map(|key| (key, self.held(&key))).collect();
        let snapshot = PushSnapshot { vault: self.vault, device: state, rows };
        let plan = plan_push(&prepared, snapshot, now, &self.limits, self.keep_covered, entropy)
            .map_err(|error| Refusal::Malformed(error.to_string()))?;
        let answer = plan.answer.clone();
        self.carry_out(device, &prepared, plan);
        Ok(Answer::Pushed(answer))
    }

    fn carry_out(&mut self, device: DeviceId, prepared: &Prepared<'_>, plan: PushPlan) {
        self.delete(&plan.deletes);
        for insert in &plan.inserts {
            let record = prepared.push.records[insert.index].clone();
            self.rows.entry(record.row).or_default().push(insert.sequence);
            let checksum = prepared.checksums[insert.index];
            self.records.insert(insert.sequence, Stored { record, checksum, pusher: device });
        }
        for replace in &plan.replaces {
            if let Some(stored) = self.records.get_mut(&replace.sequence) {
                stored.record = prepared.push.records[replace.index].clone();
                stored.checksum = prepared.checksums[replace.index];
            }
        }
        self.floors.extend(plan.floors);
        self.add_digests(&plan.digests);
        self.change(device, plan.change);
    }

    fn resolve(
        &mut self,
        device: DeviceId,
        resolve: &Resolve,
        entropy: &mut dyn Entropy,
    ) -> Result<Answer, Refusal> {
        let (places, state) = (self.places(&resolve.standing), self.device(device));
        if let Some(known) = admit_resolve(resolve, places, &state)? {
            return Ok(Answer::Resolved(known));
        }
        let plan = plan_bar(resolve, self.vault, state, entropy);
        self.change(device, plan.change);
        Ok(Answer::Resolved(plan.answer))
    }

    fn restart(
        &mut self,
        device: DeviceId,
        restart: &Restart,
        entropy: &mut dyn Entropy,
    ) -> Result<Answer, Refusal> {
        if self.knows(&restart.lost) {
            return Err(Refusal::Forked);
        }
        let plan = plan_restart(self.vault, entropy);
        self.change(device, plan.change);
        Ok(Answer::Resolved(plan.answer))
    }

    fn compare(&mut self, device: DeviceId, compare: &Compare) -> Result<Answer, Refusal> {
        self.admit(device, &compare.standing)?;
        let mut parts: BTreeMap<u8, Digest> = BTreeMap::new();
        self.let_go_of_all_damaged();
        for key in self.rows.keys() {
            let headers = self.held(key).headers;
            for (header, cell) in winners(&headers) {
                if header.table == compare.table {
                    parts.entry(key.0[0]).or_default().add(key, &header.clock, cell);
                }
            }
        }
        let parts = parts.into_iter().collect();
        Ok(Answer::Parts(Parts { head: self.vault.sequence(), parts }))
    }

    fn describe(&mut self, device: DeviceId, describe: &Describe) -> Result<Answer, Refusal> {
        self.admit(device, &describe.standing)?;
        let mut keys: Vec<OpaqueKey> = self.rows.keys().copied().collect();
        keys.retain(|key| key.0[0] == describe.part && Some(*key) > describe.after);
        keys.sort_unstable();
        let wanted = |record: &SealedRecord| record.table == describe.table;
        Ok(self.held_rows(&keys, wanted, |record| SealedRecord {
            sealed: Vec::new(),
            drops: None,
            ..record.clone()
        }))
    }

    fn fetch(&mut self, device: DeviceId, fetch: &Fetch) -> Result<Answer, Refusal> {
        self.admit(device, &fetch.standing)?;
        if fetch.rows.len() > limits::FETCH_ROWS_MAX {
            return Err(Refusal::Malformed("too many rows to fetch".into()));
        }
        let mut keys = fetch.rows.clone();
        keys.sort_unstable();
        keys.dedup();
        Ok(self.held_rows(&keys, |_| true, Clone::clone))
    }

    fn held_rows(
        &mut self,
        keys: &[OpaqueKey],
        wanted: impl Fn(&SealedRecord) -> bool,
        shown: impl Fn(&SealedRecord) -> SealedRecord,
    ) -> Answer {
        self.let_go(keys);
        let mut room = PageRoom::new(self.limits.page_bytes_max, &self.limits);
        let mut records = Vec::new();
        for key in keys {
            let sequences = self.rows.get(key).into_iter().flatten();
            let row: Vec<SealedRecord> = sequences
                .filter_map(|sequence| self.records.get(sequence))
                .filter(|stored| wanted(&stored.record))
                .map(|stored| shown(&stored.record))
                .collect();
            if !row.is_empty() && !room.take_row(row.iter().map(SealedRecord::weight)) {
                return Answer::Held(Held { records, more: true });
            }
            records.extend(row);
        }
        Answer::Held(Held { records, more: false })
    }

    fn admit(&self, device: DeviceId, standing: &Standing) -> Result<(), Refusal> {
        admit(standing, self.places(standing), &self.device(device))
    }

    fn places(&self, standing: &Standing) -> Places {
        let known = |place: &Place| Ok::<_, std::convert::Infallible>(self.knows(place));
        match Places::look_up(standing, known) {
            Ok(places) => places,
        }
    }

    fn knows(&self, place: &Place) -> bool {
        place.sequence > 0 && self.place_of(place.sequence) == Some(*place)
    }

    fn place_of(&self, sequence: u64) -> Option<Place> {
        let (_, push) = self.pushes.range(sequence..).next()?;
        Some(Place { sequence, push: *push })
    }

    fn held(&self, key: &OpaqueKey) -> HeldRow {
        let sequences = self.rows.get(key).into_iter().flatten();
        let headers = sequences
            .filter_map(|sequence| Some(self.records.get(sequence)?.header(*sequence)))
            .collect();
        HeldRow { floor: self.floors.get(key).copied(), headers }
    }

    fn let_go_of_all_damaged(&mut self) {
        let keys: Vec<OpaqueKey> = self.rows.keys().copied().collect();
        self.let_go(&keys);
    }

    /// Removes what is damaged of some rows.
    fn let_go(&mut self, keys: &[OpaqueKey]) {
        let damaged = keys.iter().map(|key| (*key, self.held(key)));
        let damaged = damaged.filter(|(_, held)| held.headers.iter().any(|h| h.damaged));
        let DamagePlan { deletes, digests, freed } = plan_damage(damaged);
        self.delete(&deletes);
        self.add_digests(&digests);
        self.vault.bytes = self.vault.bytes.saturating_sub(freed);
    }

    fn delete(&mut self, sequences: &[u64]) {
        for sequence in sequences {
            let Some(stored) = self.records.remove(sequence) else { continue };
            if let Some(row) = self.rows.get_mut(&stored.record.row) {
                row.retain(|held| held != sequence);
                if row.is_empty() {
                    self.rows.remove(&stored.record.row);
                }
            }
        }
    }

    fn add_digests(&mut self, changes: &[(TableTag, Digest)]) {
        for (table, change) in changes {
            let digest = self.digests.entry(*table).or_default();
            digest.merge(change);
            if digest.is_empty() {
                self.digests.remove(table);
            }
        }
    }

    fn change(&mut self, device: DeviceId, change: Change) {
        self.vault = change.vault;
        self.pushes.insert(change.place.sequence, change.place.push);
        self.devices.insert(device, change.device);
    }
}

fn delivered(sequence: u64, stored: &Stored) -> Delivered {
    Delivered { sequence, pusher: stored.pusher, record: stored.record.clone() }
}
