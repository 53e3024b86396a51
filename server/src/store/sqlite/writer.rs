//! The one connection that writes, and commits that several transactions share.
//!
//! A commit waits for the disk, which takes longer than the work before it. So whoever has done its
//! work while others wait for their turn leaves the transaction open to them, and the last of them, or
//! the one that fills the group, commits for all. Each has a savepoint of its own: what fails goes
//! alone. Nobody returns before its work is on the disk, and who is alone commits at once.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use crate::store::{StoreError, StoreResult};

/// How many transactions may wait for their turn at once.
pub(super) const WRITERS: usize = 32;
/// Most transactions that share a commit.
const SHARED_MAX: usize = 64;

/// The connection that writes.
pub(super) struct Writer {
    state: Mutex<State>,
    /// Told at each commit.
    committed: Condvar,
    /// Who is on the way to the connection.
    coming: AtomicUsize,
}

struct State {
    connection: Connection,
    /// The number of the group that is open or comes next.
    group: u64,
    /// How many have done their work in it.
    members: usize,
    /// Of groups that ended: how many have not asked yet, and why it failed if it did.
    ended: BTreeMap<u64, (usize, Option<String>)>,
}

impl Writer {
    pub(super) fn new(connection: Connection) -> Self {
        let state = State { connection, group: 0, members: 0, ended: BTreeMap::new() };
        Self { state: Mutex::new(state), committed: Condvar::new(), coming: AtomicUsize::new(0) }
    }

    /// Runs work in a transaction that holds the file's lock, and returns when it is on the disk.
    ///
    /// # Errors
    /// What the work fails with: nothing of it stays. And what the commit fails with.
    pub(super) fn write<T>(
        &self,
        work: impl FnOnce(&Connection) -> StoreResult<T>,
    ) -> StoreResult<T> {
        self.coming.fetch_add(1, Ordering::SeqCst);
        let mut state = self.lock();
        self.coming.fetch_sub(1, Ordering::SeqCst);
        // Others may have left their work to this one, so a panic has to wait.
        let done = catch_unwind(AssertUnwindSafe(|| state.work(work)));
        let succeeded = matches!(done, Ok(Ok(_)));
        let group = state.group;
        let committed = match state.after_work(succeeded, self.coming.load(Ordering::SeqCst)) {
            Next::Return(committed) => {
                drop(state);
                self.committed.notify_all();
                committed
            }
            Next::Wait => {
                let open = |state: &mut State| !state.ended.contains_key(&group);
                let state = self.committed.wait_while(state, open);
                state.unwrap_or_else(PoisonError::into_inner).leave(group)
            }
        };
        match done {
            Ok(Ok(done)) => committed.map(|()| done),
            Ok(Err(error)) => Err(error),
            Err(panic) => resume_unwind(panic),
        }
    }

    /// What a thread that died left behind is in order: work is done under a savepoint.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What who has done its work does next.
enum Next {
    /// Nothing is open any more, or somebody else will end it.
    Return(StoreResult<()>),
    /// Somebody else commits.
    Wait,
}

impl State {
    fn work<T>(&mut self, work: impl FnOnce(&Connection) -> StoreResult<T>) -> StoreResult<T> {
        if self.connection.is_autocommit() {
            self.connection.execute_batch("BEGIN IMMEDIATE")?;
        }
        let savepoint = self.connection.savepoint()?;
        let done = work(&savepoint)?;
        savepoint.commit()?;
        Ok(done)
    }

    fn after_work(&mut self, succeeded: bool, coming: usize) -> Next {
        if self.members > 0 && self.connection.is_autocommit() {
            // An error such as a full disk made SQLite roll back everything.
            self.end(Some("what was written together was rolled back".to_owned()), self.members);
            return Next::Return(Ok(()));
        }
        self.members += usize::from(succeeded);
        if self.members == 0 {
            self.roll_back();
            return Next::Return(Ok(()));
        }
        // Whoever is coming takes the group over, whatever becomes of its own work.
        if coming == 0 || self.members >= SHARED_MAX {
            return Next::Return(self.commit(self.members - usize::from(succeeded)));
        }
        if succeeded { Next::Wait } else { Next::Return(Ok(())) }
    }

    fn commit(&mut self, waiting: usize) -> StoreResult<()> {
        let result = self.connection.execute_batch("COMMIT");
        if result.is_err() {
            self.roll_back();
        }
        self.end(result.as_ref().err().map(ToString::to_string), waiting);
        Ok(result?)
    }

    /// Ends the group, and notes for those who wait how it ended.
    fn end(&mut self, error: Option<String>, waiting: usize) {
        if waiting > 0 {
            self.ended.insert(self.group, (waiting, error));
        }
        self.members = 0;
        self.group += 1;
    }

    fn roll_back(&mut self) {
        if !self.connection.is_autocommit() {
            // A connection that cannot even do that fails at its next use.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }

    /// How a group ended. The last who asks removes the note.
    fn leave(&mut self, group: u64) -> StoreResult<()> {
        let Some((left, error)) = self.ended.get_mut(&group) else { return Ok(()) };
        *left -= 1;
        let result = error.clone().map_or(Ok(()), |error| Err(StoreError::Shared(error)));
        if *left == 0 {
            self.ended.remove(&group);
        }
        result
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on fails.
mod tests {
    use super::*;

    fn add(connection: &Connection) -> StoreResult<()> {
        connection.execute("INSERT INTO written DEFAULT VALUES", [])?;
        Ok(())
    }

    /// One writes, and another comes while it does: `work` is what that one does. Gives how the first
    /// ended, how many rows there are, and how many commits it took.
    fn beside(work: impl FnOnce(&Connection) -> StoreResult<()> + Send) -> (bool, u64, u64) {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE written (id INTEGER PRIMARY KEY)").unwrap();
        let writer = Writer::new(connection);
        let (begun, begins) = std::sync::mpsc::channel();
        let first = std::thread::scope(|scope| {
            let first = scope.spawn(|| {
                writer.write(|connection| {
                    begun.send(()).unwrap();
                    while writer.coming.load(Ordering::SeqCst) == 0 {
                        std::thread::yield_now();
                    }
                    add(connection)
                })
            });
            begins.recv().unwrap();
            let second = scope.spawn(|| writer.write(work));
            let _ = second.join();
            first.join().unwrap().is_ok()
        });
        let state = writer.lock();
        assert!(state.connection.is_autocommit() && state.ended.is_empty());
        let sql = "SELECT count(*) FROM written";
        let rows: i64 = state.connection.query_row(sql, [], |row| row.get(0)).unwrap();
        (first, rows.cast_unsigned(), state.group)
    }

    #[test]
    fn two_at_once_share_a_commit() {
        assert_eq!(beside(add), (true, 2, 1));
    }

    #[test]
    fn what_fails_or_panics_goes_alone() {
        let failing = |connection: &Connection| {
            add(connection)?;
            Err(StoreError::Corrupt("on purpose"))
        };
        assert_eq!(beside(failing), (true, 1, 1));
        let panicking = |connection: &Connection| {
            add(connection)?;
            panic!("on purpose")
        };
        assert_eq!(beside(panicking), (true, 1, 1));
    }

    #[test]
    fn nobody_is_told_of_success_where_everything_was_rolled_back() {
        let full = |connection: &Connection| {
            connection.execute_batch("ROLLBACK")?;
            Err(StoreError::Corrupt("as SQLite does at a full disk"))
        };
        assert_eq!(beside(full), (false, 0, 1));
    }
}
