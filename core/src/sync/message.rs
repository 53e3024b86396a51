//! What devices and relays say to each other. `docs/protocol.md` tells the order and the reasons.

use crate::clock::ClockTime;
use crate::id::DeviceId;
use crate::sealed::{AckToken, Digest, OpaqueKey, PushId, SealedRecord, TableTag};
use crate::time::Timestamp;

/// A place in a vault's sequence on one relay, with the push that is there: a relay that was set back
/// does not know the push, and says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The sequence.
    pub sequence: u64,
    /// The push whose records include it.
    pub push: PushId,
}

/// What every request about a vault's records presents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Standing {
    /// How far this device has read; `None` from the beginning.
    pub got: Option<Place>,
    /// Where its newest acknowledged push ended; `None` before the first.
    pub sent: Option<Place>,
    /// What the newest acknowledgement handed out; `None` before the first.
    pub token: Option<AckToken>,
}

/// A device asks something of a vault on a relay.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// Records after a place.
    Pull(Pull),
    /// Here are records.
    Push(Push),
    /// What became of a push whose answer was lost.
    Resolve(Resolve),
    /// Digests of parts of a table.
    Compare(Compare),
    /// What is held in a part of a table, without values.
    Describe(Describe),
    /// All records of some rows.
    Fetch(Fetch),
    /// A fresh standing, after the relay was set back.
    Restart(Restart),
}

/// Asks for a page of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pull {
    /// Who asks, and from where.
    pub standing: Standing,
    /// Whether what this device pushed itself is wanted too.
    pub with_own: bool,
    /// About how many bytes of records at most; a page holds at least one record.
    pub bytes_max: u32,
    /// The time of the device's wall clock, so that the relay's answer can say how far it is off.
    pub now: Timestamp,
    /// Whether the device holds all that the vault has up to `standing.got`, with nothing set aside,
    /// and nothing that it wrote itself waits for this relay. The relay tells when all devices have
    /// said so: [`VaultState::acknowledged`].
    pub caught_up: bool,
}

/// Hands over records, all or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// Who pushes.
    pub standing: Standing,
    /// Identity of this push. The same push twice has the effect of one, and the same answer.
    pub id: PushId,
    /// The records.
    pub records: Vec<SealedRecord>,
}

/// Asks what became of a push. The answer is a [`Resolved`]. A push that the relay does not have is
/// barred from then on: should it come later, as it was on its way, it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolve {
    /// Who asks.
    pub standing: Standing,
    /// The push.
    pub id: PushId,
}

/// Asks for the digests of the 256 parts of a table: by the first byte of the row key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compare {
    /// Who asks.
    pub standing: Standing,
    /// The table.
    pub table: TableTag,
}

/// Asks what is held in one part of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Describe {
    /// Who asks.
    pub standing: Standing,
    /// The table.
    pub table: TableTag,
    /// The part: the first byte of the row key.
    pub part: u8,
    /// Rows after this one only.
    pub after: Option<OpaqueKey>,
}

/// Asks for all records of some rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// Who asks.
    pub standing: Standing,
    /// The rows, at most [`super::limits::FETCH_ROWS_MAX`].
    pub rows: Vec<OpaqueKey>,
}

/// Asks for a fresh standing after [`Refusal::SetBack`]. The answer is a [`Resolved`] with a token
/// that replaces the one on record and the place that it was handed out at; the device goes on from
/// `got: None` with these, and pulls with [`Pull::with_own`].
///
/// [`Refusal::Forked`] where the relay does know the place, and so was not set back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restart {
    /// A place that this device was at and that the relay does not know.
    pub lost: Place,
}

/// A relay answers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// To [`Request::Pull`].
    Page(Page),
    /// To [`Request::Push`].
    Pushed(Pushed),
    /// To [`Request::Resolve`] and [`Request::Restart`].
    Resolved(Resolved),
    /// To [`Request::Compare`].
    Parts(Parts),
    /// To [`Request::Describe`] and [`Request::Fetch`].
    Held(Held),
    /// To any.
    Refused(Refusal),
}

/// A record with the device that pushed it, which need not be the one that wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// Its place in the vault's sequence.
    pub sequence: u64,
    /// Who pushed it.
    pub pusher: DeviceId,
    /// The record.
    pub record: SealedRecord,
}

/// Records after a place, in the order of their sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The records.
    pub records: Vec<Delivered>,
    /// Where the next page begins: the sequence of the last record, or the head where there is no
    /// more. `None` in an empty vault.
    pub next: Option<Place>,
    /// Whether there is more.
    pub more: bool,
    /// The state of the vault when the page was read.
    pub state: VaultState,
}

/// How a vault stands on a relay.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct VaultState {
    /// The relay's wall clock.
    pub now: Timestamp,
    /// The newest sequence; zero in an empty vault.
    pub head: u64,
    /// The newest clock accepted.
    pub newest: ClockTime,
    /// Bytes that the vault takes.
    pub bytes: u64,
    /// Bytes that it may take.
    pub quota: u64,
    /// Up to here every device that the relay heard from of late has said to be
    /// [caught up](Pull::caught_up); on the last page of a pull, else zero.
    pub acknowledged: u64,
    /// Digests by table, over winning columns; on the last page of a pull, else empty.
    pub digests: Vec<(TableTag, Digest)>,
}

/// What became of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// To be presented with the next request.
    pub token: AckToken,
    /// The newest place of this device: where this push ended. Every push takes at least one
    /// sequence, so that each token belongs to a place.
    pub sent: Option<Place>,
    /// For each record, in order.
    pub verdicts: Vec<Verdict>,
    /// The state of the vault afterwards.
    pub state: VaultState,
}

/// What became of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It is held now.
    Accepted,
    /// All of its columns are held, with the same or newer clocks.
    Known,
    /// Its row was dropped for good.
    Dropped,
    /// It is not held.
    Refused(Reason),
}

/// Why a record was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Its clock is too far ahead of the relay's.
    ClockAhead,
    /// The vault has no room for it.
    Quota,
    /// It is larger than the relay takes.
    TooLarge,
}

/// What became of an earlier push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Whether it was the device's newest accepted push. Never after a restart.
    pub accepted: bool,
    /// To be presented with the next request; `None` where none was handed out yet.
    pub token: Option<AckToken>,
    /// The newest place of this device.
    pub sent: Option<Place>,
}

/// Digests of the parts of a table that hold something, ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The head at which they were computed.
    pub head: u64,
    /// Part (first byte of the row key) and digest.
    pub parts: Vec<(u8, Digest)>,
}

/// What is held of some rows, ordered by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The records; without values and drops in the answer to [`Request::Describe`].
    pub records: Vec<SealedRecord>,
    /// Whether there is more behind the last row. A row's records are never parted.
    pub more: bool,
}

/// Why a relay did nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// No or no valid credentials.
    #[error("the relay does not know this device: its access was revoked, or it never joined")]
    Unauthorised,
    /// The account may read but not write.
    #[error("this device may read the vault but not write to it")]
    ReadOnly,
    /// The token is not the newest: this device is a copy of another, or was set back.
    #[error("this device is a copy, or was set back to an earlier state")]
    Forked,
    /// A place that this relay never reached: it was set back to an earlier state.
    #[error("the relay was set back to an earlier state")]
    SetBack,
    /// The vault is not here.
    #[error("the relay has no such vault")]
    NoVault,
    /// A version of the protocol that the relay does not speak.
    #[error("the relay speaks versions {least} to {most} of the protocol, not {asked}")]
    Version {
        /// What was asked for.
        asked: u8,
        /// The oldest that it speaks.
        least: u8,
        /// The newest.
        most: u8,
    },
    /// Too many requests.
    #[error("the relay asks to wait for {} s", .retry_after_ms.div_ceil(1000))]
    Busy {
        /// When to come back, in milliseconds.
        retry_after_ms: u32,
    },
    /// A request larger than the relay takes.
    #[error("the request is larger than the relay takes ({limit} bytes)")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// A request that is not what the protocol says.
    #[error("the relay could not read the request: {0}")]
    Malformed(String),
    /// The relay failed; nothing was changed.
    #[error("the relay failed")]
    Failed,
}
