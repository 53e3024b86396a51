//! Rows that belong to executions, read beside them in the order of the same key.
//!
//! One pass over each table, whether it has an index or not, and nothing held but the current row.

use std::cmp::Ordering;

use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator;
use rusqlite::types::ValueRef;
use rusqlite::{Rows, Statement};

use super::rows::{Columns, SourceRow};
use super::{Item, Sink, Skipped, Step, fields};

/// The name under which statements give the key.
pub(super) const OWNER: &str = "execution_id";

/// The key of an execution as the source holds it; a text may be no UTF-8.
#[derive(Clone, Debug)]
pub(super) enum Key {
    Null,
    Integer(i64),
    Real(f64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

impl Key {
    pub(super) fn of(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(number) => Self::Integer(number),
            ValueRef::Real(number) => Self::Real(number),
            ValueRef::Text(text) => Self::Text(text.to_owned()),
            ValueRef::Blob(bytes) => Self::Blob(bytes.to_owned()),
        }
    }

    fn value(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Real(number) => ValueRef::Real(*number),
            Self::Text(text) => ValueRef::Text(text),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }
    }

    /// The order in which SQLite sorts without a collation. Numbers are no ids: between an integer
    /// and another number no difference is made.
    fn order(&self, other: &Self) -> Ordering {
        let class = |key: &Self| match key {
            Self::Null => 0,
            Self::Integer(_) | Self::Real(_) => 1,
            Self::Text(_) => 2,
            Self::Blob(_) => 3,
        };
        match (self, other) {
            (Self::Integer(left), Self::Integer(right)) => left.cmp(right),
            (Self::Text(left), Self::Text(right)) | (Self::Blob(left), Self::Blob(right)) => {
                left.cmp(right)
            }
            (left, right) => class(left).cmp(&class(right)),
        }
    }
}

/// The rows of one table, in the order of the executions that they belong to.
pub(super) struct Children<'s> {
    table: &'static str,
    columns: Columns,
    rows: Option<Rows<'s>>,
    /// The owner of the current row; `None` behind the last one.
    owner: Option<Key>,
}

impl<'s> Children<'s> {
    /// At the first row; without a statement there is none.
    pub(super) fn open(
        table: &'static str,
        statement: Option<&'s mut Statement<'_>>,
    ) -> Step<Self> {
        let columns = statement.as_deref().map(Columns::of).unwrap_or_default();
        let rows = statement.map(|statement| statement.query([])).transpose()?;
        let mut children = Self { table, columns, rows, owner: None };
        children.advance()?;
        Ok(children)
    }

    fn advance(&mut self) -> Step<()> {
        if let Some(rows) = &mut self.rows {
            rows.advance()?;
        }
        self.owner = self.current().map(|row| Key::of(row.get(OWNER)));
        Ok(())
    }

    fn current(&self) -> Option<SourceRow<'_>> {
        let row = self.rows.as_ref()?.get()?;
        Some(SourceRow { columns: &self.columns, row })
    }

    /// Whether the current row belongs to the execution.
    pub(super) fn is_of(&self, key: &Key) -> bool {
        self.owner.as_ref().is_some_and(|owner| owner.order(key).is_eq())
    }

    /// Hands the rows of an execution to `visit` until it says that it has enough.
    pub(super) fn each(
        &mut self,
        key: &Key,
        mut visit: impl FnMut(&SourceRow<'_>) -> Step<bool>,
    ) -> Step<()> {
        let mut goes_on = true;
        while goes_on && self.is_of(key) {
            if let Some(row) = self.current() {
                goes_on = visit(&row)?;
            }
            self.advance()?;
        }
        Ok(())
    }

    /// Passes over rows before those of `key` (all rows without one): they belong to no execution.
    /// One item for each id that they name.
    pub(super) fn skip_to(&mut self, key: Option<&Key>, sink: Sink<'_>) -> Step<()> {
        while let Some(owner) = self.owner.clone() {
            if key.is_some_and(|key| owner.order(key).is_ge()) {
                break;
            }
            let mut count = 0u64;
            self.each(&owner, |_| {
                count += 1;
                Ok(true)
            })?;
            sink(Item::Skipped(Skipped {
                table: self.table,
                rowid: None,
                id: fields::shown(owner.value()),
                reason: format!("{count} rows belong to no execution that can be imported"),
            }))?;
        }
        Ok(())
    }
}
