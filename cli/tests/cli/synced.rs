//! A history of a session that meets another device over a relay in memory.

use std::sync::Arc;

use runlog_core::change::ChangeNumber;
use runlog_core::crypto::VaultSecret;
use runlog_core::history::{History, HistoryWriter};
use runlog_core::id::{DeviceId, ExecutionId};
use runlog_core::model::NewExecution;
use runlog_core::relay::{MemoryRelay, RelayLimits};
use runlog_core::store::{Backend, BackendId, MemoryStore, Store};
use runlog_core::sync::engine::{Job, JobOptions, TransportError, Want};
use runlog_core::sync::run::SyncRun;
use runlog_core::sync::vault::Vault;
use runlog_sqlite::{Options, SqliteStore, rusqlite};

use crate::session::Session;

/// What the session's device and the other one share.
pub(crate) struct Synced<'a> {
    session: &'a Session,
    vault: Arc<Vault>,
    relay: MemoryRelay,
    pub(crate) reachable: bool,
    other: History<MemoryStore>,
    random: u64,
}

impl<'a> Synced<'a> {
    /// Adds the relay to the session's history, which has been made.
    pub(crate) fn new(session: &'a Session) -> Self {
        let secret = VaultSecret::generate(&mut |bytes: &mut [u8]| bytes.fill(7));
        let vault = Arc::new(Vault::new(secret.keys()));
        let relay = MemoryRelay::new(RelayLimits::default());
        let mut other = History::open(MemoryStore::new(), DeviceId::from_u128(0xd2)).unwrap();
        add_relay(&mut other);
        add_relay(&mut opened(session));
        Self { session, vault, relay, reachable: true, other, random: 1 }
    }

    /// Syncs the session's device.
    pub(crate) fn sync(&mut self) -> SyncRun {
        self.sync_as(JobOptions::default())
    }

    pub(crate) fn sync_as(&mut self, options: JobOptions) -> SyncRun {
        let mut history = opened(self.session);
        let job = Job::new(self.vault.clone(), options);
        carry(job, &mut history, &mut self.relay, self.reachable, &mut self.random)
    }

    /// The other device syncs, edits an execution, and syncs again.
    pub(crate) fn other_edits(&mut self, edit: impl FnOnce(&mut HistoryWriter<'_>, ExecutionId)) {
        let id: ExecutionId = self.session.newest()["id"].as_str().unwrap().parse().unwrap();
        self.sync_other();
        self.other
            .write(runlog::now(), |tx| {
                edit(tx, id);
                Ok(())
            })
            .unwrap();
        self.sync_other();
    }

    /// The other device begins a run at a time, and syncs.
    pub(crate) fn other_starts(&mut self, new: &NewExecution) {
        let start = |tx: &mut HistoryWriter<'_>| tx.start(new);
        self.other.write(new.created_at, start).unwrap();
        self.sync_other();
    }

    fn sync_other(&mut self) {
        let job = Job::new(self.vault.clone(), JobOptions::default());
        carry(job, &mut self.other, &mut self.relay, true, &mut self.random);
    }
}

fn opened(session: &Session) -> History<SqliteStore> {
    let connection = rusqlite::Connection::open(session.database()).unwrap();
    let store = SqliteStore::open(connection, Options::default(), runlog::now()).unwrap();
    History::open(store, DeviceId::from_u128(0xd1)).unwrap()
}

fn add_relay<S: Store>(history: &mut History<S>) {
    let now = runlog::now();
    let backend = Backend {
        id: BackendId(1),
        name: "relay".to_owned(),
        settings: Vec::new(),
        added_at: now,
        enabled: true,
        sent: ChangeNumber::ZERO,
        position: Vec::new(),
    };
    history.write(now, |tx| tx.put_backend(&backend)).unwrap();
}

/// Carries a job's errands until it is done.
fn carry<S: Store>(
    mut job: Job,
    history: &mut History<S>,
    relay: &mut MemoryRelay,
    reachable: bool,
    random: &mut u64,
) -> SyncRun {
    let mut entropy = |bytes: &mut [u8]| {
        for byte in bytes {
            *random = random.wrapping_mul(6364136223846793005).wrapping_add(1);
            *byte = (*random >> 33) as u8;
        }
    };
    for _ in 0..10_000 {
        let now = runlog::now();
        match job.poll(history, now, &mut entropy).unwrap() {
            Want::Continue => {}
            Want::Done => return job.runs().next().unwrap().clone(),
            Want::Send(_) if !reachable => {
                let message = "connection refused".to_owned();
                job.answer(Err(TransportError { message }));
            }
            Want::Send(errand) => {
                let answer = relay.handle(errand.device, errand.request, now, &mut entropy);
                job.answer(Ok(answer));
            }
        }
    }
    panic!("the job does not end: {job:?}");
}
