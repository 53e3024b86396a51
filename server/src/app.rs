//! What all routes share.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use runlog_core::id::DeviceId;
use runlog_core::sealed::VaultId;
use runlog_core::time::Timestamp;
use tokio::sync::{Semaphore, watch};

use crate::config::{Clock, Limits};
use crate::metrics::Metrics;
use crate::notices::Notices;
use crate::problem::Problem;
use crate::rate::Rate;
use crate::secret;
use crate::store::{AccessTx, Account, Caller, RelayStore, StoreResult};

/// What all routes share.
pub(crate) struct App {
    pub(crate) store: Arc<dyn RelayStore>,
    pub(crate) limits: Limits,
    pub(crate) clock: Clock,
    pub(crate) notices: Notices,
    pub(crate) metrics: Metrics,
    /// By device.
    pub(crate) devices: Rate<(VaultId, DeviceId)>,
    /// By address, for those who show no device token.
    pub(crate) addresses: Rate<IpAddr>,
    /// Turns true when the server stops.
    pub(crate) stopping: watch::Receiver<bool>,
    reads: Arc<Semaphore>,
    writes: Arc<Semaphore>,
    /// When a device was last noted as seen.
    seen: Mutex<HashMap<(VaultId, DeviceId), Timestamp>>,
}

/// A device is noted as seen this often, so that asking does not mean writing.
const SEEN_EVERY_MS: u64 = 60_000;

impl App {
    pub(crate) fn new(
        store: Arc<dyn RelayStore>,
        limits: Limits,
        clock: Clock,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let parallelism = store.parallelism();
        Self {
            store,
            notices: Notices::default(),
            metrics: Metrics::default(),
            devices: Rate::new(limits.requests_per_second, limits.burst),
            addresses: Rate::new(limits.requests_per_second, limits.burst),
            stopping,
            reads: Arc::new(Semaphore::new(parallelism.reads)),
            writes: Arc::new(Semaphore::new(parallelism.writes)),
            seen: Mutex::default(),
            limits,
            clock,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Runs blocking work on the store on a thread of its own, when the store has room for it.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        writes: bool,
        work: impl FnOnce(&dyn RelayStore) -> StoreResult<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let room = if writes { &self.writes } else { &self.reads };
        let permit = room.clone().acquire_owned().await.map_err(|_| Problem::Failed)?;
        let store = self.store.clone();
        let span = tracing::Span::current();
        let task = tokio::task::spawn_blocking(move || {
            let result = span.in_scope(|| work(&*store));
            drop(permit);
            result
        });
        match task.await {
            Ok(result) => Ok(result?),
            Err(error) => {
                tracing::error!(%error, "the work on a request died");
                Err(Problem::Failed)
            }
        }
    }

    /// Work on accounts and access.
    pub(crate) async fn access<T: Send + 'static>(
        &self,
        writes: bool,
        mut work: impl FnMut(&mut dyn AccessTx) -> StoreResult<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let found = self.blocking(writes, move |store| {
            let mut found = None;
            let mut work = |tx: &mut dyn AccessTx| {
                found = Some(work(tx)?);
                Ok(())
            };
            if writes { store.write_access(&mut work) } else { store.read_access(&mut work) }?;
            Ok(found)
        });
        found.await?.ok_or(Problem::Failed)
    }

    /// The device that shows its token, for this vault.
    pub(crate) async fn caller(
        &self,
        vault: VaultId,
        headers: &HeaderMap,
    ) -> Result<Caller, Problem> {
        let hash = secret::hash(bearer(headers)?.as_bytes());
        let caller = self.access(false, move |tx| tx.caller(&hash)).await?;
        let caller =
            caller.filter(|caller| secret::same(&caller.token, &hash) && caller.vault == vault);
        let caller = caller.ok_or(Problem::Unauthorised)?;
        let (who, now) = ((caller.vault, caller.device), self.now());
        let busy = |retry_after_ms| Problem::Busy { retry_after_ms };
        self.devices.take(who, now).map_err(busy)?;
        if self.is_news(who, now) {
            self.access(true, move |tx| tx.seen(&caller, now)).await?;
        }
        Ok(caller)
    }

    fn is_news(&self, who: (VaultId, DeviceId), now: Timestamp) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let last = seen.get(&who);
        let news = last.is_none_or(|last| now.millis_since(*last) >= SEEN_EVERY_MS);
        if news {
            seen.insert(who, now);
        }
        news
    }

    /// The account that shows its token.
    pub(crate) async fn account(&self, headers: &HeaderMap) -> Result<Account, Problem> {
        let hash = secret::hash(bearer(headers)?.as_bytes());
        let account = self.access(false, move |tx| tx.account(&hash)).await?;
        let account = account.filter(|account| secret::same(&account.token, &hash));
        account.ok_or(Problem::Unauthorised)
    }

    /// Counts a request of somebody who is known by the address only.
    pub(crate) fn count_address(&self, address: IpAddr) -> Result<(), Problem> {
        let taken = self.addresses.take(address, self.now());
        taken.map_err(|retry_after_ms| Problem::Busy { retry_after_ms })
    }
}

/// The secret behind `Authorization: Bearer`.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, secret) = value.and_then(|value| value.split_once(' ')).unwrap_or_default();
    let shown = scheme.eq_ignore_ascii_case("bearer") && !secret.is_empty();
    if shown { Ok(secret.trim()) } else { Err(Problem::Unauthorised) }
}
