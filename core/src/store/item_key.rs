//! The one identity of anything that syncs.

use super::ChangedItem;
use crate::codec::{DecodeError, KEY_BYTES_MAX, NAME_BYTES_MAX, Reader, put_bytes, put_varint};
use crate::id::{DeviceId, ExecutionId};
use crate::log::{GapReason, LogKey};
use crate::schema::{RowKey, Table};

/// What a record is about: a table's name and a key within it.
///
/// Ordered by table, then by the bytes of the key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemKey {
    /// The table's name: one of the schema, one of the constants here, or one that only a newer
    /// program knows.
    pub table: String,
    /// The key within the table.
    pub key: Vec<u8>,
}

/// Most items in one encoded list.
pub const ITEMS_MAX: usize = 1 << 20;

impl ItemKey {
    /// The table of sealed log pieces.
    pub const LOG: &'static str = "log";
    /// The table of ranges that are gone from logs.
    pub const LOG_GAPS: &'static str = "log_gaps";
    /// The table of purges.
    pub const PURGES: &'static str = "purges";
    /// The table of executions.
    pub const EXECUTIONS: &'static str = Table::Executions.name();
    /// The table of tags.
    pub const TAGS: &'static str = Table::Tags.name();
    /// Tables whose keys begin with the 16 bytes of an execution's id.
    pub const OF_EXECUTIONS: &'static [&'static str] =
        &[Self::EXECUTIONS, Self::TAGS, Self::LOG, Self::LOG_GAPS, Self::PURGES];

    /// A key of a table.
    pub fn new(table: impl Into<String>, key: impl Into<Vec<u8>>) -> Self {
        Self { table: table.into(), key: key.into() }
    }

    /// A sealed piece of a log: execution, device, first sequence, big-endian.
    pub fn piece(log: LogKey, first: u64) -> Self {
        Self::new(Self::LOG, log_position(log, first))
    }

    /// A gap of a log: execution, device, first sequence, big-endian, and the reason's text.
    pub fn gap(log: LogKey, first: u64, reason: GapReason) -> Self {
        let mut key = log_position(log, first);
        key.extend_from_slice(reason.as_str().as_bytes());
        Self::new(Self::LOG_GAPS, key)
    }

    /// The purge of an execution.
    pub fn purge(execution: ExecutionId) -> Self {
        Self::new(Self::PURGES, execution.as_bytes())
    }

    /// The execution that the item is or belongs to; `None` where its table is not of executions.
    pub fn execution(&self) -> Option<ExecutionId> {
        let of_execution = Self::OF_EXECUTIONS.contains(&self.table.as_str());
        of_execution.then(|| self.key.get(..16).and_then(ExecutionId::from_slice)).flatten()
    }

    /// Log and first sequence, where the item is a log piece.
    pub fn as_piece(&self) -> Option<(LogKey, u64)> {
        let rest = self.key.get(LOG_POSITION_LEN..)?;
        (self.table == Self::LOG && rest.is_empty()).then(|| read_log_position(&self.key)).flatten()
    }

    /// Log, first sequence and reason, where the item is a dropped range.
    pub fn as_gap(&self) -> Option<(LogKey, u64, GapReason)> {
        let reason = std::str::from_utf8(self.key.get(LOG_POSITION_LEN..)?).ok()?;
        let reason = GapReason::from_text(reason).filter(|_| self.table == Self::LOG_GAPS)?;
        let (log, first) = read_log_position(&self.key)?;
        Some((log, first, reason))
    }

    /// The item as something that changes; `None` where its key is none of its table.
    pub fn to_changed(&self) -> Option<ChangedItem> {
        match self.table.as_str() {
            Self::LOG => self.as_piece().map(|(log, first)| ChangedItem::Piece { log, first }),
            Self::LOG_GAPS => {
                self.as_gap().map(|(log, first, reason)| ChangedItem::Gap { log, first, reason })
            }
            Self::PURGES => self.execution().map(|execution| ChangedItem::Purge { execution }),
            name if Table::by_name(name).is_some() => self.row().map(ChangedItem::Row),
            _ => Some(ChangedItem::Kept { table: self.table.clone(), key: self.key.clone() }),
        }
    }

    /// The row's key, where the item is a row of a table that this program knows.
    pub fn row(&self) -> Option<RowKey> {
        RowKey::from_bytes(Table::by_name(&self.table)?, &self.key).ok()
    }
}

fn log_position(log: LogKey, first: u64) -> Vec<u8> {
    [log.execution.as_bytes().as_slice(), log.device.as_bytes(), &first.to_be_bytes()].concat()
}

/// Length of execution, device and first sequence.
const LOG_POSITION_LEN: usize = 16 + 16 + 8;

fn read_log_position(key: &[u8]) -> Option<(LogKey, u64)> {
    let (execution, rest) = key.split_at_checked(16)?;
    let (device, first) = rest.split_at_checked(16)?;
    let execution = ExecutionId::from_slice(execution)?;
    let log = LogKey { execution, device: DeviceId::from_slice(device)? };
    Some((log, u64::from_be_bytes(first.get(..8)?.try_into().ok()?)))
}

impl From<&RowKey> for ItemKey {
    fn from(key: &RowKey) -> Self {
        Self::new(key.table().name(), key.to_bytes())
    }
}

impl From<&ChangedItem> for ItemKey {
    fn from(item: &ChangedItem) -> Self {
        match item {
            ChangedItem::Row(key) => key.into(),
            ChangedItem::Kept { table, key } => Self::new(table.as_str(), key.as_slice()),
            ChangedItem::Piece { log, first } => Self::piece(*log, *first),
            ChangedItem::Gap { log, first, reason } => Self::gap(*log, *first, *reason),
            ChangedItem::Purge { execution } => Self::purge(*execution),
        }
    }
}

const VERSION: u8 = 1;

/// Appends a list of items: version, count, then each table and key behind its length.
///
/// # Errors
/// [`DecodeError::TooLong`] where [`decode_items`] would refuse the result.
pub fn encode_items(items: &[ItemKey], into: &mut Vec<u8>) -> Result<(), DecodeError> {
    let within = |what, length: usize, limit| {
        if length > limit { Err(DecodeError::TooLong { what, limit }) } else { Ok(()) }
    };
    within("items", items.len(), ITEMS_MAX)?;
    into.push(VERSION);
    put_varint(into, items.len() as u64);
    for item in items {
        within("names", item.table.len(), NAME_BYTES_MAX)?;
        within("row keys", item.key.len(), KEY_BYTES_MAX)?;
        put_bytes(into, item.table.as_bytes());
        put_bytes(into, &item.key);
    }
    Ok(())
}

/// Reads a list of items; `bytes` must hold nothing else.
///
/// # Errors
/// A [`DecodeError`] for bytes that [`encode_items`] does not write.
pub fn decode_items(bytes: &[u8]) -> Result<Vec<ItemKey>, DecodeError> {
    let mut reader = Reader::new(bytes);
    let version = reader.u8()?;
    if version != VERSION {
        return Err(DecodeError::UnknownVersion { what: "lists of items", version });
    }
    let count = reader.length("items", ITEMS_MAX)?;
    // An item takes two bytes at least, and far more in memory: no room is made ahead of reading.
    let mut items = Vec::new();
    for _ in 0..count {
        let table = reader.text("names", NAME_BYTES_MAX)?;
        items.push(ItemKey::new(table, reader.bytes("row keys", KEY_BYTES_MAX)?));
    }
    reader.finish()?;
    Ok(items)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Tag;

    const LOG: LogKey =
        LogKey { execution: ExecutionId::from_u128(9), device: DeviceId::from_u128(7) };

    #[test]
    fn all_of_an_execution_begins_with_its_id() {
        let execution = LOG.execution;
        let row = RowKey::Tag(execution, Tag::new("nightly").unwrap());
        let changed = [
            ChangedItem::Row(RowKey::Execution(execution)),
            ChangedItem::Row(row.clone()),
            ChangedItem::Piece { log: LOG, first: 258 },
            ChangedItem::Gap { log: LOG, first: 258, reason: GapReason::Queue },
            ChangedItem::Purge { execution },
        ];
        let items: Vec<ItemKey> = changed.iter().map(ItemKey::from).collect();
        for (item, table) in items.iter().zip(ItemKey::OF_EXECUTIONS) {
            assert_eq!((item.table.as_str(), item.execution()), (*table, Some(execution)));
        }
        assert_eq!(items[1].row(), Some(row));
        assert_eq!(items[2].row(), None);
        assert_eq!(items[2].key[32..], [0, 0, 0, 0, 0, 0, 1, 2]);
        assert_eq!(&items[3].key[40..], b"queue");
        let kept = ChangedItem::Kept { table: "moods".into(), key: vec![1; 16] };
        assert_eq!(ItemKey::from(&kept).execution(), None);
        assert_eq!(ItemKey::new("log", [1; 15]).execution(), None);
    }

    #[test]
    fn what_is_too_long_is_not_written() {
        for item in [ItemKey::new("t".repeat(256), []), ItemKey::new("t", vec![0; 4097])] {
            assert!(encode_items(&[item], &mut Vec::new()).is_err());
        }
    }

    proptest! {
        #[test]
        fn lists_round_trip(
            list in proptest::collection::vec((".{0,20}", any::<Vec<u8>>()), 0..8),
        ) {
            let items: Vec<_> = list.into_iter().map(|(t, k)| ItemKey::new(t, k)).collect();
            let mut bytes = Vec::new();
            encode_items(&items, &mut bytes).unwrap();
            prop_assert_eq!(decode_items(&bytes), Ok(items));
            for cut in 0..bytes.len() {
                prop_assert!(decode_items(&bytes[..cut]).is_err());
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in any::<Vec<u8>>()) {
            if let Ok(items) = decode_items(&bytes) {
                let mut again = Vec::new();
                encode_items(&items, &mut again).unwrap();
                prop_assert_eq!(again, bytes);
            }
        }
    }
}
