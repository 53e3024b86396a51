//! How syncing went over some days.

use serde::Serialize;

use crate::history::{HistoryError, HistoryReader};
use crate::sync::run::{Direction, RunFilter, RunStatus, SyncRun};
use crate::time::Timestamp;

/// Over how many days, unless told.
pub const STATS_DAYS: u32 = 7;
/// Over how many days at most.
pub const STATS_DAYS_MAX: u32 = 366;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const READ_AT_ONCE: usize = 500;

/// How syncing went over some days. Without a run in them, everything is zero.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SyncStats {
    /// Over how many days of UTC; the last of them is today.
    pub days: u32,
    /// Where the first of them begins.
    pub since: Timestamp,
    /// Runs that began in them.
    pub total: u64,
    /// Of these, how many completed.
    pub completed: u64,
    /// How many ended with something refused or set aside.
    pub partial: u64,
    /// How many failed.
    pub failures: u64,
    /// How many were cancelled.
    pub cancelled: u64,
    /// How many go on.
    pub running: u64,
    /// The share of completed runs among those that completed, were partial or failed, 0 to 1.
    pub success_rate: f64,
    /// How long a run that has ended took, in milliseconds.
    pub average_duration_ms: u64,
    /// Records that were moved.
    pub rows: u64,
    /// Bytes that were sent and got.
    pub bytes: u64,
    /// By direction: every one, in a fixed order.
    pub by_direction: Vec<DirectionStats>,
    /// By day: every one, the oldest first.
    pub per_day: Vec<DayStats>,
}

/// Runs in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DirectionStats {
    /// The direction.
    pub direction: Direction,
    /// Runs.
    pub total: u64,
    /// How many completed.
    pub completed: u64,
    /// How many failed.
    pub failures: u64,
    /// Records that were moved.
    pub rows: u64,
}

/// Runs that began on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DayStats {
    /// Where the day begins, in UTC.
    pub day: Timestamp,
    /// Runs.
    pub total: u64,
    /// How many completed.
    pub completed: u64,
    /// How many failed.
    pub failures: u64,
    /// Records that were moved.
    pub rows: u64,
}

impl HistoryReader<'_> {
    /// How syncing went over the last `days` days of UTC, today included: 1 to [`STATS_DAYS_MAX`],
    /// [`STATS_DAYS`] is usual.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn sync_stats(&self, days: u32, now: Timestamp) -> Result<SyncStats, HistoryError> {
        let mut stats = SyncStats::empty(days.clamp(1, STATS_DAYS_MAX), now);
        let filter = RunFilter { since: Some(stats.since), ..RunFilter::default() };
        let mut spent = Spent::default();
        let mut after = None;
        loop {
            let runs = self.tx().sync_runs(&filter, after, READ_AT_ONCE)?;
            for run in &runs {
                stats.add(run);
                spent.add(run);
            }
            after = runs.last().map(|run| run.id);
            if runs.len() < READ_AT_ONCE {
                break;
            }
        }
        stats.average_duration_ms = spent.millis.checked_div(spent.runs).unwrap_or(0);
        let judged = stats.completed + stats.partial + stats.failures;
        if judged > 0 {
            stats.success_rate = stats.completed as f64 / judged as f64;
        }
        Ok(stats)
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    millis: u64,
    runs: u64,
}

impl Spent {
    fn add(&mut self, run: &SyncRun) {
        let Some(millis) = run.duration_ms else { return };
        self.millis = self.millis.saturating_add(millis);
        self.runs += 1;
    }
}

impl SyncStats {
    fn empty(days: u32, now: Timestamp) -> Self {
        let today = now.as_millis().div_euclid(DAY_MS) * DAY_MS;
        let day = |back: u32| Timestamp::from_millis(today - i64::from(back) * DAY_MS);
        let none = |day| DayStats { day, total: 0, completed: 0, failures: 0, rows: 0 };
        let of = |direction: &Direction| DirectionStats {
            direction: *direction,
            total: 0,
            completed: 0,
            failures: 0,
            rows: 0,
        };
        Self {
            days,
            since: day(days - 1),
            total: 0,
            completed: 0,
            partial: 0,
            failures: 0,
            cancelled: 0,
            running: 0,
            success_rate: 0.0,
            average_duration_ms: 0,
            rows: 0,
            bytes: 0,
            by_direction: Direction::ALL.iter().map(of).collect(),
            per_day: (0..days).rev().map(|back| none(day(back))).collect(),
        }
    }

    fn add(&mut self, run: &SyncRun) {
        self.total += 1;
        self.rows += run.rows_done;
        self.bytes += run.bytes_up + run.bytes_down;
        match run.status {
            RunStatus::Running => self.running += 1,
            RunStatus::Completed => self.completed += 1,
            RunStatus::Partial => self.partial += 1,
            RunStatus::Failed => self.failures += 1,
            RunStatus::Cancelled => self.cancelled += 1,
        }
        let completed = u64::from(run.status == RunStatus::Completed);
        let failed = u64::from(run.status == RunStatus::Failed);
        let mut directions = self.by_direction.iter_mut();
        if let Some(of) = directions.find(|of| of.direction == run.direction) {
            of.total += 1;
            of.completed += completed;
            of.failures += failed;
            of.rows += run.rows_done;
        }
        // What began after today, by a clock that was ahead, counts for today.
        let days = (run.started_at.as_millis() - self.since.as_millis()) / DAY_MS;
        let last = self.per_day.len().saturating_sub(1);
        let at = usize::try_from(days).unwrap_or(0).min(last);
        if let Some(day) = self.per_day.get_mut(at) {
            day.total += 1;
            day.completed += completed;
            day.failures += failed;
            day.rows += run.rows_done;
        }
    }
}
