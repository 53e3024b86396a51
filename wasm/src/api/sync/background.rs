//! When to sync: [`runlog_core::sync::schedule`], told by the worker what happens.

use runlog_core::store::Store;
use runlog_core::sync::readiness::Noticed;
use runlog_core::sync::run::Cause;
use runlog_core::sync::schedule::{Ended, Held, Next, Schedule, Timing};
use runlog_core::time::Timestamp;
use serde_json::{Value, json};

use super::super::arguments::{Text, arguments};
use super::super::shape::BackendName;
use super::super::{Api, ApiError};

/// Syncing in the background.
#[derive(Debug)]
pub(in super::super) struct Background {
    schedule: Schedule,
    noticed: Noticed,
    last_error: Option<String>,
}

arguments! {
    /// Begins to sync in the background.
    #[derive(Debug)]
    pub(super) struct Start {
        /// How often to sync when nothing happens, in milliseconds.
        every_ms ("everyMs"): Option<u64>,
    }

    /// Something asks for a sync.
    #[derive(Debug)]
    pub(super) struct Told {
        cause: Text<Cause>,
    }

    /// A relay says where it is.
    #[derive(Debug)]
    pub(super) struct Notice {
        backend: BackendName,
        /// The vault's newest sequence there.
        head: u64,
    }

    /// A sync in the background has ended.
    #[derive(Debug)]
    pub(super) struct HasEnded {
        is_reached ("isReached"): bool,
        /// How long a relay asks to be left alone, in milliseconds.
        retry_after_ms ("retryAfterMs"): u64 = 0,
        /// A random number.
        jitter: u32,
        /// Why it could not begin, or what went wrong in it.
        error: Option<String>,
    }
}

impl Background {
    /// How it stands, for people.
    pub(in super::super) fn shown(&self, now: Timestamp) -> Value {
        json!({
            "held": self.schedule.held(now).map(held),
            "nextAt": self.schedule.next_at().map(Timestamp::as_millis),
            "lastError": self.last_error,
        })
    }
}

fn held(held: Held) -> Value {
    match held {
        Held::NoVault => json!({ "by": "no_vault" }),
        Held::Locked => json!({ "by": "locked" }),
        Held::Off => json!({ "by": "off" }),
        Held::NoBackend => json!({ "by": "no_backend" }),
        Held::Throttled { until } => json!({ "by": "throttled", "until": until.as_millis() }),
        Held::Failing { until, failures } => {
            json!({ "by": "failing", "until": until.as_millis(), "failures": failures })
        }
        _ => json!({ "by": "off" }),
    }
}

impl<S: Store> Api<S> {
    pub(super) fn start_background(&mut self, start: &Start, now: Timestamp) -> Value {
        let mut timing = Timing::default();
        timing.interval_ms = start.every_ms.unwrap_or(timing.interval_ms);
        let mut schedule = Schedule::new(timing);
        schedule.cause(Cause::Start, now);
        let noticed = Noticed::default();
        self.held.background = Some(Background { schedule, noticed, last_error: None });
        Value::Null
    }

    pub(super) fn stop_background(&mut self) -> Value {
        self.held.background = None;
        Value::Null
    }

    pub(super) fn cause(&mut self, told: &Told, now: Timestamp) -> Value {
        if let Some(background) = &mut self.held.background {
            background.schedule.cause(told.cause.0, now);
        }
        Value::Null
    }

    pub(super) fn notice(&mut self, notice: &Notice, now: Timestamp) -> Result<Value, ApiError> {
        let (backend, head) = (notice.backend.0, notice.head);
        let is_news = self.history.read(|reader| reader.is_news(backend, head))?;
        if let Some(background) = self.held.background.as_mut().filter(|_| is_news) {
            background.schedule.cause(Cause::Notice, now);
        }
        Ok(json!({ "isNews": is_news }))
    }

    /// Sets the gates, takes edits for a cause, and says which backends are to be listened to.
    pub(super) fn look(&mut self, now: Timestamp) -> Result<Value, ApiError> {
        let Some(background) = &mut self.held.background else {
            return Ok(json!({ "listenTo": [] }));
        };
        let readiness = self.history.read(|reader| reader.sync_readiness())?;
        let is_open = self.held.vault.is_some();
        background.schedule.set_gates(readiness.gates(is_open));
        if background.noticed.is_news(&readiness) {
            background.schedule.cause(Cause::Change, now);
        }
        let listened = readiness.taking_part().filter(|_| is_open && readiness.is_on);
        let ids: Vec<String> = listened.map(|backend| backend.id.to_string()).collect();
        Ok(json!({ "listenTo": ids }))
    }

    pub(super) fn next(&mut self, now: Timestamp) -> Value {
        let next = self.held.background.as_ref().map(|held| held.schedule.poll(now));
        match next {
            Some(Next::Run(cause)) => json!({ "run": cause }),
            Some(Next::At(at)) => json!({ "at": at.as_millis() }),
            _ => json!({}),
        }
    }

    pub(super) fn begun(&mut self) -> Value {
        if let Some(background) = &mut self.held.background {
            background.schedule.begun();
        }
        Value::Null
    }

    pub(super) fn ended(&mut self, ended: &HasEnded, now: Timestamp) -> Value {
        if let Some(background) = &mut self.held.background {
            let HasEnded { is_reached, retry_after_ms, jitter, .. } = *ended;
            let how = match is_reached {
                true => Ended::Reached,
                false => Ended::Failed { retry_after_ms, jitter },
            };
            background.schedule.ended(how, now);
            background.last_error = ended.error.clone();
        }
        Value::Null
    }
}
