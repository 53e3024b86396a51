//! Tables that clones share, and the journal of how their entries were.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::State;

/// A table of the store. A clone shares all of it; the first write after that parts the two, which
/// copies the keys but no entry.
#[derive(Clone, Debug)]
pub(super) struct Table<K, V>(Arc<BTreeMap<K, Arc<V>>>);

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K, V> Deref for Table<K, V> {
    type Target = BTreeMap<K, Arc<V>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<K: Ord + Clone, V> Table<K, V> {
    /// Writes or removes an entry, and gives back the one before.
    fn set(&mut self, key: K, entry: Option<Arc<V>>) -> Option<Arc<V>> {
        let map = Arc::make_mut(&mut self.0);
        match entry {
            Some(entry) => map.insert(key, entry),
            None => map.remove(&key),
        }
    }
}

/// Takes back one write.
pub(super) type Undo = Box<dyn FnOnce(&mut State) + Send + Sync>;

/// How the entries were that the running transaction wrote, in the order of its writes.
#[derive(Default)]
pub(super) struct Journal(Vec<Undo>);

impl Journal {
    pub(super) fn push(&mut self, undo: impl FnOnce(&mut State) + Send + Sync + 'static) {
        self.0.push(Box::new(undo));
    }

    pub(super) fn pop(&mut self) -> Option<Undo> {
        self.0.pop()
    }

    /// The transaction is committed. The room is given back, as one may have been large.
    pub(super) fn clear(&mut self) {
        self.0 = Vec::new();
    }
}

/// Only a store without a running transaction can be cloned: there is nothing to take back.
impl Clone for Journal {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Journal({})", self.0.len())
    }
}

impl State {
    /// Writes an entry, or removes it; how it was goes into the journal.
    pub(super) fn set<K, V>(
        &mut self,
        table: fn(&mut State) -> &mut Table<K, V>,
        key: K,
        entry: Option<V>,
    ) where
        K: Ord + Clone + Send + Sync + 'static,
        V: Send + Sync + 'static,
    {
        let held = table(self).set(key.clone(), entry.map(Arc::new));
        self.journal.push(move |state| {
            table(state).set(key, held);
        });
    }

    /// Removes entries.
    pub(super) fn remove_all<K, V>(
        &mut self,
        table: fn(&mut State) -> &mut Table<K, V>,
        keys: Vec<K>,
    ) where
        K: Ord + Clone + Send + Sync + 'static,
        V: Send + Sync + 'static,
    {
        for key in keys {
            self.set(table, key, None);
        }
    }
}
