//! Being an older version of this program, for tests of what becomes of what only newer ones know.

use crate::schema::{Column, Table};

/// Names of tables and columns that an older version does not know, though this one does. It keeps
/// them, as this one keeps those of newer versions.
///
/// Whoever opens a history as an older version writes none of them either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Older {
    /// Tables.
    pub tables: &'static [&'static str],
    /// Columns, of whatever table.
    pub columns: &'static [&'static str],
}

impl Older {
    /// The table of a name, where the version knows it.
    pub(super) fn table(&self, name: &str) -> Option<Table> {
        Table::by_name(name).filter(|_| !self.tables.contains(&name))
    }

    /// The column of a name, where the version knows it.
    pub(super) fn column(&self, table: Table, name: &str) -> Option<&'static Column> {
        table.column(name).filter(|_| !self.columns.contains(&name))
    }
}
