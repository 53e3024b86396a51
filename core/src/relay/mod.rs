//! The rules of a relay, without I/O: which records it keeps, whom it answers, what it answers.
//!
//! A relay holds sealed records of a vault, each under a sequence number that the vault gives out
//! once. It never opens one. What it decides, it decides from what stands in the clear, and all of
//! it is here: a store loads what a decision needs in bulk ([`PushSnapshot`]), the decision is a pure
//! function ([`plan_push`]), and the store carries it out in bulk ([`PushPlan`]), all under the
//! vault's lock and in one transaction. [`MemoryRelay`] is the reference: the whole relay in memory.
//!
//! # What is kept
//!
//! [`cover`] says what becomes of an incoming record among those held of its row. For each column the
//! record with the newest clock wins; at equal clocks the one sealed with the newer key, then the one
//! held first. A record is kept while it wins a column and keeps its sequence. So whoever reads what
//! is held has each column's newest value, which is all that a merge looks at.
//!
//! A record may drop rows for good: their records up to a clock, the *floor*, go and stay out.
//!
//! # Who may ask: tokens and places
//!
//! Each device of a vault has at most one valid [`AckToken`](crate::sealed::AckToken) on a relay.
//! Every push hands out a new one, and every request presents the newest. Every push also takes at
//! least one sequence, even where none of its records is held in the end, so **a token and a place
//! are always handed out together**. A request presents `got` (how far it has read), `sent` (where the
//! token was handed out) and the token. In this order:
//!
//! 1. *A place that the relay does not know*: it was set back to an earlier state, and says so
//!    ([`SetBack`](crate::sync::message::Refusal::SetBack)). Places carry the random identity of the
//!    push that took them; a relay restored from a backup gives the same sequences to other pushes.
//!    As each token belongs to a place, a token that is missing from a restored relay never gets as
//!    far as the next check.
//! 2. *The newest token* (none where none was ever handed out): go on.
//! 3. *An exact repeat of the newest push*: the answer that was given, without effect. A copy of the
//!    device that was made while the push was on its way gets the same answer, and the same token; the
//!    first of the two to push again makes the other's token stale.
//! 4. [`Resolve`](crate::sync::message::Resolve) *of the newest push with the token before it*: the
//!    same as 3, without sending the records again. A push that did not come is barred, and the answer
//!    hands out a fresh token at a place of its own ([`plan_bar`]): what a dead process sent may still
//!    be on its way, and would make the token stale that the device goes on with.
//! 5. *Anything else* is [`Forked`](crate::sync::message::Refusal::Forked): the places are known, so
//!    the relay has all that it ever told this device, yet the token is not the newest. Somebody else
//!    used the device's identity since: a copy, or the device itself before it was set back. That a
//!    device without any standing is refused where the relay has a token for it covers a device that
//!    was set back to before its first push.
//!
//! After `SetBack` a device asks for a fresh standing with
//! [`Restart`](crate::sync::message::Restart), which names the place that the relay does not know.
//! That is the evidence: a device whose places the relay all knows is answered `Forked`, so neither a
//! restored client nor a client that lost its state gets a token this way from a healthy relay. The
//! answer hands out a token at a place of its own and makes the one before stale. A lost answer is
//! asked for again. Of two copies that both restart, the token of the first is stale, so that only
//! the last goes on; the other is answered `Forked`. Nothing is remembered of a refusal, so refusing
//! needs no write.
//!
//! One door the relay cannot shut: a *copy from before* the relay was set back names a place that is
//! just as unknown as the original's, now or much later. It restarts, and the original is answered
//! `Forked` and takes a new identity; but the copy goes on with old counters. It can notice: it reads
//! from the beginning, what it pushed itself included, and meets records of its own device that it
//! does not hold, newer than all that it wrote. A device that meets such records takes a new
//! identity, as if it had been answered `Forked`.
//!
//! # Damage
//!
//! A record whose [`checksum`] fails is as good as gone. Whoever finds it (a push to its row, a pull
//! over it, a comparison) removes it, with its share of the digest, so that devices see the
//! difference and push the record again. It is accepted then, under a new sequence: who had read past
//! the old one gets it.

mod cover;
mod memory;
mod push;
mod rows;
mod standing;
#[cfg(test)]
mod tests;

pub use cover::{Cover, Header, checksum, cover, winners};
pub use memory::MemoryRelay;
pub use push::{
    Change, FreshStanding, Insert, Prepared, PushPlan, PushSnapshot, Replace, plan_bar, plan_push,
    plan_restart,
};
pub use rows::{DamagePlan, HeldRow, plan_damage};
pub use standing::{
    Admitted, CaughtUp, DeviceState, LastPush, Places, admit, admit_push, admit_resolve,
    caught_up_by,
};

use crate::clock::ClockTime;
use crate::sealed::PushId;
use crate::sync::limits;
use crate::sync::message::{Place, VaultState};
use crate::time::Timestamp;

/// What a relay takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelayLimits {
    /// Bytes that a new vault may take, by [`SealedRecord::weight`](crate::sealed::SealedRecord::weight).
    pub quota_bytes: u64,
    /// Largest sealed value in bytes.
    pub sealed_bytes_max: usize,
    /// Largest page in bytes; a page asked for may be smaller.
    pub page_bytes_max: u32,
}

impl Default for RelayLimits {
    fn default() -> Self {
        Self {
            quota_bytes: 4 << 30,
            sealed_bytes_max: limits::SEALED_BYTES_MAX,
            page_bytes_max: 4 << 20,
        }
    }
}

/// A vault's counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Vault {
    /// The newest place; `None` in an empty vault.
    pub head: Option<Place>,
    /// The newest clock accepted.
    pub newest: ClockTime,
    /// Bytes that the held records take.
    pub bytes: u64,
    /// Bytes that they may take.
    pub quota: u64,
}

impl Vault {
    /// The newest sequence; zero in an empty vault.
    pub fn sequence(&self) -> u64 {
        self.head.map_or(0, |head| head.sequence)
    }

    /// As it is told to devices, without digests.
    pub fn state(&self, now: Timestamp) -> VaultState {
        VaultState {
            now,
            head: self.sequence(),
            newest: self.newest,
            bytes: self.bytes,
            quota: self.quota,
            acknowledged: 0,
            digests: Vec::new(),
        }
    }

    /// Takes sequences up to `last` for a push.
    fn advance(&mut self, last: u64, push: PushId) -> Place {
        let place = Place { sequence: last, push };
        self.head = Some(place);
        place
    }
}

/// Counts records into a page.
#[derive(Clone, Copy, Debug)]
pub struct PageRoom {
    bytes: usize,
    records: usize,
    empty: bool,
}

impl PageRoom {
    /// A page of at most this many bytes, and of what the relay allows.
    pub fn new(bytes_max: u32, relay: &RelayLimits) -> Self {
        let bytes = bytes_max.min(relay.page_bytes_max) as usize;
        Self { bytes, records: limits::RECORDS_MAX, empty: true }
    }

    /// Whether a record of this weight still fits, and counts it if so. The first always does.
    pub fn take(&mut self, weight: usize) -> bool {
        if !self.empty && (weight > self.bytes || self.records == 0) {
            return false;
        }
        self.empty = false;
        self.bytes = self.bytes.saturating_sub(weight);
        self.records = self.records.saturating_sub(1);
        true
    }

    /// The same for the records of a row, which are never parted.
    pub fn take_row(&mut self, weights: impl ExactSizeIterator<Item = usize>) -> bool {
        let (count, weight) = (weights.len(), weights.sum());
        if !self.empty && count > self.records {
            return false;
        }
        let fits = self.take(weight);
        self.records = self.records.saturating_sub(count.saturating_sub(1));
        fits
    }
}
