//! Waiting for a flush, with or without a runtime.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use runlog_core::store::StoreError;

use crate::Error;

/// What became of a flush.
pub(super) type Outcome = Result<(), Failure>;

/// Why a flush failed, in a form that many can be told.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) message: String,
    pub(super) source: Option<StoreError>,
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Recording { message: failure.message, source: failure.source }
    }
}

/// A flush under way: wait for it with [`Flush::wait`], or `.await` it on any runtime.
#[derive(Debug)]
#[must_use = "a flush is done when it was waited for"]
pub struct Flush {
    ticket: Arc<Ticket>,
}

/// What the writer answers.
#[derive(Debug, Default)]
pub(super) struct Ticket {
    state: Mutex<State>,
    answered: Condvar,
}

#[derive(Debug, Default)]
struct State {
    outcome: Option<Outcome>,
    waker: Option<Waker>,
}

impl Ticket {
    pub(super) fn answer(&self, outcome: Outcome) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.outcome = Some(outcome);
        let waker = state.waker.take();
        drop(state);
        self.answered.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Flush {
    pub(super) fn new() -> (Self, Arc<Ticket>) {
        let ticket = Arc::<Ticket>::default();
        (Self { ticket: Arc::clone(&ticket) }, ticket)
    }

    /// Blocks until the flush is done.
    ///
    /// # Errors
    /// What kept the lines from being written; they are kept and tried again.
    pub fn wait(self) -> Result<(), Error> {
        let mut state = self.ticket.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(outcome) = state.outcome.take() {
                return outcome.map_err(Error::from);
            }
            state = self.ticket.answered.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Future for Flush {
    type Output = Result<(), Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.ticket.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.outcome.take() {
            Some(outcome) => Poll::Ready(outcome.map_err(Error::from)),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
