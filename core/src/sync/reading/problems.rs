//! What was refused or set aside, counted by reason.

use std::fmt;

use serde::Serialize;

use crate::history::{HistoryError, HistoryReader};
use crate::id::ExecutionId;
use crate::sorted_map::SortedMap;
use crate::store::{BackendId, ItemKey, ReadTx, StoreResult};
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

/// One item that a backend refused, or one record of its that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The backend.
    pub backend: BackendId,
    /// What was refused; `None` for a record that was set aside: it could not be opened or placed.
    pub item: Option<ItemKey>,
    /// The reason's stable code.
    pub code: String,
    /// The reason, for people.
    pub reason: String,
    /// Since when.
    pub at: Timestamp,
}

/// Which problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ProblemFilter {
    /// With this backend.
    pub backend: Option<BackendId>,
    /// Of this execution, which leaves out what was set aside: it is not known whose that is.
    pub execution: Option<ExecutionId>,
}

impl HistoryReader<'_> {
    /// What backends refused, by item, and what came from them and was set aside: of each kind and
    /// backend the first `limit` that match, looked for among [`COUNTED_MAX`].
    ///
    /// # Errors
    /// The store's own errors.
    pub fn sync_problems(
        &self,
        filter: &ProblemFilter,
        limit: usize,
    ) -> Result<Vec<Problem>, HistoryError> {
        let mut problems = Vec::new();
        for backend in self.tx().backends()? {
            if filter.backend.is_some_and(|id| id != backend.id) {
                continue;
            }
            let looked_at = if filter.execution.is_some() { COUNTED_MAX } else { limit };
            let refused = self.tx().rejections(backend.id, None, looked_at)?.into_iter();
            let concerns = |item: &ItemKey| {
                filter.execution.is_none_or(|execution| item.execution() == Some(execution))
            };
            let refused = refused.filter(|refused| concerns(&refused.item)).take(limit);
            problems.extend(refused.map(|refused| Problem {
                backend: backend.id,
                item: Some(refused.item),
                code: refused.code,
                reason: refused.reason,
                at: refused.at,
            }));
            if filter.execution.is_none() {
                let aside = SetAside::list(self.tx(), backend.id, None, limit)?.into_iter();
                problems.extend(aside.map(|held| Problem {
                    backend: backend.id,
                    item: None,
                    code: held.reason.as_str().to_owned(),
                    reason: held.detail,
                    at: held.at,
                }));
            }
        }
        Ok(problems)
    }
}

/// What a backend refused, by code.
pub(super) fn refused(
    tx: &dyn ReadTx,
    backend: BackendId,
) -> StoreResult<SortedMap<String, Problems>> {
    let mut problems = SortedMap::new();
    for refused in tx.rejections(backend, None, COUNTED_MAX + 1)? {
        note(&mut problems, refused.code, refused.reason, refused.at);
    }
    Ok(problems)
}

/// What came from a backend and was set aside, by code.
pub(super) fn set_aside(
    tx: &dyn ReadTx,
    backend: BackendId,
) -> StoreResult<SortedMap<String, Problems>> {
    let mut problems = SortedMap::new();
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

fn note(into: &mut SortedMap<String, Problems>, code: String, reason: String, at: Timestamp) {
    let number = Counted::default();
    let problems = into.entry_or_else(code.clone(), || Problems {
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
pub(super) fn total(problems: &SortedMap<String, Problems>) -> Option<(Counted, Timestamp)> {
    let since = problems.values().map(|one| one.since).min()?;
    let count = problems.values().map(|one| one.number.count).sum::<u64>();
    let found = usize::try_from(count).unwrap_or(usize::MAX);
    let mut number = Counted::of(found);
    number.more |= problems.values().any(|one| one.number.more);
    Some((number, since))
}
