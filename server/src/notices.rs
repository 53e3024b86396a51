//! "Vault at N": who listens is told when something new is held. Safe to lose.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use runlog_core::sealed::VaultId;
use tokio::sync::watch;

/// The newest sequence by vault, for vaults that somebody listens to.
#[derive(Default)]
pub(crate) struct Notices {
    vaults: Mutex<HashMap<VaultId, watch::Sender<u64>>>,
}

impl Notices {
    /// Tells of a vault's head from now on, beginning with `head`.
    pub(crate) fn listen(&self, vault: VaultId, head: u64) -> watch::Receiver<u64> {
        let mut vaults = self.vaults.lock().unwrap_or_else(PoisonError::into_inner);
        vaults.retain(|_, sender| sender.receiver_count() > 0);
        let sender = vaults.entry(vault).or_insert_with(|| watch::Sender::new(head));
        let mut receiver = sender.subscribe();
        receiver.mark_changed();
        receiver
    }

    /// Tells those who listen. Pushes may be told of out of order: a lower head is no news.
    pub(crate) fn tell(&self, vault: VaultId, head: u64) {
        let vaults = self.vaults.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = vaults.get(&vault) {
            sender.send_if_modified(|known| {
                let news = head > *known;
                *known = head.max(*known);
                news
            });
        }
    }

    /// How many listen.
    pub(crate) fn listeners(&self) -> usize {
        let vaults = self.vaults.lock().unwrap_or_else(PoisonError::into_inner);
        vaults.values().map(watch::Sender::receiver_count).sum()
    }
}
