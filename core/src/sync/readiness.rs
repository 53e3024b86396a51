//! What a history says about whether it may be synced, and whether there is a reason to.

use crate::change::ChangeNumber;
use crate::crypto::VaultKeys;
use crate::history::{HistoryError, HistoryReader};
use crate::store::{Backend, BackendId};
use crate::sync::connection::Connection;
use crate::sync::local::VaultNote;
use crate::sync::schedule::Gates;

/// What is read of a history before a sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// The vault that it belongs to.
    pub vault: Option<VaultNote>,
    /// Whether syncing is switched on as a whole.
    pub is_on: bool,
    /// All backends.
    pub backends: Vec<Backend>,
    /// The newest change.
    pub newest: ChangeNumber,
}

/// Why no sync can begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CannotSync {
    /// The history belongs to no vault.
    #[error("this history belongs to no vault")]
    NoVault,
    /// The key is that of another vault.
    #[error("the key is that of another vault: nothing was written")]
    OtherVault,
    /// Syncing is switched off.
    #[error("syncing is switched off")]
    Off,
    /// There is no backend to sync with.
    #[error("there is no backend to sync with")]
    NoBackend,
    /// A backend that was named is not there.
    #[error("there is no backend '{0}'")]
    UnknownBackend(BackendId),
}

impl HistoryReader<'_> {
    /// What this history says about whether it may be synced.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn sync_readiness(&self) -> Result<Readiness, HistoryError> {
        Ok(Readiness {
            vault: self.vault()?,
            is_on: self.is_sync_on()?,
            backends: self.tx().backends()?,
            newest: self.tx().counters()?.change,
        })
    }

    /// Whether a backend that says that it is at the sequence `head` has more than this device has
    /// heard of: after each of its own pushes it is told, too.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn is_news(&self, backend: BackendId, head: u64) -> Result<bool, HistoryError> {
        let backends = self.tx().backends()?;
        let held = backends.iter().find(|held| held.id == backend && held.enabled);
        let known = held.map(|held| Connection::decode(&held.position).unwrap_or_default().head);
        Ok(known.is_some_and(|known| known < head))
    }
}

impl Readiness {
    /// Backends that take part.
    pub fn taking_part(&self) -> impl Iterator<Item = &Backend> {
        self.backends.iter().filter(|backend| backend.enabled)
    }

    /// The gates of the schedule; whether the vault's key is at hand is not for the history to say.
    pub fn gates(&self, is_unlocked: bool) -> Gates {
        let backends = self.taking_part().count();
        Gates { has_vault: self.vault.is_some(), is_unlocked, is_on: self.is_on, backends }
    }

    /// Whether something was written that a backend does not have.
    pub fn waits(&self) -> bool {
        self.taking_part().any(|backend| backend.sent < self.newest)
    }

    /// The backends that a sync by these keys is with: the `chosen` ones, or all that take part.
    ///
    /// # Errors
    /// [`CannotSync`].
    pub fn may_sync(
        self,
        keys: &VaultKeys,
        chosen: &[BackendId],
    ) -> Result<Vec<Backend>, CannotSync> {
        let note = self.vault.ok_or(CannotSync::NoVault)?;
        note.check(keys).map_err(|_| CannotSync::OtherVault)?;
        if !self.is_on {
            return Err(CannotSync::Off);
        }
        let is_there = |id: &BackendId| self.backends.iter().any(|held| held.id == *id);
        if let Some(id) = chosen.iter().find(|id| !is_there(id)) {
            return Err(CannotSync::UnknownBackend(*id));
        }
        let taking_part = self.backends.into_iter().filter(|backend| {
            if chosen.is_empty() { backend.enabled } else { chosen.contains(&backend.id) }
        });
        let taking_part: Vec<Backend> = taking_part.collect();
        if taking_part.is_empty() { Err(CannotSync::NoBackend) } else { Ok(taking_part) }
    }
}

/// Up to where what was written has set off a sync: an edit sets off one, and not one at each look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Noticed(ChangeNumber);

impl Noticed {
    /// Whether there is something to send that has not set off a sync yet.
    pub fn is_news(&mut self, readiness: &Readiness) -> bool {
        let news = readiness.waits() && readiness.newest > self.0;
        if news {
            self.0 = readiness.newest;
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::VaultSecret;
    use crate::time::Timestamp;

    fn keys(byte: u8) -> VaultKeys {
        VaultSecret::generate(&mut |bytes: &mut [u8]| bytes.fill(byte)).keys()
    }

    fn backend(id: u128, enabled: bool, sent: u64) -> Backend {
        Backend {
            id: BackendId(id),
            name: "relay".to_owned(),
            settings: Vec::new(),
            added_at: Timestamp::from_millis(0),
            enabled,
            sent: ChangeNumber::new(sent),
            position: Vec::new(),
        }
    }

    fn ready() -> Readiness {
        let vault = VaultNote::new(&keys(1), "home", [9; 24]);
        let backends = vec![backend(1, true, 5), backend(2, false, 0)];
        Readiness { vault: Some(vault), is_on: true, backends, newest: ChangeNumber::new(5) }
    }

    #[test]
    fn what_stands_in_the_way_is_named() {
        let ids = |backends: Vec<Backend>| backends.iter().map(|b| b.id.0).collect::<Vec<_>>();
        assert_eq!(ready().may_sync(&keys(1), &[]).map(ids), Ok(vec![1]));
        assert_eq!(ready().may_sync(&keys(1), &[BackendId(2)]).map(ids), Ok(vec![2]));
        assert_eq!(ready().may_sync(&keys(2), &[]), Err(CannotSync::OtherVault));
        let unknown = CannotSync::UnknownBackend(BackendId(3));
        assert_eq!(ready().may_sync(&keys(1), &[BackendId(3)]), Err(unknown));
        let without = Readiness { vault: None, ..ready() };
        assert_eq!(without.may_sync(&keys(1), &[]), Err(CannotSync::NoVault));
        let off = Readiness { is_on: false, ..ready() };
        assert_eq!(off.may_sync(&keys(1), &[]), Err(CannotSync::Off));
        let alone = Readiness { backends: vec![backend(2, false, 0)], ..ready() };
        assert_eq!(alone.may_sync(&keys(1), &[]), Err(CannotSync::NoBackend));
    }

    #[test]
    fn an_edit_is_news_once_and_only_where_it_waits() {
        let mut noticed = Noticed::default();
        assert!(!noticed.is_news(&ready()), "what takes no part waits for nothing");
        let edited = Readiness { newest: ChangeNumber::new(6), ..ready() };
        assert!(noticed.is_news(&edited));
        assert!(!noticed.is_news(&edited));
        let again = Readiness { newest: ChangeNumber::new(7), ..edited };
        assert!(noticed.is_news(&again));
    }
}
