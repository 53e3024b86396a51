//! A thread that syncs whenever there is a reason to.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use runlog_core::store::BackendId;
use runlog_core::sync::run::Cause;
use runlog_core::sync::schedule::{Ended, Next, Schedule};

use super::gates::Standing;
use super::listener::Listeners;
use super::options::{SyncOptions, SyncReport, SyncerOptions};
use super::status::{Board, SyncerStatus};
use super::watch::Watch;
use super::{Cancel, SyncError};
use crate::vault::OpenVault;
use crate::{Error, Runlog, system};

/// What a syncer's thread is told.
#[derive(Debug)]
pub(super) enum Message {
    /// A relay says that it has a sequence.
    Notice(BackendId, u64),
    /// A relay answers, after it was not listened to.
    Answers(BackendId),
    /// Something asks for a sync.
    Cause(Cause),
    /// Wake up: it is to end.
    Stop,
}

/// Syncs a history in the background: at the start, soon after each edit, at once when a relay has
/// news or answers again, and every few minutes. [`Runlog::syncer`] starts one.
///
/// It ends when it is dropped.
#[derive(Debug)]
pub struct Syncer {
    board: Arc<Board>,
    messages: Sender<Message>,
    cancel: Cancel,
    thread: Option<JoinHandle<()>>,
}

impl Runlog {
    /// Starts to sync this history in the background, on connections of its own.
    ///
    /// # Errors
    /// As [`Runlog::open`].
    pub fn syncer(&self, options: SyncerOptions) -> Result<Syncer, Error> {
        let runlog = Arc::new(Runlog::open_with(self.path(), self.options().clone())?);
        let (board, cancel) = (Arc::new(Board::default()), Cancel::new());
        let (messages, inbox) = channel();
        let thread = Thread {
            listeners: Listeners::new(runlog.clone(), messages.clone()),
            schedule: Schedule::new(options.timing),
            watch: Watch::default(),
            standing: None,
            unreachable: BTreeSet::new(),
            board: board.clone(),
            cancel: cancel.clone(),
            runlog,
            options,
        };
        let spawned = std::thread::Builder::new()
            .name("runlog-syncer".to_owned())
            .spawn(move || thread.run(&inbox));
        let thread = spawned.map_err(Error::file("start a thread for", self.path()))?;
        Ok(Syncer { board, messages, cancel, thread: Some(thread) })
    }
}

impl Syncer {
    /// How it stands.
    pub fn status(&self) -> SyncerStatus {
        self.board.status()
    }

    /// Waits until it stands otherwise than at `version`, at most so long.
    pub fn wait_for_change(&self, version: u64, timeout: Duration) -> SyncerStatus {
        self.board.wait(version, timeout)
    }

    /// Has a function called with each new status, on the syncer's thread: it must be quick.
    pub fn on_change(&self, told: impl Fn(&SyncerStatus) + Send + Sync + 'static) {
        self.board.on_change(Box::new(told));
    }

    /// Asks for a sync: by hand, or because the network came back or the program went on.
    pub fn ask(&self, cause: Cause) {
        // Fails where it has ended, which its status says.
        let _ = self.messages.send(Message::Cause(cause));
    }

    /// Ends it. A sync under way is stopped; what it did by then stays.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.cancel.cancel();
        let _ = self.messages.send(Message::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.end();
    }
}

/// What the thread has.
struct Thread {
    runlog: Arc<Runlog>,
    options: SyncerOptions,
    schedule: Schedule,
    watch: Watch,
    listeners: Listeners,
    standing: Option<Standing>,
    /// Backends that the last sync did not reach.
    unreachable: BTreeSet<BackendId>,
    board: Arc<Board>,
    cancel: Cancel,
}

impl Thread {
    fn run(mut self, inbox: &Receiver<Message>) {
        self.schedule.cause(Cause::Start, system::now());
        let mut told = None;
        while !self.cancel.is_cancelled() {
            if let Some(message) = told.take() {
                self.take(message);
            }
            self.look();
            let now = system::now();
            let next = self.schedule.poll(now);
            if let Next::Run(cause) = next {
                self.sync(cause);
                continue;
            }
            self.show();
            let wait = match next {
                Next::At(at) => Duration::from_millis(at.millis_since(now)),
                _ => Duration::MAX,
            };
            told = match inbox.recv_timeout(wait.min(self.options.watch_every)) {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => break,
            };
        }
        self.board.change(|status| status.has_ended = true);
    }

    fn take(&mut self, message: Message) {
        let now = system::now();
        match message {
            Message::Stop => {}
            Message::Cause(cause) => self.schedule.cause(cause, now),
            Message::Notice(backend, head) if self.is_news(backend, head) => {
                self.schedule.cause(Cause::Notice, now);
            }
            Message::Notice(..) => {}
            // Whoever listens to a relay tries again and again: that is the probe for the network.
            Message::Answers(backend) if self.unreachable.remove(&backend) => {
                self.schedule.cause(Cause::Network, now);
            }
            Message::Answers(_) => {}
        }
    }

    /// Whether a relay has more than this device has heard of: after each of its own pushes it is
    /// told, too.
    fn is_news(&self, backend: BackendId, head: u64) -> bool {
        self.runlog.read(|history| history.is_news(backend, head)).unwrap_or_default()
    }

    /// Looks whether the history was written to, and at its gates.
    fn look(&mut self) {
        let given = self.options.vault.clone();
        match self.watch.look(&self.runlog, given.as_ref()) {
            Ok(None) => {}
            Ok(Some(standing)) => {
                self.schedule.set_gates(standing.gates());
                let taking_part = standing.readiness.taking_part();
                self.listeners.listen_to(standing.open.as_ref(), &taking_part.collect::<Vec<_>>());
                if self.watch.is_news(&standing) {
                    self.schedule.cause(Cause::Change, system::now());
                }
                self.standing = Some(standing);
            }
            Err(error) => self.board.change(|status| status.last_error = Some(error.to_string())),
        }
    }

    fn sync(&mut self, cause: Cause) {
        let open = self.standing.as_ref().and_then(|standing| standing.open.clone());
        let Some(open) = open else { return };
        self.schedule.begun();
        self.show();
        let synced = self.sync_once(&open, cause);
        let ended = match &synced {
            Ok(report) if report.is_reached() => Ended::Reached,
            Ok(report) => failed(report.errors.iter().map(|(_, e)| e.retry_after_ms()).max()),
            Err(_) => failed(None),
        };
        if let Ok(report) = &synced {
            let offline = report.errors.iter().filter(|(_, error)| error.is_offline());
            self.unreachable = offline.map(|(backend, _)| *backend).collect();
        }
        let now = system::now();
        self.schedule.ended(ended, now);
        let (held, next_at) = (self.schedule.held(now), self.schedule.next_at());
        // At once, so that nobody sees a syncer that rests without saying until when.
        self.board.change(|status| {
            (status.held, status.next_at) = (held, next_at);
            status.running = None;
            status.last_error = match &synced {
                Ok(report) => report.runs.iter().find_map(|run| run.error.clone()),
                Err(error) => Some(error.to_string()),
            };
            if let Ok(report) = synced {
                status.last = report.runs;
            }
        });
    }

    fn sync_once(&self, open: &OpenVault, cause: Cause) -> Result<SyncReport, SyncError> {
        let triggered_by = self.options.triggered_by.clone();
        let options = SyncOptions { cause, triggered_by, ..SyncOptions::default() };
        let board = &self.board;
        let mut progress =
            |run: &_| board.change(|status| status.running = Some(Clone::clone(run)));
        self.runlog.sync_now(open, &options, &mut progress, &self.cancel)
    }

    fn show(&self) {
        let now = system::now();
        let (held, next_at) = (self.schedule.held(now), self.schedule.next_at());
        self.board.change(|status| {
            status.held = held;
            status.next_at = next_at;
        });
    }
}

fn failed(retry_after_ms: Option<u64>) -> Ended {
    let retry_after_ms = retry_after_ms.unwrap_or_default();
    Ended::Failed { retry_after_ms, jitter: system::random_number() }
}
