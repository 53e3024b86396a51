//! Values into and out of SQLite.

use runlog_core::id::ExecutionId;
use runlog_core::store::ChangeNumber;
use runlog_core::value::Value;
use rusqlite::Row;
use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};

use crate::error::{Failure, Outcome};

/// A value as a bound parameter, without a copy.
pub(crate) struct Bound<'a>(pub(crate) &'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Integer(value) => ValueRef::Integer(*value),
            Value::Real(value) => ValueRef::Real(*value),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// The value of a result column.
pub(crate) fn value_at(row: &Row<'_>, index: usize) -> Outcome<Value> {
    Ok(match row.get_ref(index)? {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(value) => Value::Integer(value),
        ValueRef::Real(value) => Value::Real(value),
        ValueRef::Text(bytes) => Value::Text(
            String::from_utf8(bytes.to_vec())
                .map_err(|_| Failure::corrupt("a stored text is no UTF-8"))?,
        ),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    })
}

/// The bytes of a result column, borrowed.
pub(crate) fn bytes_at<'a>(row: &'a Row<'_>, index: usize) -> Outcome<&'a [u8]> {
    Ok(row.get_ref(index)?.as_blob().map_err(rusqlite::Error::from)?)
}

/// The id in a result column.
pub(crate) fn execution_at(row: &Row<'_>, index: usize) -> rusqlite::Result<ExecutionId> {
    row.get(index).map(ExecutionId::from_bytes)
}

/// The change number in a result column.
pub(crate) fn change_at(row: &Row<'_>, index: usize) -> rusqlite::Result<ChangeNumber> {
    unsigned_at(row, index).map(ChangeNumber::new)
}

/// The unsigned number in a result column.
pub(crate) fn unsigned_at(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(index).map(i64::cast_unsigned)
}

/// An unsigned number as SQLite's signed 64 bits; beyond them, the largest, which no stored number
/// reaches.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The least key above all that begin with the prefix; `None` where every key from the prefix on
/// begins with it.
pub(crate) fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != 0xff)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}
