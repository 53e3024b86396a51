//! The keys of a vault: one for the index, and a ring of them for values.

use std::fmt;

use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use zeroize::Zeroizing;

use super::derive::derive;
use super::index::IndexKey;
use super::opaque::opaque_debug;
use super::secret::VaultSecret;
use crate::entropy::Entropy;
use crate::sealed::{KeyId, VaultId};

/// Most data keys in one ring: a bound on what a forged list of keys can cost.
pub const KEYS_MAX: usize = 1024;

/// A key that seals values.
#[derive(Clone)]
pub struct DataKey(Zeroizing<[u8; Self::LEN]>);

impl DataKey {
    /// Length in bytes.
    pub const LEN: usize = 32;

    /// A new one, for a rotation.
    pub fn generate(entropy: &mut dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new([0; Self::LEN]);
        entropy.fill(&mut *bytes);
        Self(bytes)
    }

    /// From the bytes that another device sent, sealed.
    pub fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key itself, to be sealed for another device and for nothing else.
    pub fn expose(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    pub(super) fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }

    fn id(&self, vault: &VaultId, generation: u32) -> KeyId {
        let mut context = vault.as_bytes().to_vec();
        context.extend_from_slice(&generation.to_be_bytes());
        KeyId { generation, id: *derive(&*self.0, "data key id", &context) }
    }
}

opaque_debug!(DataKey);

/// Why a data key cannot join the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyRingError {
    /// Generations up to 1 are taken by the key that comes from the secret.
    #[error("a further key needs a generation of at least 2, not {generation}")]
    Generation {
        /// The generation asked for.
        generation: u32,
    },
    /// The ring is full.
    #[error("the ring holds {limit} keys and takes no more")]
    Full {
        /// The limit.
        limit: usize,
    },
}

/// All keys of a vault that one device has.
///
/// ```
/// use runlog_core::crypto::{DataKey, VaultSecret};
///
/// # let mut random = |bytes: &mut [u8]| bytes.fill(3);
/// let mut keys = VaultSecret::generate(&mut random).keys();
/// assert_eq!(keys.current().generation, 1);
/// let rotated = keys.add(2, DataKey::generate(&mut random))?;
/// assert_eq!(keys.current(), rotated);
/// # Ok::<(), runlog_core::crypto::KeyRingError>(())
/// ```
#[derive(Clone)]
pub struct VaultKeys {
    vault: VaultId,
    index: IndexKey,
    canary: DataKey,
    /// Sorted by id, never empty.
    ring: Vec<(KeyId, DataKey)>,
}

impl VaultKeys {
    pub(super) fn of_secret(secret: &VaultSecret) -> Self {
        let vault = secret.vault_id();
        let first = DataKey(derive(secret.expose(), "data key", &1u32.to_be_bytes()));
        Self {
            vault,
            index: IndexKey::of_secret(secret),
            canary: DataKey(derive(secret.expose(), "canary key", &[])),
            ring: vec![(first.id(&vault, 1), first)],
        }
    }

    /// Adds the key of a later generation; adding it again changes nothing. Generations may come in
    /// any order, and two keys of one generation stand side by side.
    ///
    /// # Errors
    /// [`KeyRingError`]; the ring is then as before.
    pub fn add(&mut self, generation: u32, key: DataKey) -> Result<KeyId, KeyRingError> {
        if generation < 2 {
            return Err(KeyRingError::Generation { generation });
        }
        let id = key.id(&self.vault, generation);
        if let Err(place) = self.position(id) {
            if self.ring.len() >= KEYS_MAX {
                return Err(KeyRingError::Full { limit: KEYS_MAX });
            }
            self.ring.insert(place, (id, key));
        }
        Ok(id)
    }

    /// The vault that the keys are of.
    pub const fn vault_id(&self) -> VaultId {
        self.vault
    }

    /// The key for tables, rows, columns and cells, which is never rotated.
    pub const fn index(&self) -> &IndexKey {
        &self.index
    }

    /// The key that new values are sealed with: of the highest generation, and of two of the same
    /// the one with the higher id, so that all devices choose alike.
    pub fn current(&self) -> KeyId {
        self.ring[self.ring.len() - 1].0
    }

    /// Every key that this device has, the oldest first.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> + '_ {
        self.ring.iter().map(|(id, _)| *id)
    }

    /// The key of an id, where this device has it.
    pub fn data_key(&self, id: KeyId) -> Option<&DataKey> {
        self.position(id).ok().map(|place| &self.ring[place].1)
    }

    pub(super) const fn canary_key(&self) -> &DataKey {
        &self.canary
    }

    fn position(&self, id: KeyId) -> Result<usize, usize> {
        self.ring.binary_search_by_key(&id, |(id, _)| *id)
    }
}

/// Shows which keys there are, none of them.
impl fmt::Debug for VaultKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<KeyId> = self.ids().collect();
        f.debug_struct("VaultKeys")
            .field("vault", &self.vault)
            .field("ids", &ids)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> VaultKeys {
        VaultSecret::generate(&mut |bytes: &mut [u8]| bytes.fill(1)).keys()
    }

    #[test]
    fn keys_join_in_any_order_and_the_highest_is_current() {
        let (mut one, mut two) = (keys(), keys());
        let key = |byte| DataKey::from_bytes([byte; 32]);
        for (generation, byte) in [(2, 2), (3, 3), (3, 4)] {
            one.add(generation, key(byte)).unwrap();
        }
        for (generation, byte) in [(3, 4), (3, 3), (2, 2), (3, 4)] {
            two.add(generation, key(byte)).unwrap();
        }
        assert!(one.ids().eq(two.ids()));
        assert_eq!(one.ids().count(), 4);
        assert_eq!(one.current(), two.current());
        assert_eq!(one.current().generation, 3);
    }

    #[test]
    fn the_first_generation_is_taken_and_the_ring_is_bounded() {
        let mut keys = keys();
        let key = || DataKey::from_bytes([7; 32]);
        for generation in [0, 1] {
            assert_eq!(keys.add(generation, key()), Err(KeyRingError::Generation { generation }));
        }
        for generation in 2..=KEYS_MAX as u32 {
            keys.add(generation, key()).unwrap();
        }
        assert_eq!(keys.add(9999, key()), Err(KeyRingError::Full { limit: KEYS_MAX }));
        assert!(keys.add(2, key()).is_ok(), "what is there already needs no room");
    }

    #[test]
    fn wire_order_is_id_order() {
        let low = KeyId { generation: 9, id: [255; 8] };
        let high = KeyId { generation: 10, id: [0; 8] };
        assert!(low < high && low.to_wire() < high.to_wire());
        assert_eq!(KeyId::from_wire(low.to_wire()), low);
    }
}
