//! Rows of a source by the names of their columns, whichever of them there are.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, ErrorCode, Row, Statement};

use super::{Item, Skipped, Step, fields};

/// The name under which statements give the number of a row.
pub(super) const ROWID: &str = "runlog_import_rowid";

/// The columns of a statement's result.
#[derive(Debug, Default)]
pub(super) struct Columns(Vec<String>);

impl Columns {
    pub(super) fn of(statement: &Statement<'_>) -> Self {
        Self(statement.column_names().map(str::to_owned).collect())
    }
}

/// One row of a source.
pub(super) struct SourceRow<'a> {
    pub(super) columns: &'a Columns,
    pub(super) row: &'a Row<'a>,
}

impl<'a> SourceRow<'a> {
    /// The value of a column; NULL where there is no such column.
    pub(super) fn get(&self, name: &str) -> ValueRef<'a> {
        let index = self.columns.0.iter().position(|column| column.eq_ignore_ascii_case(name));
        index.and_then(|index| self.row.get_ref(index).ok()).unwrap_or(ValueRef::Null)
    }

    /// Columns that are none of the given ones, with their values.
    pub(super) fn others(&self, known: &[&str]) -> Vec<(&'a str, ValueRef<'a>)> {
        let is_known = |name: &str| {
            name == ROWID || known.iter().any(|known| known.eq_ignore_ascii_case(name))
        };
        let columns = self.columns.0.iter().enumerate();
        columns
            .filter(|(_, name)| !is_known(name))
            .filter_map(|(index, name)| Some((name.as_str(), self.row.get_ref(index).ok()?)))
            .collect()
    }

    /// What is said of this row when it is not imported.
    pub(super) fn skipped(&self, table: &'static str, id: &str, reason: String) -> Item {
        let rowid = match self.get(ROWID) {
            ValueRef::Integer(rowid) => Some(rowid),
            _ => None,
        };
        Item::Skipped(Skipped { table, rowid, id: fields::shown(self.get(id)), reason })
    }
}

/// Prepares the first of the statements that the table allows: a table without row numbers, or an
/// older one without some column, does not allow all. An error of the last is a text.
pub(super) fn prepare<'c>(
    connection: &'c Connection,
    statements: &[&str],
) -> Step<Result<Statement<'c>, String>> {
    let mut refused = String::new();
    for sql in statements {
        match connection.prepare(sql) {
            Ok(statement) => return Ok(Ok(statement)),
            Err(error) if is_missing(&error) => refused = error.to_string(),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Err(refused))
}

/// Whether the statement names something that is not there.
fn is_missing(error: &Error) -> bool {
    matches!(error, Error::SqlInputError { .. })
        || error.sqlite_error_code() == Some(ErrorCode::Unknown)
}
