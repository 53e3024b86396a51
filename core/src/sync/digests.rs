//! This device's own digests: count and sum by table over what it holds, kept up to date from the
//! changes since they were last computed, each row's share remembered so that it can be taken out.

use crate::change::ChangeNumber;
use crate::codec::{DecodeError, NAME_BYTES_MAX, Reader, put_bytes, put_varint};
use crate::history::HistoryError;
use crate::sealed::Digest;
use crate::sorted_map::SortedMap;
use crate::store::{ChangedItem, ItemKey, ReadTx, Room, StoreError, WriteTx};
use crate::sync::contents::{gap_of, purged_items};
use crate::sync::vault::Vault;

const STATE: &[u8] = b"digests";

/// Digests by the name of the table, as of a change.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Digests {
    /// Every change up to this one is counted.
    pub upto: ChangeNumber,
    /// By table.
    pub tables: SortedMap<String, Digest>,
}

impl Digests {
    /// As they were last computed.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn read(tx: &dyn ReadTx) -> Result<Self, HistoryError> {
        let Some(bytes) = tx.note(Room::Local, STATE)? else { return Ok(Self::default()) };
        Ok(decode(&bytes).map_err(|error| corrupt(&error))?)
    }

    /// Counts at most `limit` further changes. Says whether there may be more.
    pub(crate) fn bring_on(
        tx: &mut dyn WriteTx,
        vault: &Vault,
        limit: usize,
    ) -> Result<bool, HistoryError> {
        let mut digests = Self::read(tx)?;
        let changes = tx.changes(digests.upto, limit)?;
        let Some(last) = changes.last().map(|change| change.number) else { return Ok(false) };
        for change in &changes {
            for gone in gone_with(tx, &change.item)? {
                digests.set(tx, &gone, Digest::default())?;
            }
            let item = ItemKey::from(&change.item);
            let share = vault.digest(tx, &item)?;
            digests.set(tx, &item, share)?;
        }
        digests.upto = last;
        tx.put_note(Room::Local, STATE, &digests.encode())?;
        Ok(changes.len() == limit)
    }

    /// Counts an item anew: it was written without a change.
    pub(crate) fn recount(
        tx: &mut dyn WriteTx,
        vault: &Vault,
        item: &ItemKey,
    ) -> Result<(), HistoryError> {
        let mut digests = Self::read(tx)?;
        let share = vault.digest(tx, item)?;
        digests.set(tx, item, share)?;
        Ok(tx.put_note(Room::Local, STATE, &digests.encode())?)
    }

    /// The items of a table that count, with their shares, in parts: at most `limit`, those after
    /// `after`.
    pub(crate) fn shares(
        tx: &dyn ReadTx,
        table: &str,
        after: Option<&ItemKey>,
        limit: usize,
    ) -> Result<Vec<(ItemKey, Digest)>, HistoryError> {
        let prefix = key_of(&ItemKey::new(table, []));
        let after = after.map(key_of);
        let notes = tx.notes(Room::Digest, &prefix, after.as_deref(), limit)?;
        let read = |(key, value): &(Vec<u8>, Vec<u8>)| {
            let digest = read_digest(&mut Reader::new(value)).map_err(|error| corrupt(&error))?;
            Ok((ItemKey::new(table, &key[prefix.len()..]), digest))
        };
        notes.iter().map(read).collect()
    }

    /// Takes an item out that went without a change.
    pub(crate) fn forget(tx: &mut dyn WriteTx, item: &ItemKey) -> Result<(), HistoryError> {
        let mut digests = Self::read(tx)?;
        digests.set(tx, item, Digest::default())?;
        Ok(tx.put_note(Room::Local, STATE, &digests.encode())?)
    }

    /// Sets an item's share.
    fn set(
        &mut self,
        tx: &mut dyn WriteTx,
        item: &ItemKey,
        share: Digest,
    ) -> Result<(), HistoryError> {
        let key = key_of(item);
        let before = match tx.note(Room::Digest, &key)? {
            Some(bytes) => {
                read_digest(&mut Reader::new(&bytes)).map_err(|error| corrupt(&error))?
            }
            None => Digest::default(),
        };
        if before == share {
            return Ok(());
        }
        let table = self.tables.entry_or(item.table.clone(), Digest::default());
        table.subtract(&before);
        table.merge(&share);
        if share.is_empty() {
            return Ok(tx.remove_note(Room::Digest, &key)?);
        }
        let mut bytes = Vec::with_capacity(20);
        put_digest(&mut bytes, &share);
        Ok(tx.put_note(Room::Digest, &key, &bytes)?)
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        put_varint(&mut bytes, self.upto.get());
        for (name, digest) in self.tables.iter().filter(|(_, digest)| !digest.is_empty()) {
            put_bytes(&mut bytes, name.as_bytes());
            put_digest(&mut bytes, digest);
        }
        bytes
    }
}

/// An item's share, as it was counted.
pub(crate) fn share_of(tx: &dyn ReadTx, item: &ItemKey) -> Result<Digest, HistoryError> {
    let Some(bytes) = tx.note(Room::Digest, &key_of(item))? else { return Ok(Digest::default()) };
    Ok(read_digest(&mut Reader::new(&bytes)).map_err(|error| corrupt(&error))?)
}

/// Items that a change took away.
fn gone_with(tx: &dyn ReadTx, item: &ChangedItem) -> Result<Vec<ItemKey>, HistoryError> {
    match item {
        ChangedItem::Purge { execution } => {
            // What came back since has a change of its own, which counts it again.
            purged_items(tx, *execution)
        }
        ChangedItem::Gap { log, first, reason } => {
            let pieces = gap_of(tx, *log, *first, *reason)?.map_or_else(Vec::new, |gap| gap.pieces);
            Ok(pieces.into_iter().map(|first| ItemKey::piece(*log, first)).collect())
        }
        _ => Ok(Vec::new()),
    }
}

fn decode(bytes: &[u8]) -> Result<Digests, DecodeError> {
    let mut reader = Reader::new(bytes);
    let upto = ChangeNumber::new(reader.varint()?);
    let mut tables = SortedMap::new();
    while !reader.is_empty() {
        let name = reader.text("names", NAME_BYTES_MAX)?.to_owned();
        tables.insert(name, read_digest(&mut reader)?);
    }
    Ok(Digests { upto, tables })
}

fn read_digest(reader: &mut Reader<'_>) -> Result<Digest, DecodeError> {
    Ok(Digest { count: reader.varint()?, sum: u128::from_be_bytes(reader.array()?) })
}

fn put_digest(into: &mut Vec<u8>, digest: &Digest) {
    put_varint(into, digest.count);
    into.extend_from_slice(&digest.sum.to_be_bytes());
}

fn key_of(item: &ItemKey) -> Vec<u8> {
    let mut key = Vec::with_capacity(item.table.len() + item.key.len() + 1);
    put_bytes(&mut key, item.table.as_bytes());
    key.extend_from_slice(&item.key);
    key
}

fn corrupt(error: &DecodeError) -> StoreError {
    StoreError::Corrupt { detail: format!("a note of a digest: {error}") }
}
