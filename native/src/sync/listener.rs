//! Listening to the notices of relays. That a relay is listened to again shows that it can be reached.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use runlog_core::store::{Backend, BackendId};

use super::Cancel;
use super::syncer::Message;
use crate::relay::RelayError;
use crate::vault::{OpenVault, VaultError};
use crate::{Runlog, system};

/// How long until a broken stream is opened again, doubled with each failure.
const AGAIN_AFTER_MS: u64 = 500;
/// Longest wait until it is opened again.
const AGAIN_AFTER_MS_MAX: u64 = 60_000;

/// Threads that listen, one a backend. One that waits for a relay ends by itself when it is next
/// spoken to, or after the relay was silent for a minute: nobody waits for it.
#[derive(Debug)]
pub(super) struct Listeners {
    runlog: Arc<Runlog>,
    messages: Sender<Message>,
    listening: BTreeMap<BackendId, (Vec<u8>, Cancel)>,
}

impl Listeners {
    pub(super) fn new(runlog: Arc<Runlog>, messages: Sender<Message>) -> Self {
        Self { runlog, messages, listening: BTreeMap::new() }
    }

    /// Listens to these backends and to no others.
    pub(super) fn listen_to(&mut self, open: Option<&OpenVault>, backends: &[&Backend]) {
        let wanted = |id: &BackendId, settings: &[u8]| {
            open.is_some()
                && backends.iter().any(|held| held.id == *id && held.settings == settings)
        };
        self.listening.retain(|id, (settings, cancel)| {
            let stays = wanted(id, settings);
            if !stays {
                cancel.cancel();
            }
            stays
        });
        let Some(open) = open else { return };
        for backend in backends {
            if self.listening.contains_key(&backend.id) {
                continue;
            }
            let cancel = Cancel::new();
            let (runlog, messages) = (self.runlog.clone(), self.messages.clone());
            let (open, id, stop) = (open.clone(), backend.id, cancel.clone());
            let thread = std::thread::Builder::new().name("runlog-notices".to_owned());
            // Without the thread the timer still does its work.
            let _ = thread.spawn(move || listen(&runlog, &open, id, &messages, &stop));
            self.listening.insert(backend.id, (backend.settings.clone(), cancel));
        }
    }
}

impl Drop for Listeners {
    fn drop(&mut self) {
        for (_, cancel) in self.listening.values() {
            cancel.cancel();
        }
    }
}

fn listen(
    runlog: &Runlog,
    open: &OpenVault,
    backend: BackendId,
    messages: &Sender<Message>,
    cancel: &Cancel,
) {
    let mut pause_ms = AGAIN_AFTER_MS;
    while !cancel.is_cancelled() {
        let heard = listen_once(runlog, open, backend, messages, cancel, &mut pause_ms);
        if let Err(error) = heard {
            tracing::debug!(%error, "notices ended");
        }
        let jitter = u64::from(system::random_number()) * pause_ms / u64::from(u32::MAX);
        cancel.sleep(Duration::from_millis(pause_ms / 2 + jitter / 2));
        pause_ms = (pause_ms * 2).min(AGAIN_AFTER_MS_MAX);
    }
}

fn listen_once(
    runlog: &Runlog,
    open: &OpenVault,
    backend: BackendId,
    messages: &Sender<Message>,
    cancel: &Cancel,
    pause_ms: &mut u64,
) -> Result<(), VaultError> {
    let (client, token) = runlog.client_of(open, backend, cancel)?;
    let mut events = client.events(open.id(), &token)?;
    let _ = messages.send(Message::Answers(backend));
    while !cancel.is_cancelled() {
        let head = events.wait()?;
        *pause_ms = AGAIN_AFTER_MS;
        if let Some(head) = head
            && messages.send(Message::Notice(backend, head)).is_err()
        {
            cancel.cancel();
            return Err(RelayError::Cancelled.into());
        }
    }
    Ok(())
}
