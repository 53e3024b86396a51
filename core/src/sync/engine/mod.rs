//! The sync engine: a state machine without I/O.
//!
//! A [`Job`] moves changes between one history and some relays. It never waits and never speaks: it
//! says what it wants, and its driver does that. A driver is this loop:
//!
//! ```text
//! loop {
//!     match job.poll(&mut history, now(), &mut entropy)? {
//!         Want::Send(errand) => job.answer(transport.send(&errand)),
//!         Want::Done => return job.into_runs(),
//!     }
//! }
//! ```
//!
//! A driver that sends without blocking calls [`Job::work_ahead`] between sending and waiting, so that
//! the next batch is sealed while the relay works on the last one.
//!
//! A driver that serves others between steps says what they may take ([`JobOptions::step_ms`]) and tells
//! what they took ([`Job::took`]).
//!
//! Each `poll` does at most one transaction of bounded size, so a driver may show progress, serve
//! others, or cancel between any two. Whatever fails, and wherever the process dies, the history
//! stands as after some poll, and the next job goes on from there.
//!
//! # The story
//!
//! 1. **Who am I?** If the answer to an earlier push never came, ask what became of it
//!    ([`Resolve`](crate::sync::message::Resolve)). The answer brings the token that the lost one
//!    carried.
//!    Fetch again the rows of which something did not open: it may have been altered on its way.
//! 2. **Pull**, from every relay in turn before anything is pushed to any. A page is merged in one
//!    transaction with the position behind it. What cannot be opened or placed is set aside, alone,
//!    and tried again by every later job.
//! 3. **Push** what waits: batches of records, sealed as they go out, on disk before they go. The
//!    position moves with the verdicts, in one transaction, and only then. An edit made meanwhile has
//!    a higher number and keeps waiting.
//! 4. **Pull again**, where something was pushed: whatever came from others in between, and the
//!    relay's digests.
//! 5. **Compare** the digests of both sides. Where they differ, narrow it down and repair.
//!
//! Two answers turn the story round. *Forked*: the relay has met this device with a newer token, so
//! this is a copy, or was set back to a backup. It becomes a device of its own: new id, what nobody
//! acknowledged stamped anew, and everything is compared from the beginning. *Set back*: the relay
//! does not know a push that it has acknowledged, so it was set back. Everything is pulled and
//! offered from the beginning.

mod anew;
mod exporting;
mod importing;
mod job;
mod lane;
mod pace;
mod recording;
mod repairing;
mod verifying;

pub use anew::{adopt_copy, become_another};
pub use job::{Errand, Job, JobOptions, TransportError, Want};
pub use recording::close_interrupted;

use crate::change::ChangeNumber;
use crate::store::{Backend, BackendId, ReadTx, StoreResult, WriteTx};
use crate::sync::connection::Connection;
use crate::time::Timestamp;

/// A backend of this history; `None` once it was removed.
fn find_backend(tx: &dyn ReadTx, id: BackendId) -> StoreResult<Option<Backend>> {
    Ok(tx.backends()?.into_iter().find(|backend| backend.id == id))
}

/// Stores a connection, and what its backend has acknowledged where that moved.
fn save(
    tx: &mut dyn WriteTx,
    backend: BackendId,
    sent: Option<ChangeNumber>,
    connection: &Connection,
    at: Timestamp,
) -> StoreResult<()> {
    // Removed meanwhile: nothing of it is to be kept.
    let Some(held) = find_backend(tx, backend)? else { return Ok(()) };
    let sent = sent.unwrap_or(held.sent);
    tx.set_sent(backend, sent, &connection.encode())?;
    if sent > held.sent { tx.put_mark(backend, sent, at) } else { Ok(()) }
}
