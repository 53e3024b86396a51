//! The simulated disk below one database: counts its modifying calls and decides which is struck.
//!
//! A database, its rollback journal and its WAL share one disk. Databases do not share any, so
//! tests in parallel threads do not disturb each other.

use std::collections::HashMap;
use std::ffi::{OsStr, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use rusqlite::ffi;

use crate::{Fault, Plan};

/// A call that modifies a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Write,
    Truncate,
    Sync,
    Delete,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Pass,
    Refuse(c_int),
    Kill,
    TearThenKill,
}

#[derive(Default)]
pub(crate) struct Disk(Mutex<State>);

#[derive(Default)]
struct State {
    plan: Option<Plan>,
    seen: u64,
    struck: u64,
}

/// By the path that SQLite resolves the database to. Entries stay: a test process is short.
static DISKS: LazyLock<Mutex<HashMap<PathBuf, Arc<Disk>>>> = LazyLock::new(Mutex::default);

impl Disk {
    /// The disk of the database a caller names, existing or about to be made.
    pub(crate) fn of_database(path: &Path) -> Arc<Disk> {
        Disk::of_resolved(&resolve(path))
    }

    /// The disk of a database under the name SQLite passes to a VFS, which is resolved already.
    pub(crate) fn of_resolved(path: &Path) -> Arc<Disk> {
        let mut disks = lock(&DISKS);
        if let Some(disk) = disks.get(path) {
            return Arc::clone(disk);
        }
        Arc::clone(disks.entry(path.to_owned()).or_default())
    }

    pub(crate) fn arm(&self, plan: Plan) {
        *lock(&self.0) = State { plan: Some(plan), seen: 0, struck: 0 };
    }

    pub(crate) fn disarm(&self) {
        lock(&self.0).plan = None;
    }

    pub(crate) fn seen(&self) -> u64 {
        lock(&self.0).seen
    }

    pub(crate) fn struck(&self) -> u64 {
        lock(&self.0).struck
    }

    /// Counts the call and decides what becomes of it.
    pub(crate) fn judge(&self, call: Call) -> Verdict {
        let mut state = lock(&self.0);
        state.seen += 1;
        let Some(plan) = state.plan else { return Verdict::Pass };
        if state.seen < plan.at || (state.struck > 0 && !plan.sticky) {
            return Verdict::Pass;
        }
        let verdict = verdict(plan.fault, call);
        if verdict != Verdict::Pass {
            state.struck += 1;
        }
        verdict
    }
}

fn verdict(fault: Fault, call: Call) -> Verdict {
    match (fault, call) {
        (Fault::IoError, Call::Write) => Verdict::Refuse(ffi::SQLITE_IOERR_WRITE),
        (Fault::IoError, Call::Truncate) => Verdict::Refuse(ffi::SQLITE_IOERR_TRUNCATE),
        (Fault::IoError, Call::Sync) => Verdict::Refuse(ffi::SQLITE_IOERR_FSYNC),
        (Fault::IoError, Call::Delete) => Verdict::Refuse(ffi::SQLITE_IOERR_DELETE),
        (Fault::DiskFull, Call::Write) => Verdict::Refuse(ffi::SQLITE_FULL),
        (Fault::Kill, _) => Verdict::Kill,
        (Fault::TornWriteThenKill, Call::Write) => Verdict::TearThenKill,
        (Fault::DiskFull | Fault::TornWriteThenKill, _) => Verdict::Pass,
    }
}

/// The database that a journal or WAL belongs to, by the names SQLite gives them; the name itself
/// if it is none of these.
pub(crate) fn database_of(name: &Path) -> &Path {
    let bytes = name.as_os_str().as_bytes();
    let database = bytes
        .strip_suffix(b"-journal")
        .or_else(|| bytes.strip_suffix(b"-wal"))
        .or_else(|| strip_super_journal(bytes));
    database.map_or(name, |database| Path::new(OsStr::from_bytes(database)))
}

/// A super-journal, for a transaction over attached databases, is `<database>-mjXXXXXX9XX`.
fn strip_super_journal(name: &[u8]) -> Option<&[u8]> {
    let (database, suffix) = name.split_at_checked(name.len().checked_sub(12)?)?;
    let digits = suffix.strip_prefix(b"-mj")?;
    digits.iter().all(u8::is_ascii_hexdigit).then_some(database)
}

/// As SQLite resolves it: absolute, without links. A database yet to be made has no canonical
/// path, but its directory has.
fn resolve(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.canonicalize().unwrap_or_else(|_| match (absolute.parent(), absolute.file_name()) {
        (Some(directory), Some(name)) => {
            directory.canonicalize().map_or_else(|_| absolute.clone(), |found| found.join(name))
        }
        _ => absolute,
    })
}

/// A test that panics while it holds a lock leaves the counters whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(plan: Plan, calls: &[Call]) -> Vec<Verdict> {
        let disk = Disk::default();
        disk.arm(plan);
        calls.iter().map(|call| disk.judge(*call)).collect()
    }

    #[test]
    fn a_stumble_strikes_once_and_a_sticky_fault_from_then_on() {
        let calls = [Call::Write, Call::Sync, Call::Delete];
        let plan = Plan { fault: Fault::IoError, at: 2, sticky: false };
        let fsync = Verdict::Refuse(ffi::SQLITE_IOERR_FSYNC);
        assert_eq!(verdicts(plan, &calls), [Verdict::Pass, fsync, Verdict::Pass]);
        let delete = Verdict::Refuse(ffi::SQLITE_IOERR_DELETE);
        let sticky = Plan { sticky: true, ..plan };
        assert_eq!(verdicts(sticky, &calls), [Verdict::Pass, fsync, delete]);
    }

    #[test]
    fn a_full_disk_waits_for_the_next_write() {
        let plan = Plan { fault: Fault::DiskFull, at: 1, sticky: false };
        let full = Verdict::Refuse(ffi::SQLITE_FULL);
        let calls = [Call::Truncate, Call::Write, Call::Write];
        assert_eq!(verdicts(plan, &calls), [Verdict::Pass, full, Verdict::Pass]);
    }

    #[test]
    fn every_file_of_a_database_belongs_to_it() {
        for name in ["/d/runs.db", "/d/runs.db-wal", "/d/runs.db-journal", "/d/runs.db-mj0A1B2C9DD"]
        {
            assert_eq!(database_of(Path::new(name)), Path::new("/d/runs.db"), "{name}");
        }
        assert_eq!(database_of(Path::new("/d/x")), Path::new("/d/x"));
    }
}
