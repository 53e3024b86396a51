//! Whether this device is up to date, and if not, since when and why.
//!
//! Invariant: a backend counts as up to date only while nothing waits for it, nothing of ours is
//! refused by it, nothing of its is set aside, all of it that is known of was got, the last run did
//! not fail, and it was heard from within [`NOT_HEARD_FROM_MS`]. A device that hears nothing knows
//! nothing: silence is never called "up to date".

use serde::Serialize;

use super::problems::{COUNTED_MAX, Counted, Problems, refused, set_aside, total};
use crate::change::ChangeNumber;
use crate::clock::ColumnSet;
use crate::history::{HistoryError, HistoryReader};
use crate::model::text_enum;
use crate::sorted_map::SortedMap;
use crate::store::{Backend, BackendId, ChangedItem, ReadTx, StoreResult};
use crate::sync::connection::Connection;
use crate::sync::run::{RunFilter, RunStatus, SyncRun};
use crate::time::Timestamp;

/// After how long without an answer a backend counts as not heard from, in milliseconds: ten
/// minutes. Timers sync far more often while a program runs, so only a silence that means something
/// is that long.
pub const NOT_HEARD_FROM_MS: u64 = 10 * 60 * 1000;

/// Among how many of the newest runs one that compared digests is looked for.
const COMPARED_AMONG: usize = 10;

text_enum! {
    /// How this device stands toward all of its backends.
    OverallState in "sync state" {
        /// There is no backend: nothing waits, and nothing warns.
        NoBackend = "no_backend",
        /// No backend takes part.
        Off = "off",
        /// Every backend that takes part has what is here, and the other way round.
        UpToDate = "up_to_date",
        /// Some backend is not up to date.
        NotUpToDate = "not_up_to_date",
    }
}

text_enum! {
    /// How this device stands toward a backend. Of several reasons, the first in this order.
    BackendState in "backend state" {
        /// It takes no part.
        Off = "off",
        /// It never answered.
        NeverHeardFrom = "never_heard_from",
        /// The last run failed.
        Failing = "failing",
        /// It did not answer for long.
        NotHeardFrom = "not_heard_from",
        /// It refused something.
        Rejected = "rejected",
        /// Something of its cannot be applied.
        SetAside = "set_aside",
        /// What is held here and there differs.
        Unequal = "unequal",
        /// It has what was not got yet.
        Behind = "behind",
        /// Something is to be handed over.
        Waiting = "waiting",
        /// A run goes on.
        Syncing = "syncing",
        /// Nothing of all that.
        UpToDate = "up_to_date",
    }
}

/// How this device stands toward all of its backends.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SyncOverview {
    /// In one word.
    pub state: OverallState,
    /// Since when it is not up to date, as far as is known.
    pub since: Option<Timestamp>,
    /// Backend by backend.
    pub backends: Vec<BackendOverview>,
}

/// How this device stands toward a backend.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BackendOverview {
    /// The backend.
    #[serde(rename = "backend_id")]
    pub id: BackendId,
    /// Its name.
    pub name: String,
    /// Whether it takes part.
    pub enabled: bool,
    /// In one word.
    pub state: BackendState,
    /// In words: every reason why it is not up to date.
    pub words: String,
    /// Since when it is not up to date, as far as is known.
    pub since: Option<Timestamp>,
    /// Items that wait to be handed over.
    pub waiting: Counted,
    /// How many records it has, at most, that were not got yet, as far as is known.
    pub to_get: u64,
    /// What it refused, by code.
    pub refused: Vec<Problems>,
    /// What came from it and cannot be applied, by code.
    pub set_aside: Vec<Problems>,
    /// When it last answered.
    pub heard_at: Option<Timestamp>,
    /// How far its clock is ahead of this device's, in milliseconds.
    pub clock_offset_ms: i64,
    /// Bytes that the vault takes there.
    pub quota_used_bytes: u64,
    /// Bytes that it may take there, where that is known.
    pub quota_bytes: Option<u64>,
    /// The run that began last.
    pub last_run: Option<SyncRun>,
}

impl SyncOverview {
    /// Whether the user should be told: there is a backend that takes part and is not up to date.
    pub fn warns(&self) -> bool {
        self.state == OverallState::NotUpToDate
    }
}

impl HistoryReader<'_> {
    /// Whether this device is up to date at the time `now` of its wall clock, and if not, since
    /// when and why.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn sync_overview(&self, now: Timestamp) -> Result<SyncOverview, HistoryError> {
        let backends = self.tx().backends()?;
        let backends: Vec<BackendOverview> = backends
            .into_iter()
            .map(|backend| Standing::read(self.tx(), backend, now)?.overview())
            .collect::<Result<_, HistoryError>>()?;
        let mut enabled = backends.iter().filter(|backend| backend.enabled).peekable();
        let state = if backends.is_empty() {
            OverallState::NoBackend
        } else if enabled.peek().is_none() {
            OverallState::Off
        } else if enabled.all(|backend| backend.state == BackendState::UpToDate) {
            OverallState::UpToDate
        } else {
            OverallState::NotUpToDate
        };
        let since = backends.iter().filter(|backend| backend.enabled);
        let since = since.filter_map(|backend| backend.since).min();
        Ok(SyncOverview { state, since, backends })
    }
}

/// What is known of a backend, before it is judged.
struct Standing<'a> {
    tx: &'a dyn ReadTx,
    backend: Backend,
    connection: Connection,
    waiting: Counted,
    refused: SortedMap<String, Problems>,
    set_aside: SortedMap<String, Problems>,
    /// Since when digests are known to differ.
    unequal: Option<Timestamp>,
    last_run: Option<SyncRun>,
    now: Timestamp,
}

impl<'a> Standing<'a> {
    fn read(tx: &'a dyn ReadTx, backend: Backend, now: Timestamp) -> Result<Self, HistoryError> {
        // A position that cannot be read is one of another program: nothing is known.
        let connection = Connection::decode(&backend.position).unwrap_or_default();
        let waiting = Counted::of(tx.changes(backend.sent, COUNTED_MAX + 1)?.len());
        let filter = RunFilter { backend: Some(backend.id), ..RunFilter::default() };
        let runs = tx.sync_runs(&filter, None, COMPARED_AMONG)?;
        let compared = runs.iter().find(|run| !run.verification.is_empty());
        let unequal = compared
            .filter(|run| run.verification.iter().any(|table| table.equal == Some(false)))
            .map(|run| run.completed_at.unwrap_or(run.started_at));
        let (refused, set_aside) = (refused(tx, backend.id)?, set_aside(tx, backend.id)?);
        let last_run = runs.into_iter().next();
        Ok(Self { tx, backend, connection, waiting, refused, set_aside, unequal, last_run, now })
    }

    fn overview(self) -> Result<BackendOverview, HistoryError> {
        let reasons = if self.backend.enabled {
            self.reasons()?
        } else {
            vec![(BackendState::Off, "off".to_owned(), None)]
        };
        let (state, words, since) = match reasons.first() {
            None => (BackendState::UpToDate, "up to date".to_owned(), None),
            Some((first, ..)) => {
                let words: Vec<&str> = reasons.iter().map(|(_, words, _)| words.as_str()).collect();
                let since = reasons.iter().filter_map(|(.., since)| *since).min();
                (*first, words.join("; "), since)
            }
        };
        Ok(BackendOverview {
            state,
            words,
            since,
            waiting: self.waiting,
            to_get: self.to_get(),
            heard_at: self.connection.heard_at,
            clock_offset_ms: self.connection.clock_offset_ms,
            quota_used_bytes: self.connection.bytes,
            quota_bytes: Some(self.connection.quota).filter(|quota| *quota > 0),
            refused: self.refused.into_iter().map(|(_, problems)| problems).collect(),
            set_aside: self.set_aside.into_iter().map(|(_, problems)| problems).collect(),
            last_run: self.last_run,
            id: self.backend.id,
            name: self.backend.name,
            enabled: self.backend.enabled,
        })
    }

    /// Why it is not up to date, and since when; the gravest first.
    fn reasons(&self) -> Result<Vec<(BackendState, String, Option<Timestamp>)>, HistoryError> {
        let mut reasons = Vec::new();
        let mut add = |state, words, since| reasons.push((state, words, Some(since)));
        let heard_at = self.connection.heard_at;
        if heard_at.is_none() {
            let words = "never heard from".to_owned();
            add(BackendState::NeverHeardFrom, words, self.backend.added_at);
        }
        if let Some(run) = self.last_run.as_ref().filter(|run| run.status == RunStatus::Failed) {
            let error = run.error.as_deref().unwrap_or("no reason is known");
            add(BackendState::Failing, format!("the last sync failed: {error}"), run.started_at);
        }
        // A clock that was set back since tells nothing of how long ago it was.
        let silent = |at: &Timestamp| {
            self.now.millis_since(*at).max(at.millis_since(self.now)) > NOT_HEARD_FROM_MS
        };
        if let Some(at) = heard_at.filter(silent) {
            add(BackendState::NotHeardFrom, "not heard from".to_owned(), at.min(self.now));
        }
        if let Some((number, since)) = total(&self.refused) {
            add(BackendState::Rejected, format!("{number} refused"), since);
        }
        if let Some((number, since)) = total(&self.set_aside) {
            add(BackendState::SetAside, format!("{number} set aside"), since);
        }
        if let Some(since) = self.unequal {
            let words = "what is held here and there differs".to_owned();
            add(BackendState::Unequal, words, since);
        }
        let since_heard = heard_at.unwrap_or(self.backend.added_at);
        match self.to_get() {
            0 if self.connection.with_own => {
                let words = "all of it is to be got again".to_owned();
                add(BackendState::Behind, words, since_heard);
            }
            0 => {}
            records => add(BackendState::Behind, format!("{records} to get"), since_heard),
        }
        if !self.waiting.is_zero() {
            let words = format!("{} to hand over", self.waiting);
            add(BackendState::Waiting, words, self.waiting_since()?);
        }
        if let Some(run) = self.last_run.as_ref().filter(|run| run.status == RunStatus::Running) {
            add(BackendState::Syncing, "syncing".to_owned(), run.started_at);
        }
        Ok(reasons)
    }

    fn to_get(&self) -> u64 {
        let got = self.connection.standing.got.map_or(0, |place| place.sequence);
        self.connection.head.saturating_sub(got)
    }

    /// When the oldest change that waits was made, as far as is known: not before the backend was
    /// added, nor before it last had everything that was sent.
    fn waiting_since(&self) -> Result<Timestamp, HistoryError> {
        let sent = self.backend.sent;
        let marked = match sent {
            ChangeNumber::ZERO => None,
            _ => self.tx.acknowledged_at(self.backend.id, sent)?,
        };
        let earliest = marked.max(Some(self.backend.added_at)).unwrap_or(self.now);
        let oldest = self.tx.changes(sent, 1)?.pop();
        let made = oldest.map(|change| made_at(self.tx, &change.item)).transpose()?.flatten();
        Ok(made.map_or(earliest, |made| made.max(earliest)).min(self.now))
    }
}

/// When an item was last changed, where it tells.
fn made_at(tx: &dyn ReadTx, item: &ChangedItem) -> StoreResult<Option<Timestamp>> {
    Ok(match item {
        ChangedItem::Row(key) => {
            let row = tx.row(key, ColumnSet::EMPTY)?;
            row.and_then(|row| row.clocks.newest()).map(|clock| clock.time.timestamp())
        }
        ChangedItem::Piece { log, first } => {
            let pieces = tx.pieces(log.execution, *first..=*first)?;
            let piece = pieces.iter().find(|piece| piece.log == *log && piece.first == *first);
            piece.map(|piece| piece.last_at)
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests;
