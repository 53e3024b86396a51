//! What was refused or set aside, counted by reason.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::store::{BackendId, ReadTx, StoreResult};
use crate::sync::quarantine::SetAside;
use crate::time::Timestamp;

/// Up to how many items of a kind are counted.
pub const COUNTED_MAX: usize = 10_000;

/// Items read at once while counting what can be large.
const READ_AT_ONCE: usize = 256;

/// A number that is counted up to a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize)]
pub struct Counted {
    /// How many there are.
    pub count: u64,
    /// There are more than that.
    pub more: bool,
}

impl Counted {
    pub(super) fn of(found: usize) -> Self {
        Self { count: found.min(COUNTED_MAX) as u64, more: found > COUNTED_MAX }
    }

    /// Whether there is none.
    pub const fn is_zero(self) -> bool {
        self.count == 0
    }

    pub(super) fn add_one(&mut self) {
        if self.count < COUNTED_MAX as u64 { self.count += 1 } else { self.more = true }
    }
}

/// `12`, or `more than 10000`.
impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.more { "more than " } else { "" }, self.count)
    }
}

/// What was refused or set aside for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problems {
    /// The reason's stable code.
    pub code: String,
    /// How many.
    pub number: Counted,
    /// The reason of the newest, for people.
    pub reason: String,
    /// Since when there is one.
    pub since: Timestamp,
    /// When the newest came.
    pub newest_at: Timestamp,
}

/// What a backend refused, by code.
pub(super) fn refused(
    tx: &dyn ReadTx,
    backend: BackendId,
) -> StoreResult<BTreeMap<String, Problems>> {
    let mut problems = BTreeMap::new();
    for refused in tx.rejections(backend, None, COUNTED_MAX + 1)? {
        note(&mut problems, refused.code, refused.reason, refused.at);
    }
    Ok(problems)
}

/// What came from a backend and was set aside, by code.
pub(super) fn set_aside(
    tx: &dyn ReadTx,
    backend: BackendId,
) -> StoreResult<BTreeMap<String, Problems>> {
    let mut problems = BTreeMap::new();
    let mut after = None;
    for _ in 0..=COUNTED_MAX / READ_AT_ONCE {
        let held = SetAside::list(tx, backend, after.as_deref(), READ_AT_ONCE)?;
        after = held.last().map(SetAside::key);
        let last = held.len() < READ_AT_ONCE;
        for held in held {
            note(&mut problems, held.reason.as_str().to_owned(), held.detail, held.at);
        }
        if last {
            break;
        }
    }
    Ok(problems)
}

fn note(into: &mut BTreeMap<String, Problems>, code: String, reason: String, at: Timestamp) {
    let number = Counted::default();
    let problems = into.entry(code.clone()).or_insert_with(|| Problems {
        code,
        number,
        reason: reason.clone(),
        since: at,
        newest_at: at,
    });
    problems.number.add_one();
    problems.since = problems.since.min(at);
    if at >= problems.newest_at {
        (problems.newest_at, problems.reason) = (at, reason);
    }
}

/// How many over all reasons, and since when; `None` without any.
pub(super) fn total(problems: &BTreeMap<String, Problems>) -> Option<(Counted, Timestamp)> {
    let since = problems.values().map(|one| one.since).min()?;
    let count = problems.values().map(|one| one.number.count).sum::<u64>();
    let found = usize::try_from(count).unwrap_or(usize::MAX);
    let mut number = Counted::of(found);
    number.more |= problems.values().any(|one| one.number.more);
    Some((number, since))
}
