//! What belongs to this device alone: its vault, the switch for all syncing, that a file is a copy.
//!
//! It lies in notes of [`Room::Local`], which never travel: who may sync is not for a synced device to
//! write (trap T13).

use crate::codec::{DecodeError, Reader, put_bytes, put_varint};
use crate::crypto::{Canary, NONCE_BYTES, VaultKeys, WrongKey};
use crate::history::{HistoryError, HistoryReader, HistoryWriter};
use crate::sealed::VaultId;
use crate::store::{BackendId, Room, StoreError};
use crate::time::Timestamp;

const VAULT: &[u8] = b"vault";
const OFF: &[u8] = b"sync off";
const BACKUP: &[u8] = b"backup";
const VERSION: u8 = 1;
/// Longest name of a vault, in bytes.
const NAME_BYTES_MAX: usize = crate::crypto::VAULT_NAME_BYTES_MAX;

/// The vault that a history belongs to. It belongs to one for good: rows sealed for another would
/// mix two people's histories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultNote {
    /// Which vault.
    pub id: VaultId,
    /// Tells a wrong key before anything is written.
    pub canary: Canary,
    /// What people call it.
    pub name: String,
}

impl VaultNote {
    /// The note of the vault of these keys; `nonce` is random.
    pub fn new(keys: &VaultKeys, name: &str, nonce: [u8; NONCE_BYTES]) -> Self {
        let canary = Canary::make(keys, nonce);
        Self { id: keys.vault_id(), canary, name: name.to_owned() }
    }

    /// Whether the keys are those of the vault.
    ///
    /// # Errors
    /// [`WrongKey`].
    pub fn check(&self, keys: &VaultKeys) -> Result<(), WrongKey> {
        if keys.vault_id() != self.id {
            return Err(WrongKey);
        }
        self.canary.check(keys)
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(self.id.as_bytes());
        bytes.extend_from_slice(&self.canary.encode());
        put_bytes(&mut bytes, self.name.as_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = versioned(bytes, "vault notes")?;
        let note = Self {
            id: VaultId::from_bytes(reader.array()?),
            canary: Canary::decode(&reader.array::<{ Canary::LEN }>()?)?,
            name: reader.text("names of vaults", NAME_BYTES_MAX)?.to_owned(),
        };
        reader.finish()?;
        Ok(note)
    }
}

/// Says that a file is a copy of a history: whoever opens it goes on as another device (trap T12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupNote {
    /// When the copy was made.
    pub at: Timestamp,
    /// Backends that are left switched off after a restore: the copy was made before a run that the
    /// restore undoes, and the next run would bring back what it brought.
    pub pauses: Vec<BackendId>,
}

impl BackupNote {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.at.as_millis().to_be_bytes());
        put_varint(&mut bytes, self.pauses.len() as u64);
        for backend in &self.pauses {
            bytes.extend_from_slice(&backend.0.to_be_bytes());
        }
        bytes
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = versioned(bytes, "backup notes")?;
        let at = Timestamp::from_millis(i64::from_be_bytes(reader.array()?));
        let count = reader.varint()?;
        let mut pauses = Vec::new();
        for _ in 0..count {
            pauses.push(BackendId(u128::from_be_bytes(reader.array()?)));
        }
        reader.finish()?;
        Ok(Self { at, pauses })
    }
}

fn versioned<'a>(bytes: &'a [u8], what: &'static str) -> Result<Reader<'a>, DecodeError> {
    let mut reader = Reader::new(bytes);
    match reader.u8()? {
        VERSION => Ok(reader),
        version => Err(DecodeError::UnknownVersion { what, version }),
    }
}

impl HistoryReader<'_> {
    /// The vault that this history belongs to.
    ///
    /// # Errors
    /// The store's own errors, and a note that cannot be read.
    pub fn vault(&self) -> Result<Option<VaultNote>, HistoryError> {
        let note = self.tx().note(Room::Local, VAULT)?;
        let note = note.map(|bytes| VaultNote::decode(&bytes)).transpose();
        Ok(note.map_err(StoreError::Decode)?)
    }

    /// Whether syncing is switched on as a whole; it is unless it was switched off.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn is_sync_on(&self) -> Result<bool, HistoryError> {
        Ok(self.tx().note(Room::Local, OFF)?.is_none())
    }

    /// What says that this is a copy that has not been made a device of its own yet.
    ///
    /// # Errors
    /// The store's own errors, and a note that cannot be read.
    pub fn backup_note(&self) -> Result<Option<BackupNote>, HistoryError> {
        let note = self.tx().note(Room::Local, BACKUP)?;
        let note = note.map(|bytes| BackupNote::decode(&bytes)).transpose();
        Ok(note.map_err(StoreError::Decode)?)
    }
}

impl HistoryWriter<'_> {
    /// Makes this history one of a vault. The keys must have been checked.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn set_vault(&mut self, vault: &VaultNote) -> Result<(), HistoryError> {
        Ok(self.tx_mut().put_note(Room::Local, VAULT, &vault.encode())?)
    }

    /// Switches all syncing on or off; each backend keeps its own switch.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn set_sync_on(&mut self, on: bool) -> Result<(), HistoryError> {
        let tx = self.tx_mut();
        match on {
            true => tx.remove_note(Room::Local, OFF)?,
            false => tx.put_note(Room::Local, OFF, &[])?,
        }
        Ok(())
    }

    /// Says that this is a copy, or with `None` that it is one no longer.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn set_backup_note(&mut self, note: Option<&BackupNote>) -> Result<(), HistoryError> {
        let tx = self.tx_mut();
        match note {
            Some(note) => tx.put_note(Room::Local, BACKUP, &note.encode())?,
            None => tx.remove_note(Room::Local, BACKUP)?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::VaultSecret;
    use crate::history::History;
    use crate::id::DeviceId;
    use crate::store::MemoryStore;

    fn keys(byte: u8) -> VaultKeys {
        VaultSecret::generate(&mut |bytes: &mut [u8]| bytes.fill(byte)).keys()
    }

    #[test]
    fn the_notes_of_a_device_read_back() {
        let mut history = History::open(MemoryStore::new(), DeviceId::from_u128(1)).unwrap();
        let vault = VaultNote::new(&keys(1), "home", [9; 24]);
        let at = Timestamp::from_millis(-7);
        let backup = BackupNote { at, pauses: vec![BackendId(3), BackendId(u128::MAX)] };
        history
            .write(at, |writer| {
                assert_eq!(writer.reader().vault()?, None);
                assert!(writer.reader().is_sync_on()?);
                writer.set_vault(&vault)?;
                writer.set_sync_on(false)?;
                writer.set_backup_note(Some(&backup))
            })
            .unwrap();
        let (held, on, copy) = history
            .read(|reader| Ok((reader.vault()?, reader.is_sync_on()?, reader.backup_note()?)))
            .unwrap();
        assert_eq!((held.as_ref(), on, copy), (Some(&vault), false, Some(backup)));
        assert_eq!(vault.check(&keys(1)), Ok(()));
        assert_eq!(vault.check(&keys(2)), Err(WrongKey));
        let encoded = vault.encode();
        assert!((0..encoded.len()).all(|end| VaultNote::decode(&encoded[..end]).is_err()));
    }
}
