//! A vault's keys at work: from what is held in the clear to records, and back.

use crate::clock::Clock;
use crate::codec::{DecodeError, encode_value};
use crate::crypto::{OpenError, SealedHeader, VaultKeys, open, seal};
use crate::entropy::Entropy;
use crate::history::HistoryError;
use crate::model::InvalidValue;
use crate::order;
use crate::sealed::{CellTag, Digest, Drops, Mark, OpaqueKey, SealedCell, SealedRecord, VaultId};
use crate::store::{ChangedItem, ItemKey, ReadTx};
use crate::sync::contents::{self, NamedCell, Part};
use crate::sync::plain::{Names, PlainCell, PlainRecord, decode_plain, encode_plain};
use crate::sync::unsent::Lacking;
use crate::value::Value;

/// A vault: its keys, and the opaque names of what every program knows.
#[derive(Debug)]
pub struct Vault {
    keys: VaultKeys,
    names: Names,
}

/// Why a record could not be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotOpened {
    /// The seal.
    #[error(transparent)]
    Seal(#[from] OpenError),
    /// What was in it.
    #[error("what was sealed cannot be read: {0}")]
    Content(#[from] DecodeError),
    /// A row key that is not that of the row.
    #[error("the record is of another row than it says")]
    OtherRow,
}

impl Vault {
    /// From a vault's keys.
    pub fn new(keys: VaultKeys) -> Self {
        let names = Names::new(keys.index());
        Self { keys, names }
    }

    /// The vault's identity.
    pub fn id(&self) -> VaultId {
        self.keys.vault_id()
    }

    /// The vault's keys.
    pub fn keys(&self) -> &VaultKeys {
        &self.keys
    }

    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    /// The opaque key of an item.
    pub(crate) fn row_key(&self, item: &ItemKey) -> OpaqueKey {
        self.keys.index().row_key(&item.table, &item.key)
    }

    /// The records that bring a backend what it lacks of a changed item, oldest clock first.
    pub(crate) fn records(
        &self,
        tx: &dyn ReadTx,
        changed: &ChangedItem,
        lacking: Lacking,
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<SealedRecord>, HistoryError> {
        let item = ItemKey::from(changed);
        let parts = match (changed, lacking) {
            (_, Lacking::Nothing) => Vec::new(),
            (ChangedItem::Row(key), Lacking::Columns(columns)) => {
                contents::row_parts(tx, key, columns)?
            }
            (ChangedItem::Row(key), Lacking::Everything) => {
                contents::row_parts(tx, key, key.table().all_columns())?
            }
            (ChangedItem::Kept { .. }, _) => contents::kept_parts(tx, &item)?,
            _ => contents::all_parts(tx, &item)?,
        };
        parts.into_iter().map(|part| self.seal(&item, part, entropy)).collect()
    }

    /// What an item adds to the digest of its table.
    pub(crate) fn digest(&self, tx: &dyn ReadTx, item: &ItemKey) -> Result<Digest, HistoryError> {
        let row = self.row_key(item);
        let mut digest = Digest::default();
        for part in contents::all_parts(tx, item)? {
            for (name, value) in &part.cells {
                let mark = self.names.mark(self.keys.index(), &item.table, name);
                let tag = self.tag(item, &row, &mark, &part.clock, value);
                digest.add(&row, &part.clock, &SealedCell { mark, tag });
            }
        }
        Ok(digest)
    }

    /// Which columns of a row the digest counts, with clock and tag of each.
    pub(crate) fn held(
        &self,
        tx: &dyn ReadTx,
        item: &ItemKey,
    ) -> Result<Vec<(Clock, SealedCell, String)>, HistoryError> {
        let row = self.row_key(item);
        let mut held = Vec::new();
        for part in contents::all_parts(tx, item)? {
            for cell in self.plain_cells(item, part.cells) {
                let tag = self.tag(item, &row, &cell.mark, &part.clock, &cell.value);
                held.push((part.clock, SealedCell { mark: cell.mark, tag }, cell.name));
            }
        }
        Ok(held)
    }

    /// The tags of an opened record's cells under its clock, by the names of their columns. They are
    /// computed from the values: what a relay says of them counts for nothing.
    pub(crate) fn tags(&self, clock: &Clock, plain: &PlainRecord) -> Vec<(String, CellTag)> {
        let row = self.row_key(&plain.item);
        let tag = |cell: &PlainCell| self.tag(&plain.item, &row, &cell.mark, clock, &cell.value);
        plain.cells.iter().map(|cell| (cell.name.clone(), tag(cell))).collect()
    }

    /// The tag of a cell. That of a purge is over its clock alone: what the execution held is known
    /// to each device in part, and does not make two purges differ.
    fn tag(
        &self,
        item: &ItemKey,
        row: &OpaqueKey,
        mark: &Mark,
        clock: &Clock,
        value: &Value,
    ) -> CellTag {
        let mut bytes = Vec::with_capacity(16);
        if item.table != ItemKey::PURGES {
            encode_value(value, &mut bytes);
        }
        self.keys.index().cell_tag(row, mark, clock, &bytes)
    }

    fn plain_cells(&self, item: &ItemKey, cells: Vec<NamedCell>) -> Vec<PlainCell> {
        let mut plain: Vec<PlainCell> = cells
            .into_iter()
            .map(|(name, value)| {
                let mark = self.names.mark(self.keys.index(), &item.table, &name);
                PlainCell { mark, name: name.into_owned(), value }
            })
            .collect();
        order::sort_by_key(&mut plain, |cell| cell.mark);
        plain
    }

    fn seal(
        &self,
        item: &ItemKey,
        part: Part,
        entropy: &mut dyn Entropy,
    ) -> Result<SealedRecord, HistoryError> {
        let index = self.keys.index();
        let row = self.row_key(item);
        let record = PlainRecord { item: item.clone(), cells: self.plain_cells(item, part.cells) };
        let cells: Vec<SealedCell> = record
            .cells
            .iter()
            .map(|cell| SealedCell {
                mark: cell.mark,
                tag: self.tag(item, &row, &cell.mark, &part.clock, &cell.value),
            })
            .collect();
        let marks: Vec<Mark> = cells.iter().map(|cell| cell.mark).collect();
        let table = self.names.table_tag(index, &item.table);
        let key = self.keys.current();
        let nonce = entropy.array();
        let header = SealedHeader { table, row, marks: &marks, clock: part.clock, key };
        let sealed = seal(&self.keys, &header, &encode_plain(&record, &self.names), nonce)
            .map_err(|error| InvalidValue { field: "record", reason: error.to_string() })?;
        let drops = part.drops.map(|(floor, items)| Drops {
            floor,
            keys: items.iter().map(|item| self.row_key(item)).collect(),
        });
        Ok(SealedRecord { table, row, clock: part.clock, cells, key, nonce, sealed, drops })
    }

    /// Opens a record.
    pub(crate) fn open(&self, record: &SealedRecord) -> Result<PlainRecord, NotOpened> {
        let marks: Vec<Mark> = record.cells.iter().map(|cell| cell.mark).collect();
        let (table, row, clock, key) = (record.table, record.row, record.clock, record.key);
        let header = SealedHeader { table, row, marks: &marks, clock, key };
        let plain = open(&self.keys, &header, record.nonce, &record.sealed)?;
        let index = self.keys.index();
        let opened = decode_plain(&plain, marks.iter().copied(), &self.names, index)?;
        // The sealer is one of us, but it may be a program with a fault: what its record says it
        // covers at the relay must be what it brings.
        if self.row_key(&opened.item) != row
            || self.names.table_tag(index, &opened.item.table) != table
        {
            return Err(NotOpened::OtherRow);
        }
        Ok(opened)
    }
}
