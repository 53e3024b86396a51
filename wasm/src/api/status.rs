//! How this device stands toward its backends, with the sync under way.

use runlog_core::order;
use runlog_core::store::Store;
use runlog_core::sync::reading::BackendOverview;
use runlog_core::time::Timestamp;
use serde_json::{Value, json};

use super::sync::url_of;
use super::{Api, ApiError, shape_sync};

impl<S: Store> Api<S> {
    pub(super) fn sync_status(&mut self, now: Timestamp) -> Result<Value, ApiError> {
        let (is_on, mut overview) =
            self.history.read(|reader| Ok((reader.is_sync_on()?, reader.sync_overview(now)?)))?;
        let backends = self.backends_in_order()?;
        let place = |of: &BackendOverview| backends.iter().position(|held| held.id == of.id);
        order::sort_by_key(&mut overview.backends, place);
        let shown = overview.backends.iter().map(|backend| {
            let url = place(backend).map(|at| url_of(&backends[at])).unwrap_or_default();
            self.backend_status(backend, &url)
        });
        Ok(json!({
            "state": overview.state,
            "since": overview.since.map(Timestamp::as_millis),
            "isOn": is_on,
            "isSyncing": self.held.job.is_some(),
            "deviceId": self.history.device(),
            "background": self.held.background.as_ref().map(|held| held.shown(now)),
            "backends": shown.collect::<Vec<_>>(),
        }))
    }

    fn backend_status(&self, backend: &BackendOverview, url: &str) -> Value {
        // The run under way is ahead of what was written of it.
        let running = self.held.job.as_ref().and_then(|job| job.run_with(backend.id));
        let counts = |problems: &[_]| problems.iter().map(shape_sync::problems).collect::<Vec<_>>();
        let heard = backend.heard_at.is_some();
        json!({
            "id": backend.id,
            "name": backend.name,
            "url": url,
            "enabled": backend.enabled,
            "state": backend.state,
            "words": backend.words,
            "since": backend.since.map(Timestamp::as_millis),
            "waiting": backend.waiting,
            "toGet": backend.to_get,
            "rejected": counts(&backend.refused),
            "setAside": counts(&backend.set_aside),
            "lastHeardAt": backend.heard_at.map(Timestamp::as_millis),
            "clockOffsetMs": heard.then_some(backend.clock_offset_ms),
            "usedBytes": heard.then_some(backend.quota_used_bytes),
            "quotaBytes": backend.quota_bytes,
            "lastRun": running.or(backend.last_run.as_ref()).map(shape_sync::run),
        })
    }
}
