//! Carrying requests on a thread of its own, so that whoever waits can give up waiting.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};

use runlog_core::store::BackendId;
use runlog_core::sync::engine::Errand;

use super::Cancel;
use super::cancel::SLICE;
use super::session::Session;
use crate::relay::{Exchange, RelayError};

/// A thread that carries errands. Where it is waiting for a relay when nobody waits for it any more,
/// it ends by itself as soon as the relay answers or its patience ends.
#[derive(Debug)]
pub(super) struct Carrier {
    errands: Sender<Errand>,
    answers: Receiver<Result<Exchange, RelayError>>,
    cancel: Cancel,
}

impl Carrier {
    pub(super) fn new(
        sessions: BTreeMap<BackendId, Result<Session, RelayError>>,
        cancel: Cancel,
    ) -> std::io::Result<Self> {
        let (errands, taken) = channel::<Errand>();
        let (answered, answers) = channel();
        let stop = cancel.clone();
        let thread = std::thread::Builder::new().name("runlog-relay".to_owned());
        thread.spawn(move || {
            for errand in taken {
                let carried = carry(&sessions, &errand, &stop);
                if answered.send(carried).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { errands, answers, cancel })
    }

    /// Sends an errand on its way.
    pub(super) fn send(&self, errand: Errand) {
        // Without the thread there is no answer, and that is told.
        let _ = self.errands.send(errand);
    }

    /// Waits for the answer to the errand that was sent, or until it is told to stop.
    pub(super) fn wait(&self) -> Result<Exchange, RelayError> {
        loop {
            match self.answers.recv_timeout(SLICE) {
                Ok(carried) => return carried,
                Err(RecvTimeoutError::Disconnected) => {
                    let detail = "the thread that asks relays died".to_owned();
                    return Err(RelayError::Settings { detail });
                }
                Err(RecvTimeoutError::Timeout) if self.cancel.is_cancelled() => {
                    return Err(RelayError::Cancelled);
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

fn carry(
    sessions: &BTreeMap<BackendId, Result<Session, RelayError>>,
    errand: &Errand,
    cancel: &Cancel,
) -> Result<Exchange, RelayError> {
    match sessions.get(&errand.backend) {
        Some(Ok(session)) => session.exchange(errand.device, &errand.request, cancel),
        Some(Err(error)) => Err(error.clone()),
        None => Err(RelayError::Settings { detail: "it was added just now".to_owned() }),
    }
}
