//! A simulated device: its history, its clock, and the job and the message under way.

use std::collections::BTreeMap;

use runlog_core::history::{History, HistoryError, Older};
use runlog_core::id::{DeviceId, ExecutionId};
use runlog_core::store::{BackendId, ChangeNumber, ItemKey, StoreError};
use runlog_core::sync::engine::Job;
use runlog_core::sync::run::SyncRun;
use runlog_core::time::Timestamp;

use crate::broken::Broken;
use crate::contents::{self, Contents};
use crate::network::Flight;
use crate::store::{DeviceStore, SimStore, Snapshot};

/// What an older program does not know: a column and a table.
const OLDER: Older = Older { tables: &[ItemKey::TAGS], columns: &["note"] };

/// A device.
#[derive(Debug)]
pub struct Device {
    /// What it recorded and got.
    pub history: History<DeviceStore>,
    /// The job under way.
    pub job: Option<Job>,
    /// The message under way.
    pub flight: Option<Flight>,
    /// To whom the last request went.
    pub asked: Option<BackendId>,
    /// How far each backend's pages that arrived here reached.
    pub delivered: BTreeMap<BackendId, u64>,
    /// Up to which change each backend had acknowledged all when that was last looked at.
    pub sent: BTreeMap<BackendId, ChangeNumber>,
    /// How far its clock is ahead of the true time.
    pub skew_ms: i64,
    /// What its clock shows for ever, where it stands still.
    pub stuck_at: Option<i64>,
    /// The latest that its clock has shown.
    pub latest: Timestamp,
    /// Whether its program is an older one.
    pub older: bool,
    /// What it can be set back to, oldest first.
    pub backups: Vec<Snapshot>,
    /// What it held when it was last looked at.
    pub shadow: Contents,
    /// Relays by the backend that stands for them.
    pub links: BTreeMap<BackendId, usize>,
    /// Relays that it cannot reach.
    pub cut_off: Vec<usize>,
    /// How far each run has come.
    pub ranks: BTreeMap<ExecutionId, u8>,
    /// The runs of its last job.
    pub runs: Vec<SyncRun>,
}

impl Device {
    /// A device with an empty history.
    pub fn new(store: SimStore, id: DeviceId) -> Self {
        let store = DeviceStore { inner: store, writes_left: None };
        Self {
            history: History::open(store, id).unwrap(),
            job: None,
            flight: None,
            asked: None,
            delivered: BTreeMap::new(),
            sent: BTreeMap::new(),
            skew_ms: 0,
            stuck_at: None,
            latest: Timestamp::from_millis(0),
            older: false,
            backups: Vec::new(),
            shadow: Contents::new(),
            links: BTreeMap::new(),
            cut_off: Vec::new(),
            ranks: BTreeMap::new(),
            runs: Vec::new(),
        }
    }

    /// What its clock shows.
    pub fn now(&self, true_ms: i64) -> Timestamp {
        Timestamp::from_millis(self.stuck_at.unwrap_or(true_ms + self.skew_ms))
    }

    /// Everything that it holds.
    pub fn contents(&mut self) -> Contents {
        self.history.read(|reader| Ok(contents::of_store(reader.tx())?)).unwrap()
    }

    /// Everything that it holds of a run.
    pub fn contents_of(&mut self, id: ExecutionId) -> Contents {
        self.history.read(|reader| Ok(contents::of_execution(reader.tx(), id)?)).unwrap()
    }

    /// Puts another store in, as after a restart of the program.
    pub fn restart_with(&mut self, store: SimStore) {
        let id = self.history.device();
        let store = DeviceStore { inner: store, writes_left: None };
        let older = if self.older { OLDER } else { Older::default() };
        self.history = History::open_as(store, id, older).unwrap();
        self.job = None;
        self.flight = None;
        self.ranks.clear();
    }

    /// A copy of the device, as it is now, that goes on beside it.
    pub fn copied(&self, broken: Option<Broken>) -> Self {
        let store = SimStore::restored(&self.history.store().inner.snapshot(), broken);
        let mut copy = Self::new(store, self.history.device());
        copy.shadow = self.shadow.clone();
        copy.links = self.links.clone();
        copy.delivered = self.delivered.clone();
        copy
    }
}

/// Whether an error is the one that the fault injector made.
pub fn is_injected(error: &HistoryError) -> bool {
    matches!(error, HistoryError::Store(StoreError::Io { detail }) if detail == "injected")
}
