//! When to sync: what sets a job off, what holds it back, and when the next one is due.
//!
//! A pure machine: causes and endings go in with the time, and [`Schedule::poll`] says whether to run
//! now or when to ask again. A driver is a loop around it; tests step it on a clock of their own.
//!
//! It goes by the wall clock, which may be set. What lies further ahead than it was ever to wait is
//! due: the clock was set back. What a clock set forward jumped over is due as well. So an altered
//! clock costs one sync that is early, and never one that is late.
//!
//! ```
//! use runlog_core::sync::run::Cause;
//! use runlog_core::sync::schedule::{Gates, Next, Schedule, Timing};
//! use runlog_core::time::Timestamp;
//!
//! let at = |ms| Timestamp::from_millis(ms);
//! let mut schedule = Schedule::new(Timing::default());
//! schedule.set_gates(Gates { has_vault: true, is_unlocked: true, is_on: true, backends: 1 });
//! schedule.cause(Cause::Change, at(1_000));
//! // An edit waits a moment for others.
//! assert_eq!(schedule.poll(at(1_000)), Next::At(at(1_250)));
//! assert_eq!(schedule.poll(at(1_250)), Next::Run(Cause::Change));
//! ```

use super::run::Cause;
use crate::time::Timestamp;

/// Lengths of time that the schedule goes by, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How long an edit or a notice waits for others: 250 unless told.
    pub debounce_ms: u64,
    /// How long after a job a timer, a start or a return of the network waits: 30,000 unless told. A
    /// return of the network after a failure does not wait.
    pub throttle_ms: u64,
    /// How often to sync when nothing happens: every 300,000 unless told.
    pub interval_ms: u64,
    /// How long after the first failure to try again, doubled with each further one: 1,000 unless
    /// told.
    pub backoff_ms: u64,
    /// Longest wait after a failure: 300,000 unless told.
    pub backoff_ms_max: u64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            debounce_ms: 250,
            throttle_ms: 30_000,
            interval_ms: 300_000,
            backoff_ms: 1_000,
            backoff_ms_max: 300_000,
        }
    }
}

/// What has to be so before anything can be synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Gates {
    /// The history belongs to a vault.
    pub has_vault: bool,
    /// The vault's key is at hand.
    pub is_unlocked: bool,
    /// Syncing is switched on as a whole.
    pub is_on: bool,
    /// How many backends take part.
    pub backends: usize,
}

/// What holds syncing back. Each is to be shown: silence would look like "up to date".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Held {
    /// The history belongs to no vault.
    NoVault,
    /// The vault's key is not at hand.
    Locked,
    /// Syncing is switched off.
    Off,
    /// No backend takes part.
    NoBackend,
    /// The last job was a moment ago.
    Throttled {
        /// When the next one is due.
        until: Timestamp,
    },
    /// The last job failed.
    Failing {
        /// When it is tried again.
        until: Timestamp,
        /// How many failed in a row.
        failures: u32,
    },
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Run a job, and tell with [`Schedule::begun`] and [`Schedule::ended`].
    Run(Cause),
    /// Ask again then, or when something happens.
    At(Timestamp),
    /// Ask again when something happens: a gate is shut, or a job is running.
    Wait,
}

/// How a job ended, as far as the schedule needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every backend was reached.
    Reached,
    /// A backend was not reached, or refused.
    Failed {
        /// How long it asks to be left alone, in milliseconds; zero where it does not.
        retry_after_ms: u64,
        /// A random number, so that devices that failed together do not come back together.
        jitter: u32,
    },
}

/// A moment to come, with how long it was ahead when it was set.
#[derive(Clone, Copy, Debug)]
struct Moment {
    at: Timestamp,
    wait_ms: u64,
}

impl Moment {
    fn after(since: Timestamp, wait_ms: u64) -> Self {
        Self { at: since.plus_millis(i64::try_from(wait_ms).unwrap_or(i64::MAX)), wait_ms }
    }

    /// Whether it has come, or lies further ahead than it ever did: the clock was set back.
    fn is_due(self, now: Timestamp) -> bool {
        self.at <= now || self.at.millis_since(now) > self.wait_ms
    }
}

/// A cause that waits for its moment.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    cause: Cause,
    due: Moment,
}

/// When to sync.
#[derive(Clone, Debug)]
pub struct Schedule {
    timing: Timing,
    gates: Gates,
    waiting: Option<Waiting>,
    is_running: bool,
    ended_at: Option<Timestamp>,
    failures: u32,
    retry: Option<Moment>,
}

impl Schedule {
    /// One to which nothing has happened, with all gates shut.
    pub fn new(timing: Timing) -> Self {
        Self {
            timing,
            gates: Gates::default(),
            waiting: None,
            is_running: false,
            ended_at: None,
            failures: 0,
            retry: None,
        }
    }

    /// Says which gates are open.
    pub fn set_gates(&mut self, gates: Gates) {
        self.gates = gates;
    }

    /// Something happened that asks for a job. Of several that wait, the one due first gives the
    /// cause; one by hand goes before all.
    pub fn cause(&mut self, cause: Cause, now: Timestamp) {
        if matches!(cause, Cause::Manual | Cause::Network) {
            // Whoever asks by hand, or sees the network again, knows more than the last failure.
            self.retry = None;
        }
        let due = match cause {
            Cause::Manual => Moment::after(now, 0),
            // Nothing was synced the last time, so there is nothing to hold back for.
            Cause::Network if self.failures > 0 => Moment::after(now, 0),
            // The first edit of several sets the moment, so that a stream of them cannot put it off.
            Cause::Change | Cause::Notice => Moment::after(now, self.timing.debounce_ms),
            _ => self.after_throttle(now),
        };
        let comes_first = self.waiting.is_none_or(|waiting| {
            waiting.cause != Cause::Manual && (cause == Cause::Manual || due.at < waiting.due.at)
        });
        if comes_first {
            self.waiting = Some(Waiting { cause, due });
        }
    }

    /// A job has begun. What happens from now on asks for another one.
    pub fn begun(&mut self) {
        self.is_running = true;
        self.waiting = None;
        self.retry = None;
    }

    /// The job has ended.
    pub fn ended(&mut self, ended: Ended, now: Timestamp) {
        self.is_running = false;
        self.ended_at = Some(now);
        match ended {
            Ended::Reached => self.failures = 0,
            Ended::Failed { retry_after_ms, jitter } => {
                self.failures = self.failures.saturating_add(1);
                let wait = self.backoff(jitter).max(retry_after_ms);
                self.retry = Some(Moment::after(now, wait));
            }
        }
    }

    /// What to do now.
    pub fn poll(&self, now: Timestamp) -> Next {
        if self.is_running || self.shut().is_some() {
            return Next::Wait;
        }
        let (cause, due) = self.due();
        if due.is_due(now) { Next::Run(cause) } else { Next::At(due.at) }
    }

    /// What holds syncing back, if anything does.
    pub fn held(&self, now: Timestamp) -> Option<Held> {
        if let Some(shut) = self.shut() {
            return Some(shut);
        }
        if let Some(retry) = self.retry.filter(|retry| !retry.is_due(now)) {
            return Some(Held::Failing { until: retry.at, failures: self.failures });
        }
        let waiting = self.waiting.filter(|waiting| !is_prompt(waiting.cause))?;
        (!waiting.due.is_due(now)).then_some(Held::Throttled { until: waiting.due.at })
    }

    /// When the next job is due, if nothing happens; `None` while a gate is shut or a job runs.
    pub fn next_at(&self) -> Option<Timestamp> {
        let waits = !self.is_running && self.shut().is_none();
        waits.then(|| self.due().1.at)
    }

    /// How many jobs failed in a row.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    fn shut(&self) -> Option<Held> {
        let Gates { has_vault, is_unlocked, is_on, backends } = self.gates;
        match (has_vault, is_unlocked, is_on, backends) {
            (false, ..) => Some(Held::NoVault),
            (_, _, false, _) => Some(Held::Off),
            (.., 0) => Some(Held::NoBackend),
            (_, false, ..) => Some(Held::Locked),
            _ => None,
        }
    }

    fn due(&self) -> (Cause, Moment) {
        if let Some(Waiting { cause: Cause::Manual, due }) = self.waiting {
            return (Cause::Manual, due);
        }
        // After a failure nothing goes before the retry, or each edit would knock on a dead relay.
        if let Some(retry) = self.retry {
            return (Cause::Retry, retry);
        }
        let at_once = Moment::after(Timestamp::default(), 0);
        let interval = self.timing.interval_ms;
        let timer = self.ended_at.map_or(at_once, |at| Moment::after(at, interval));
        match self.waiting {
            Some(waiting) if waiting.due.at <= timer.at || self.ended_at.is_none() => {
                (waiting.cause, waiting.due)
            }
            _ => (Cause::Timer, timer),
        }
    }

    fn after_throttle(&self, now: Timestamp) -> Moment {
        let rested = self.ended_at.map(|at| Moment::after(at, self.timing.throttle_ms));
        rested.filter(|rested| !rested.is_due(now)).unwrap_or(Moment::after(now, 0))
    }

    /// Doubled with each failure, and of that between a half and the whole.
    fn backoff(&self, jitter: u32) -> u64 {
        let doublings = self.failures.saturating_sub(1).min(32);
        let whole = self.timing.backoff_ms.saturating_mul(1 << doublings);
        let whole = whole.min(self.timing.backoff_ms_max);
        whole / 2 + (whole / 2) * u64::from(jitter) / u64::from(u32::MAX)
    }
}

/// Whether a cause goes through at once, throttle or not.
fn is_prompt(cause: Cause) -> bool {
    matches!(cause, Cause::Manual | Cause::Change | Cause::Notice)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Gates = Gates { has_vault: true, is_unlocked: true, is_on: true, backends: 2 };

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + millis)
    }

    fn open() -> Schedule {
        let mut schedule = Schedule::new(Timing::default());
        schedule.set_gates(OPEN);
        schedule
    }

    /// One that has just run.
    fn rested() -> Schedule {
        let mut schedule = open();
        schedule.cause(Cause::Start, at(0));
        assert_eq!(schedule.poll(at(0)), Next::Run(Cause::Start));
        schedule.begun();
        schedule.ended(Ended::Reached, at(0));
        schedule
    }

    fn failed(retry_after_ms: u64, jitter: u32) -> Ended {
        Ended::Failed { retry_after_ms, jitter }
    }

    #[test]
    fn each_shut_gate_is_told_and_holds_all_causes() {
        let shut = [
            (Gates { has_vault: false, ..OPEN }, Held::NoVault),
            (Gates { is_unlocked: false, ..OPEN }, Held::Locked),
            (Gates { is_on: false, ..OPEN }, Held::Off),
            (Gates { backends: 0, ..OPEN }, Held::NoBackend),
        ];
        for (gates, held) in shut {
            let mut schedule = Schedule::new(Timing::default());
            schedule.set_gates(gates);
            schedule.cause(Cause::Start, at(0));
            schedule.cause(Cause::Change, at(0));
            assert_eq!(schedule.poll(at(1_000_000)), Next::Wait);
            assert_eq!(schedule.held(at(0)), Some(held));
            assert_eq!(schedule.next_at(), None);
            schedule.set_gates(OPEN);
            assert!(matches!(schedule.poll(at(1_000_000)), Next::Run(_)));
        }
    }

    #[test]
    fn a_stream_of_edits_is_one_job_and_is_not_put_off() {
        let mut schedule = rested();
        for moment in 0..10 {
            schedule.cause(Cause::Change, at(1_000 + moment * 100));
        }
        assert_eq!(schedule.poll(at(1_249)), Next::At(at(1_250)));
        assert_eq!(schedule.poll(at(1_250)), Next::Run(Cause::Change));
        schedule.begun();
        assert_eq!(schedule.poll(at(1_300)), Next::Wait);
        schedule.cause(Cause::Change, at(1_400));
        schedule.ended(Ended::Reached, at(1_500));
        assert_eq!(schedule.poll(at(1_650)), Next::Run(Cause::Change));
    }

    #[test]
    fn timers_and_starts_are_throttled_and_edits_notices_and_hands_are_not() {
        let mut schedule = rested();
        schedule.cause(Cause::Start, at(10_000));
        assert_eq!(schedule.poll(at(10_000)), Next::At(at(30_000)));
        assert_eq!(schedule.held(at(10_000)), Some(Held::Throttled { until: at(30_000) }));
        for (cause, due) in [(Cause::Notice, 10_250), (Cause::Manual, 10_100)] {
            let mut schedule = schedule.clone();
            schedule.cause(cause, at(if cause == Cause::Manual { 10_100 } else { 10_000 }));
            assert_eq!(schedule.poll(at(due)), Next::Run(cause));
        }
        assert_eq!(schedule.poll(at(30_000)), Next::Run(Cause::Start));
    }

    #[test]
    fn without_any_cause_the_timer_runs() {
        let schedule = rested();
        assert_eq!(schedule.poll(at(1)), Next::At(at(300_000)));
        assert_eq!(schedule.held(at(1)), None);
        assert_eq!(schedule.poll(at(300_000)), Next::Run(Cause::Timer));
    }

    #[test]
    fn failures_back_off_and_say_when_next() {
        let mut schedule = rested();
        let mut now = 10_000;
        for (failures, whole) in [(1, 1_000), (2, 2_000), (3, 4_000), (4, 8_000)] {
            schedule.begun();
            schedule.ended(failed(0, u32::MAX), at(now));
            let until = at(now + whole);
            assert_eq!(schedule.held(at(now)), Some(Held::Failing { until, failures }));
            // An edit does not knock earlier.
            schedule.cause(Cause::Change, at(now));
            assert_eq!(schedule.poll(at(now + whole - 1)), Next::At(until));
            assert_eq!(schedule.poll(until), Next::Run(Cause::Retry));
            now += whole;
        }
        schedule.begun();
        schedule.ended(Ended::Reached, at(now));
        assert_eq!((schedule.failures(), schedule.held(at(now))), (0, None));
    }

    #[test]
    fn backoff_is_bounded_spread_and_obeys_the_relay() {
        let mut schedule = open();
        for _ in 0..100 {
            schedule.begun();
            schedule.ended(failed(0, 0), at(0));
        }
        assert_eq!(schedule.next_at(), Some(at(150_000)));
        schedule.ended(failed(0, u32::MAX), at(0));
        assert_eq!(schedule.next_at(), Some(at(300_000)));
        schedule.ended(failed(900_000, 0), at(0));
        assert_eq!(schedule.next_at(), Some(at(900_000)));
    }

    #[test]
    fn a_hand_and_the_network_do_not_wait_for_the_retry() {
        for cause in [Cause::Manual, Cause::Network] {
            let mut schedule = open();
            schedule.begun();
            schedule.ended(failed(60_000, 0), at(0));
            schedule.cause(cause, at(2_000));
            assert_eq!(schedule.poll(at(2_000)), Next::Run(cause));
        }
        let mut schedule = rested();
        schedule.cause(Cause::Network, at(2_000));
        assert_eq!(schedule.poll(at(2_000)), Next::At(at(30_000)));
    }

    /// The clock is set back by an hour at once after what was to wait was told.
    #[test]
    fn a_clock_set_back_holds_off_nothing() {
        const HOUR: i64 = 3_600_000;
        for cause in [Cause::Change, Cause::Notice, Cause::Start, Cause::Network] {
            let mut schedule = rested();
            schedule.cause(cause, at(1_000));
            assert!(matches!(schedule.poll(at(1_000)), Next::At(_)));
            assert_eq!(schedule.poll(at(1_000 - HOUR)), Next::Run(cause));
            assert_eq!(schedule.held(at(1_000 - HOUR)), None);
        }
        assert_eq!(rested().poll(at(-HOUR)), Next::Run(Cause::Timer));
        for retry_after_ms in [0, 900_000] {
            let mut schedule = open();
            schedule.begun();
            schedule.ended(failed(retry_after_ms, 0), at(0));
            assert!(matches!(schedule.held(at(0)), Some(Held::Failing { .. })));
            assert_eq!(schedule.poll(at(-HOUR)), Next::Run(Cause::Retry));
            assert_eq!(schedule.held(at(-HOUR)), None);
        }
    }

    #[test]
    fn what_happens_after_the_clock_was_set_back_goes_by_the_new_time() {
        let mut schedule = rested();
        // The timer of the old time does not go before the edit's moment, nor the throttle.
        let now = -3_600_000;
        schedule.cause(Cause::Change, at(now));
        assert_eq!(schedule.poll(at(now)), Next::At(at(now + 250)));
        let mut schedule = rested();
        schedule.cause(Cause::Start, at(now));
        assert_eq!(schedule.poll(at(now)), Next::Run(Cause::Start));
        schedule.begun();
        schedule.ended(Ended::Reached, at(now + 10));
        assert_eq!(schedule.poll(at(now + 10)), Next::At(at(now + 300_010)));
        schedule.begun();
        schedule.ended(failed(0, 0), at(now + 20));
        assert_eq!(schedule.poll(at(now + 20)), Next::At(at(now + 520)));
    }

    /// Set back by less than it waits, the clock cannot be told from one that was not, until it shows:
    /// nothing waits twice its time.
    #[test]
    fn a_clock_set_back_a_little_at_most_doubles_a_wait() {
        let mut schedule = rested();
        schedule.cause(Cause::Start, at(10_000));
        let Next::At(until) = schedule.poll(at(20_000)) else { unreachable!("it is throttled") };
        // Ten seconds of the thirty are over, and the clock goes back by five.
        assert_eq!(schedule.poll(at(15_000)), Next::At(until));
        assert_eq!(schedule.poll(at(-1)), Next::Run(Cause::Start));
        assert_eq!(until, at(30_000));
    }
}
