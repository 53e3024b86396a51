//! The synchronised tables: their keys, and their columns with the numbers that clocks use.
//!
//! A column's number is stable for ever and never given twice; a new column takes the next one. The
//! columns that an ending writes come first, so that their set takes one byte in a row's clocks.

use crate::clock::{ColumnId, ColumnSet};
use crate::id::ExecutionId;
use crate::model::{InvalidValue, Tag};
use crate::value::Value;

/// A synchronised table that this program knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Table {
    /// One row an execution.
    Executions,
    /// One row a tag of an execution, so that two devices can tag at once.
    Tags,
}

/// What a column holds, where it holds something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// A 64-bit integer.
    Integer,
    /// UTF-8 text.
    Text,
    /// Bytes.
    Blob,
}

/// One column of a synchronised table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its number within the table.
    pub id: ColumnId,
    /// Its name, which travels.
    pub name: &'static str,
    /// What it holds.
    pub column_type: ColumnType,
}

impl Column {
    /// Whether the column holds such a value exactly: one of its type, or NULL.
    pub fn admits(&self, value: &Value) -> bool {
        matches!(
            (self.column_type, value),
            (_, Value::Null)
                | (ColumnType::Integer, Value::Integer(_))
                | (ColumnType::Text, Value::Text(_))
                | (ColumnType::Blob, Value::Blob(_))
        )
    }
}

macro_rules! columns {
    ($list:ident: $($constant:ident = $number:literal, $name:literal, $type:ident;)+) => {
        $(#[doc = concat!("`", $name, "`")] pub const $constant: ColumnId = ColumnId::new($number);)+

        pub(super) const $list: &[Column] = &[$(
            Column { id: $constant, name: $name, column_type: ColumnType::$type },
        )+];
    };
}

/// Columns of [`Table::Executions`].
pub mod executions {
    use super::{Column, ColumnId, ColumnSet, ColumnType};

    columns! { COLUMNS:
        OUTCOME = 0, "outcome", Text;
        ENDED_AT = 1, "ended_at", Integer;
        EXIT_CODE = 2, "exit_code", Integer;
        SIGNAL = 3, "signal", Integer;
        LOST_AT = 4, "lost_at", Integer;
        STARTED_AT = 5, "started_at", Integer;
        DELETED = 6, "deleted", Integer;
        PINNED = 7, "pinned", Integer;
        KIND = 8, "kind", Text;
        WORKFLOW_ID = 9, "workflow_id", Text;
        WORKFLOW_NAME = 10, "workflow_name", Text;
        CREATED_AT = 11, "created_at", Integer;
        DEVICE_ID = 12, "device_id", Blob;
        HOST_NAME = 13, "host_name", Text;
        USER = 14, "user", Text;
        WORKING_DIRECTORY = 15, "working_directory", Text;
        BINARY_PATH = 16, "binary_path", Text;
        PARENT_ID = 17, "parent_id", Blob;
        RETRY_OF = 18, "retry_of", Blob;
        ENGINE_ID = 19, "engine_id", Text;
        USED_FALLBACK = 20, "used_fallback", Integer;
        NOTE = 21, "note", Text;
        ARGV = 22, "argv", Text;
        PARAMS = 23, "params", Text;
        ATTRIBUTES = 24, "attributes", Text;
        COMPILED_PROMPT = 25, "compiled_prompt", Text;
    }

    /// What an ending writes: all of it, the empty ones too, so that no two endings mix.
    pub const ENDING: ColumnSet = ColumnSet::of(&[OUTCOME, ENDED_AT, EXIT_CODE, SIGNAL]);
    /// What can be large, and is read only when one execution is asked for.
    pub const DETAILS: ColumnSet = ColumnSet::of(&[PARAMS, ATTRIBUTES, COMPILED_PROMPT]);
    /// Every column.
    pub const ALL: ColumnSet = ColumnSet::first(COLUMNS.len());
    /// What a [`Summary`](crate::model::Summary) is made from.
    pub const SUMMARY: ColumnSet = ALL.difference(DETAILS);
}

/// Columns of [`Table::Tags`].
pub mod tags {
    use super::{Column, ColumnId, ColumnSet, ColumnType};

    columns! { COLUMNS:
        DELETED = 0, "deleted", Integer;
    }

    /// Every column.
    pub const ALL: ColumnSet = ColumnSet::first(COLUMNS.len());
}

impl Table {
    /// Every table, parents first: the order in which rows are sent.
    pub const ALL: &'static [Self] = &[Self::Executions, Self::Tags];

    /// The name, which travels.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Executions => "executions",
            Self::Tags => "tags",
        }
    }

    /// The columns; the number of each is its index.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Executions => executions::COLUMNS,
            Self::Tags => tags::COLUMNS,
        }
    }

    /// The set of all columns.
    pub const fn all_columns(self) -> ColumnSet {
        ColumnSet::first(self.columns().len())
    }

    /// The table of a name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|table| table.name() == name)
    }

    /// The column of a name.
    pub fn column(self, name: &str) -> Option<&'static Column> {
        self.columns().iter().find(|column| column.name == name)
    }
}

/// The key of a row: it says the table, and it never changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RowKey {
    /// Of an execution.
    Execution(ExecutionId),
    /// Of a tag on an execution.
    Tag(ExecutionId, Tag),
}

impl RowKey {
    /// The table that the key is of.
    pub const fn table(&self) -> Table {
        match self {
            Self::Execution(_) => Table::Executions,
            Self::Tag(..) => Table::Tags,
        }
    }

    /// The execution that the row is of or belongs to.
    pub const fn execution(&self) -> ExecutionId {
        match self {
            Self::Execution(id) | Self::Tag(id, _) => *id,
        }
    }

    /// The key in a record: the 16 bytes of the execution's id; for a tag, then its text.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.execution().as_bytes().to_vec();
        if let Self::Tag(_, tag) = self {
            bytes.extend_from_slice(tag.as_str().as_bytes());
        }
        bytes
    }

    /// Reads the key of a record.
    ///
    /// # Errors
    /// [`InvalidValue`] where the bytes are no key of the table.
    pub fn from_bytes(table: Table, bytes: &[u8]) -> Result<Self, InvalidValue> {
        let invalid = || InvalidValue::new("key", format!("no key of table {}", table.name()));
        let (id, rest) = bytes.split_at_checked(16).ok_or_else(invalid)?;
        let id = ExecutionId::from_slice(id).ok_or_else(invalid)?;
        match table {
            Table::Executions if rest.is_empty() => Ok(Self::Execution(id)),
            Table::Executions => Err(invalid()),
            Table::Tags => {
                let tag = std::str::from_utf8(rest).map_err(|_| invalid())?;
                Ok(Self::Tag(id, Tag::new(tag)?))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn column_numbers_are_their_indexes_and_names_are_unique() {
        for table in Table::ALL {
            for (index, column) in table.columns().iter().enumerate() {
                assert_eq!(column.id.index(), index);
                assert_eq!(table.column(column.name).unwrap().id, column.id);
            }
            assert_eq!(Table::by_name(table.name()), Some(*table));
        }
    }

    #[test]
    fn keys_read_back() {
        let id = ExecutionId::from_u128(9);
        for key in [RowKey::Execution(id), RowKey::Tag(id, Tag::new("nightly").unwrap())] {
            assert_eq!(RowKey::from_bytes(key.table(), &key.to_bytes()), Ok(key));
        }
        assert!(RowKey::from_bytes(Table::Executions, &[1; 17]).is_err());
        assert!(RowKey::from_bytes(Table::Tags, &[1; 16]).is_err());
    }
}
