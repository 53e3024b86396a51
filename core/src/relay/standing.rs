//! Whether a device may go on from where it says it stands. [`super`] tells the reasons.

use crate::sealed::{AckToken, PushId};
use crate::sync::limits::ACKNOWLEDGED_EVERY_MS;
use crate::sync::message::{Answer, Place, Pull, Push, Refusal, Resolve, Resolved, Standing};
use crate::sync::wire::decode_answer;
use crate::time::Timestamp;

/// What a relay remembers of a device in a vault.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct DeviceState {
    /// The newest token handed out.
    pub token: Option<AckToken>,
    /// The place that it was handed out at.
    pub sent: Option<Place>,
    /// The newest push; `None` before the first and after a restart.
    pub last: Option<LastPush>,
    /// Up to where it was caught up; `None` where it never said so.
    pub caught_up: Option<CaughtUp>,
}

/// A device said that it holds all that a vault has, and has nothing that the vault lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaughtUp {
    /// Up to this sequence.
    pub sequence: u64,
    /// When it said so, by the relay's clock.
    pub at: Timestamp,
}

/// A device's newest push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastPush {
    /// Its identity.
    pub id: PushId,
    /// The token that it presented.
    pub before: Option<AckToken>,
    /// A sum over its records.
    pub content: u64,
    /// The answer, as it was sent; empty where the push never came and is barred.
    pub answer: Vec<u8>,
}

impl LastPush {
    /// A push that did not come, and may not come any more.
    pub(super) fn barred(resolve: &Resolve) -> Self {
        let (id, before) = (resolve.id, resolve.standing.token);
        Self { id, before, content: 0, answer: Vec::new() }
    }

    fn is_barred(&self) -> bool {
        self.answer.is_empty()
    }
}

/// Whether the relay knows the places that a request presents: the push that took the sequence is
/// the one named. A place that is not presented counts as known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// `standing.got`.
    pub got: bool,
    /// `standing.sent`.
    pub sent: bool,
}

impl Places {
    /// Looks both up; `known` says whether this push took this sequence.
    ///
    /// # Errors
    /// What the look-up says.
    pub fn look_up<E>(
        standing: &Standing,
        mut known: impl FnMut(&Place) -> Result<bool, E>,
    ) -> Result<Self, E> {
        let mut look = |place: &Option<Place>| place.as_ref().map_or(Ok(true), &mut known);
        Ok(Self { got: look(&standing.got)?, sent: look(&standing.sent)? })
    }
}

/// For every request but a push and a resolve.
///
/// # Errors
/// [`Refusal::SetBack`] and [`Refusal::Forked`].
pub fn admit(standing: &Standing, places: Places, device: &DeviceState) -> Result<(), Refusal> {
    if !(places.got && places.sent) {
        Err(Refusal::SetBack)
    } else if standing.token != device.token {
        Err(Refusal::Forked)
    } else {
        Ok(())
    }
}

/// How a push goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admitted {
    /// It is new.
    New,
    /// It was done: this is what was answered.
    Repeat(Answer),
}

/// For a push; `content` is the sum over its records.
///
/// # Errors
/// As [`admit`], also for a push that is barred; [`Refusal::Malformed`] where the newest push comes again with other records.
pub fn admit_push(
    push: &Push,
    content: u64,
    places: Places,
    device: &DeviceState,
) -> Result<Admitted, Refusal> {
    let standing = &push.standing;
    let repeated = device.last.as_ref().filter(|last| last.id == push.id);
    if let Some(last) = repeated.filter(|_| places.got && places.sent)
        && (standing.token == last.before || standing.token == device.token)
    {
        if last.is_barred() {
            return Err(Refusal::Forked);
        }
        if last.content != content {
            return Err(Refusal::Malformed("a push came twice, with different records".into()));
        }
        return decode_answer(&last.answer).map(Admitted::Repeat).map_err(|_| Refusal::Failed);
    }
    admit(standing, places, device).map(|()| Admitted::New)
}

/// For a resolve: what is known of the push. `None` where it did not come: the store then carries out
/// [`plan_bar`](super::plan_bar), so that it cannot come later either.
///
/// # Errors
/// As [`admit`].
pub fn admit_resolve(
    resolve: &Resolve,
    places: Places,
    device: &DeviceState,
) -> Result<Option<Resolved>, Refusal> {
    let newest = device.last.as_ref().filter(|last| last.id == resolve.id);
    let answered_late = newest.is_some_and(|last| resolve.standing.token == last.before);
    if !(answered_late && places.got && places.sent) {
        admit(&resolve.standing, places, device)?;
    }
    Ok(newest.map(|last| Resolved {
        accepted: !last.is_barred(),
        token: device.token,
        sent: device.sent,
    }))
}

/// What is to be written down of a pull that was admitted: it costs a write, so a device is taken at
/// its word only every [`ACKNOWLEDGED_EVERY_MS`].
pub fn caught_up_by(pull: &Pull, device: &DeviceState, now: Timestamp) -> Option<CaughtUp> {
    let sequence = pull.standing.got.filter(|_| pull.caught_up)?.sequence;
    let is_due = device.caught_up.is_none_or(|before| {
        sequence > before.sequence && now.millis_since(before.at) >= ACKNOWLEDGED_EVERY_MS
    });
    is_due.then_some(CaughtUp { sequence, at: now })
}
