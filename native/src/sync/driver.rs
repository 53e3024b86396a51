//! One job: the loop around the state machine of [`runlog_core::sync::engine`].

use std::collections::BTreeMap;

use runlog_core::history::History;
use runlog_core::store::Backend;
use runlog_core::sync::engine::{Job, TransportError, Want, close_interrupted};
use runlog_core::sync::run::{RunFilter, RunStatus, SyncRun};
use runlog_sqlite::SqliteStore;

use super::carrier::Carrier;
use super::session::Session;
use super::{Cancel, SyncError, SyncLock, SyncOptions, SyncReport};
use crate::connect::open_history;
use crate::relay::RelayError;
use crate::vault::OpenVault;
use crate::{Error, Runlog, system};

impl Runlog {
    /// Syncs once, on a connection of its own, so that others read and write meanwhile. `progress`
    /// is told after each step how the run under way stands.
    ///
    /// # Errors
    /// [`SyncError`] where no run was begun. How a run ended, a failed one too, is in the report.
    pub fn sync_now(
        &self,
        open: &OpenVault,
        options: &SyncOptions,
        progress: &mut dyn FnMut(&SyncRun),
        cancel: &Cancel,
    ) -> Result<SyncReport, SyncError> {
        let backends = self.may_sync(open, options)?;
        let _lock = SyncLock::acquire(self.path(), options.lock_wait, cancel)?;
        self.close_interrupted_syncs()?;
        let pauses = backends.iter().map(|backend| backend.id).collect();
        let backup = match options.wants_backup() {
            true => Some(self.backup_before_sync(pauses)?.display().to_string()),
            false => None,
        };
        let sessions = backends
            .iter()
            .map(|backend| (backend.id, Session::new(self, open, backend)))
            .collect::<BTreeMap<_, _>>();
        let carrier = Carrier::new(sessions, cancel.clone())
            .map_err(Error::file("start a thread for", self.path()))?;
        let mut history = open_history(self.path(), self.options())?;
        let mut job = Job::new(open.vault(), options.job(backup));
        let errors = drive(&mut job, &mut history, &carrier, progress, cancel)?;
        keep_history(&mut history);
        // It may have become another device.
        self.reload_device()?;
        Ok(SyncReport { runs: job.runs().cloned().collect(), errors })
    }

    /// The backends to sync with, if nothing forbids it.
    fn may_sync(&self, open: &OpenVault, options: &SyncOptions) -> Result<Vec<Backend>, SyncError> {
        let readiness = self.read(|history| history.sync_readiness())?;
        Ok(readiness.may_sync(open.vault().keys(), &options.backends)?)
    }

    /// Closes runs that a crash cut off. The caller holds the lock.
    pub(crate) fn close_interrupted_syncs(&self) -> Result<(), Error> {
        if self.has_running_sync()? {
            self.write(close_interrupted)?;
        }
        Ok(())
    }

    /// Whether a run stands as under way, be it that it is or that a crash cut it off.
    pub(crate) fn has_running_sync(&self) -> Result<bool, Error> {
        let filter = RunFilter { status: Some(RunStatus::Running), ..RunFilter::default() };
        self.read(|history| Ok(!history.tx().sync_runs(&filter, None, 1)?.is_empty()))
    }
}

/// Removes what is too old of the history of syncing (SPEC H4). What the job did stands without it.
fn keep_history(history: &mut History<SqliteStore>) {
    let kept = history.write(system::now(), |tx| tx.keep_sync_history());
    if let Err(error) = kept {
        tracing::warn!(%error, "the history of syncing was not shortened");
    }
}

fn drive(
    job: &mut Job,
    history: &mut History<SqliteStore>,
    carrier: &Carrier,
    progress: &mut dyn FnMut(&SyncRun),
    cancel: &Cancel,
) -> Result<Vec<(runlog_core::store::BackendId, RelayError)>, SyncError> {
    let mut entropy = system::entropy();
    let mut errors = Vec::new();
    let mut current = None;
    loop {
        if cancel.is_cancelled() {
            job.cancel();
        }
        match job.poll(history, system::now(), &mut entropy)? {
            Want::Done => return Ok(errors),
            Want::Continue => {}
            Want::Send(errand) => {
                let backend = errand.backend;
                current = Some(backend);
                carrier.send(errand);
                job.work_ahead(history, &mut entropy)?;
                match carrier.wait() {
                    Ok(exchange) => {
                        job.count_bytes(exchange.bytes_up, exchange.bytes_down);
                        job.answer(Ok(exchange.answer));
                    }
                    // The next step ends the run as stopped, without an answer.
                    Err(RelayError::Cancelled) => job.cancel(),
                    Err(RelayError::Refused { relay, refusal }) => {
                        let answer = runlog_core::sync::message::Answer::Refused(refusal.clone());
                        errors.push((backend, RelayError::Refused { relay, refusal }));
                        job.answer(Ok(answer));
                    }
                    Err(error) => {
                        job.answer(Err(TransportError { message: error.to_string() }));
                        errors.push((backend, error));
                    }
                }
            }
        }
        let is_current = |run: &&SyncRun| current.is_none_or(|current| run.backend == current);
        if let Some(run) = job.runs().find(is_current) {
            progress(run);
        }
    }
}
