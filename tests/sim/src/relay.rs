//! A relay with its clock, its backups, and the rule that it breaks on purpose.

use std::collections::BTreeSet;

use runlog_core::clock::Clock;
use runlog_core::entropy::Entropy;
use runlog_core::id::DeviceId;
use runlog_core::relay::{Header, MemoryRelay, RelayLimits};
use runlog_core::sealed::{OpaqueKey, SealedRecord};
use runlog_core::sync::limits::AHEAD_MS_MAX;
use runlog_core::sync::message::{Answer, Page, Push, Reason, Request, Standing, Verdict};
use runlog_core::time::Timestamp;

use crate::broken::Broken;

/// A relay.
#[derive(Debug)]
pub struct Relay {
    /// The vault, by the rules.
    pub relay: MemoryRelay,
    /// How far its clock is ahead of the true time.
    pub skew_ms: i64,
    /// All that it accepted and did not lose by damage.
    pub accepted: Vec<SealedRecord>,
    /// What it can be set back to, oldest first, with what it had accepted by then.
    pub backups: Vec<(MemoryRelay, Vec<SealedRecord>)>,
    /// Whether it has lost something that it had acknowledged, by damage or by being set back, since
    /// all were last at rest.
    pub took: bool,
    /// Whether it refused something for want of room.
    pub full: bool,
    broken: Option<Broken>,
}

impl Relay {
    /// An empty vault.
    pub fn new(broken: Option<Broken>) -> Self {
        let relay = MemoryRelay::new(RelayLimits::default());
        Self {
            relay,
            skew_ms: 0,
            accepted: Vec::new(),
            backups: Vec::new(),
            took: false,
            full: false,
            broken,
        }
    }

    /// Its disk changes a record. What that had covered was let go of before, and is gone with it.
    pub fn damage(&mut self, sequence: u64) {
        self.took = true;
        let damaged = self.relay.records().find(|held| held.sequence == sequence);
        let row = damaged.filter(|held| held.record.drops.is_none()).map(|held| held.record.row);
        self.relay.damage(sequence);
        if let Some(row) = row {
            let relay = &self.relay;
            let is_held = |record: &_| relay.records().any(|held| held.record == *record);
            self.accepted.retain(|record| record.row != row || is_held(record));
        }
    }

    /// Answers a request.
    pub fn handle(
        &mut self,
        device: DeviceId,
        mut request: Request,
        now: Timestamp,
        entropy: &mut dyn Entropy,
    ) -> Answer {
        if matches!(self.broken, Some(Broken::NoTokens | Broken::BarePositions)) {
            self.believe(device, &mut request);
        }
        let mut prejudged = Vec::new();
        if let Request::Push(push) = &mut request {
            prejudged = self.prejudge(push, now);
        }
        let pushed = match &request {
            Request::Push(push) => push.records.clone(),
            _ => Vec::new(),
        };
        let mut answer = self.relay.handle(device, request, now, entropy);
        match &mut answer {
            Answer::Pushed(answer) => {
                let accepted = pushed.iter().zip(&answer.verdicts);
                let accepted = accepted.filter(|(_, verdict)| **verdict == Verdict::Accepted);
                self.accepted.extend(accepted.map(|(record, _)| record.clone()));
                for (at, verdict) in prejudged {
                    answer.verdicts.insert(at, verdict);
                }
            }
            Answer::Page(page) if self.broken == Some(Broken::DropsBlindly) => {
                self.drop_blindly(page);
            }
            _ => {}
        }
        answer
    }

    /// Takes records out of a push whose verdict a broken relay has at once.
    fn prejudge(&self, push: &mut Push, now: Timestamp) -> Vec<(usize, Verdict)> {
        let mut held: BTreeSet<(OpaqueKey, Clock)> = BTreeSet::new();
        if self.broken == Some(Broken::ClockAsIdentity) {
            held.extend(self.relay.records().map(|held| (held.record.row, held.record.clock)));
        }
        let verdict = |record: &SealedRecord| match self.broken {
            Some(Broken::ClockAsIdentity) => {
                held.contains(&(record.row, record.clock)).then_some(Verdict::Known)
            }
            Some(Broken::KnownIsRefused) => {
                let ahead = record.clock.time.timestamp().as_millis() - now.as_millis();
                let is_ahead = record.clock.time.millis() > 1_000 && ahead > AHEAD_MS_MAX as i64;
                is_ahead.then_some(Verdict::Refused(Reason::ClockAhead))
            }
            _ => None,
        };
        let judged: Vec<(usize, Verdict)> = push
            .records
            .iter()
            .enumerate()
            .filter_map(|(at, record)| Some((at, verdict(record)?)))
            .collect();
        for (at, _) in judged.iter().rev() {
            push.records.remove(*at);
        }
        judged
    }

    /// Takes the standing of a device as it would have to be.
    fn believe(&self, device: DeviceId, request: &mut Request) {
        let state = self.relay.device(device);
        let head = self.relay.state(Timestamp::default()).head;
        let standing: &mut Standing = match request {
            Request::Pull(pull) => &mut pull.standing,
            Request::Push(push) => &mut push.standing,
            Request::Resolve(resolve) => &mut resolve.standing,
            Request::Compare(compare) => &mut compare.standing,
            Request::Describe(describe) => &mut describe.standing,
            Request::Fetch(fetch) => &mut fetch.standing,
            _ => return,
        };
        if self.broken == Some(Broken::NoTokens) {
            standing.token = state.token;
            return;
        }
        // Any place up to the head will do; one beyond it is one that the relay never reached.
        let reached = |place: Option<runlog_core::sync::message::Place>| {
            place.is_none_or(|place| place.sequence <= head)
        };
        if reached(standing.got) && reached(standing.sent) {
            let known = standing.got.and_then(|place| self.place(place.sequence));
            (standing.got, standing.sent, standing.token) = (known, None, state.token);
        }
    }

    /// The place of a sequence, as the relay would name it.
    fn place(&self, sequence: u64) -> Option<runlog_core::sync::message::Place> {
        let mut relay = self.relay.clone();
        let device = DeviceId::from_u128(0xffe);
        // A page that ends at the sequence tells its place.
        let mut after = None;
        for _ in 0..10_000 {
            let standing = Standing { got: after, ..Standing::default() };
            let pull = runlog_core::sync::message::Pull {
                standing,
                with_own: true,
                bytes_max: 1,
                now: Timestamp::default(),
                caught_up: false,
            };
            let mut entropy = |_: &mut [u8]| {};
            let answer =
                relay.handle(device, Request::Pull(pull), Timestamp::default(), &mut entropy);
            let Answer::Page(page) = answer else { return after };
            match page.next {
                Some(next) if next.sequence <= sequence && page.more => after = Some(next),
                Some(next) if next.sequence <= sequence => return Some(next),
                _ => return after,
            }
        }
        after
    }

    /// Leaves out what has a newer record of its row, whatever the columns.
    fn drop_blindly(&self, page: &mut Page) {
        let all: Vec<Header> =
            self.relay.records().map(|held| Header::new(held.sequence, &held.record)).collect();
        page.records.retain(|delivered| {
            let newer = |held: &Header| {
                held.row == delivered.record.row && held.clock > delivered.record.clock
            };
            !all.iter().any(newer)
        });
    }
}
