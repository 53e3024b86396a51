//! A disk below SQLite that fails, fills up or dies at the n-th write.
//!
//! [`register`] adds a VFS to SQLite that stands between it and the operating system. It counts
//! every call that modifies a database, its rollback journal or its WAL (write, truncate, sync,
//! delete), and strikes the one a [`Plan`] names: with an error, with the end of the process, or
//! with half a write and then the end of the process. Everything else is passed through, shared
//! memory and memory-mapped reads included.
//!
//! # Errors
//!
//! A test arms a path, does its work over a connection from [`open`], disarms, opens the file
//! again without faults and compares what it finds with what was acknowledged. [`sweep`] does that
//! at each write in turn.
//!
//! ```
//! use runlog_faults::{Fault, arm, open, struck, sweep};
//!
//! let points = sweep(Fault::IoError, false, |plan| {
//!     let directory = tempfile::tempdir().unwrap();
//!     let path = directory.path().join("runs.db");
//!     arm(&path, plan);
//!     let saved = open(&path).and_then(|db| db.execute_batch("CREATE TABLE run (id)"));
//!     let found = rusqlite::Connection::open(&path).unwrap();
//!     assert_eq!(found.table_exists(None, "run").unwrap(), saved.is_ok(), "{plan}");
//!     struck(&path) > 0
//! });
//! assert!(points > 3);
//! ```
//!
//! A commit that is answered with an error may be found all the same after the process ends: in a
//! WAL its frames are written before the sync that failed. A test over a sticky
//! [`Fault::IoError`] allows for that one transaction, as after a kill; all others are exact.
//!
//! # Kills
//!
//! A test that is to be killed runs in a child process, see [`run_in_child`].
//!
//! # What it does not simulate
//!
//! - A power failure. What the process wrote before it was killed stays, synced or not. Syncs are
//!   therefore counted and struck, but not carried out: they were nine tenths of a sweep's time.
//! - Faults in temporary files, which belong to no database, and in the shared memory of a WAL,
//!   which SQLite rebuilds.
//! - Growth of a file by `SQLITE_FCNTL_SIZE_HINT`, which happens only where a chunk size is set.

mod child;
mod disk;
mod file;
mod plan;
mod vfs;

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

pub use child::{ChildEnd, run_in_child};
pub use plan::{Fault, NotAPlan, Plan};
pub use vfs::register;

use disk::Disk;

/// More than any script of a test makes; past it a sweep would never end.
const SWEEP_POINTS_MAX: u64 = 100_000;

/// Opens a database, made if it is not there, through the VFS that [`register`] adds.
///
/// # Errors
///
/// As [`Connection::open`]. Opening alone may write: it recovers what a killed process left.
pub fn open(path: &Path) -> rusqlite::Result<Connection> {
    Connection::open_with_flags_and_vfs(path, OpenFlags::default(), register())
}

/// Sets the plan of the database at `path` and starts its counts from zero. The file need not be
/// there yet, its directory must; connections that are open already obey too.
pub fn arm(path: &Path, plan: Plan) {
    Disk::of_database(path).arm(plan);
}

/// Takes the plan of the database at `path` away; its counts go on.
pub fn disarm(path: &Path) {
    Disk::of_database(path).disarm();
}

/// How many modifying calls the database at `path` has seen since it was armed, or ever if it
/// was not.
pub fn writes_seen(path: &Path) -> u64 {
    Disk::of_database(path).seen()
}

/// How many calls were struck in the database at `path` since it was armed.
pub fn struck(path: &Path) -> u64 {
    Disk::of_database(path).struck()
}

/// Calls `run` with the fault at the first modifying call, at the second and so on, until a run
/// is over before its fault strikes. `run` tells whether it did. Returns how many runs were
/// struck; a test asserts that there were enough.
pub fn sweep(fault: Fault, sticky: bool, mut run: impl FnMut(Plan) -> bool) -> u64 {
    let mut points = 0;
    while run(Plan { fault, at: points + 1, sticky }) {
        points += 1;
        assert!(points < SWEEP_POINTS_MAX, "still struck after {points} faults");
    }
    points
}
