//! A history in a file: opened, read, edited.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use runlog_core::history::{History, HistoryError, HistoryReader, HistoryWriter, SummaryPage};
use runlog_core::id::{DeviceId, ExecutionId, IdPattern};
use runlog_core::model::Execution;
use runlog_core::query::ListQuery;
use runlog_core::store::OwnerId;
use runlog_sqlite::SqliteStore;

use crate::connect::open_history;
use crate::options::Options;
use crate::owner::{self, Life, RecorderLock};
use crate::recorder::Recorder;
use crate::sync::SyncLock;
use crate::{Error, files, system};

/// Age of a heartbeat at which a process counts as dead where its lock cannot be asked.
const HEARTBEAT_STALE_MS: u64 = 60_000;

/// A history in a file: what an application opens.
///
/// It may be open in any number of threads and processes at once.
///
/// ```
/// use runlog::{NewRun, Runlog};
/// use runlog::model::{Kind, Status};
/// use runlog::query::ListQuery;
///
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("history.db");
/// let runlog = Runlog::open(&path)?;
/// let recorder = runlog.recorder()?;
/// let run = recorder.start(NewRun::new(Kind::Job, "nightly")?.param("env", "prod")?)?;
/// run.stdout("reading 12 files");
/// run.finish_completed()?;
///
/// let newest = runlog.list(&ListQuery::newest(10))?;
/// assert_eq!(newest.executions[0].status(), Status::Completed);
/// # Ok::<(), runlog::Error>(())
/// ```
#[derive(Debug)]
pub struct Runlog {
    path: PathBuf,
    options: Options,
    history: Mutex<History<SqliteStore>>,
}

impl Runlog {
    /// Opens the history at `path` with the default options. The file and its directory are made
    /// where they are missing, for this user alone. A database of an earlier version is backed up
    /// beside itself and then migrated. Runs of this device whose process died are judged lost. Where
    /// there is nothing to sync with, the trash is emptied once a day of what it need not keep.
    ///
    /// # Errors
    /// [`Error`]; its predicates tell a file that is no database, a damaged one, one of a newer
    /// program, one that stayed locked, a full disk, and one that cannot be written.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::open_with(path, Options::default())
    }

    /// Opens the history at `path`. See [`Runlog::open`].
    ///
    /// # Errors
    /// As [`Runlog::open`].
    pub fn open_with(path: impl AsRef<Path>, options: Options) -> Result<Self, Error> {
        let path = path.as_ref().to_owned();
        files::prepare_database(&path)?;
        let history = open_history(&path, &options)?;
        let runlog = Self { path, options, history: Mutex::new(history) };
        runlog.lose_orphans()?;
        if runlog.has_running_sync()?
            && let Ok(Some(_lock)) = SyncLock::try_acquire(&runlog.path)
        {
            runlog.close_interrupted_syncs()?;
        }
        runlog.empty_trash_without_backends()?;
        Ok(runlog)
    }

    /// Starts a recorder: a thread with a connection of its own that writes what runs report.
    ///
    /// # Errors
    /// As [`Runlog::open`].
    pub fn recorder(&self) -> Result<Recorder, Error> {
        Recorder::start_thread(&self.path, &self.options)
    }

    /// Where the database is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The device whose history this is. It becomes another one where a relay finds that it is a
    /// copy.
    pub fn device(&self) -> DeviceId {
        self.lock().device()
    }

    /// How the history was opened.
    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    /// Takes over the device that a sync on another connection has made of this one.
    pub(crate) fn reload_device(&self) -> Result<(), Error> {
        Ok(self.lock().reload_device()?)
    }

    /// Reads within one transaction.
    ///
    /// # Errors
    /// What `work` returns, or the store's own errors.
    pub fn read<T>(
        &self,
        work: impl FnOnce(&HistoryReader<'_>) -> Result<T, HistoryError>,
    ) -> Result<T, Error> {
        Ok(self.lock().read(work)?)
    }

    /// Writes within one transaction: all of it or nothing.
    ///
    /// # Errors
    /// What `work` returns, or the store's own errors.
    pub fn write<T>(
        &self,
        work: impl FnOnce(&mut HistoryWriter<'_>) -> Result<T, HistoryError>,
    ) -> Result<T, Error> {
        Ok(self.lock().write(system::now(), work)?)
    }

    /// An execution; `None` where there is none with this id.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn get(&self, id: ExecutionId) -> Result<Option<Execution>, Error> {
        self.read(|history| history.execution(id))
    }

    /// The execution that a person means by (the beginning of) an id or a short id.
    ///
    /// # Errors
    /// Where none or several match.
    pub fn find(&self, pattern: &IdPattern) -> Result<ExecutionId, Error> {
        self.read(|history| history.find(pattern))
    }

    /// A page of executions.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn list(&self, query: &ListQuery) -> Result<SummaryPage, Error> {
        self.read(|history| history.list(query))
    }

    /// The processes that record into this history, or did and died.
    ///
    /// # Errors
    /// Where the directory of their locks cannot be read.
    pub fn recorders(&self) -> Result<Vec<RecorderLock>, Error> {
        owner::locks(&self.path)
    }

    /// Works on the store itself: checks, backups.
    pub fn with_store<T>(&self, work: impl FnOnce(&mut SqliteStore) -> T) -> T {
        work(self.lock().store_mut())
    }

    fn lock(&self) -> MutexGuard<'_, History<SqliteStore>> {
        // A panic in a closure rolled its transaction back: the history is as before it.
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Judges running runs of this device whose process is gone: they become lost. Opening does it;
    /// who follows a run of another process for long does it again, or would wait for ever.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn lose_orphans(&self) -> Result<(), Error> {
        let mut history = self.lock();
        let leases = history.read(|reader| Ok(reader.tx().leases()?))?;
        let now = system::now();
        let life_of = |owner: OwnerId| match owner::life_of(&self.path, owner) {
            Life::Alive => true,
            Life::Dead => false,
            Life::Unknown => leases.iter().any(|lease| {
                lease.owner == owner && now.millis_since(lease.heartbeat_at) < HEARTBEAT_STALE_MS
            }),
        };
        // One process may hold many runs: its lock is asked once.
        let mut known = BTreeMap::new();
        let mut alive = |owner: OwnerId| *known.entry(owner).or_insert_with(|| life_of(owner));
        let device = history.device();
        let running = history.read(|reader| reader.running_here(device))?;
        let orphaned = running.iter().any(|id| {
            leases.iter().find(|lease| lease.execution == *id).is_none_or(|l| !alive(l.owner))
        });
        if orphaned || leases.iter().any(|lease| !alive(lease.owner)) {
            history.write(now, |writer| writer.lose_orphans(&mut alive))?;
        }
        for lease in leases.iter().filter(|lease| !alive(lease.owner)) {
            owner::forget(&self.path, lease.owner);
        }
        Ok(())
    }

    /// Syncing empties the trash; a history that is not synced has this moment instead.
    fn empty_trash_without_backends(&self) -> Result<(), Error> {
        let mut history = self.lock();
        let now = system::now();
        let is_due = history
            .read(|reader| Ok(reader.tx().backends()?.is_empty() && reader.is_trash_due(now)?))?;
        if !is_due {
            return Ok(());
        }
        let mut after = None;
        loop {
            let emptied = history.write(now, |tx| tx.empty_trash(after))?;
            after = emptied.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}
