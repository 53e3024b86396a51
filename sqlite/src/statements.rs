//! Statement texts per set of columns, made once from the schema's own names.

use std::fmt::Write;

use runlog_core::clock::{ColumnId, ColumnSet};
use runlog_core::schema::Table;
use runlog_core::sorted_map::SortedMap;

/// What a statement does with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verb {
    /// Reads change, clocks, visibility, then the columns.
    Select,
    /// Adds the row with the columns.
    Insert,
    /// Writes the columns of a row that has the visibility already. Its value is not written
    /// again, which would rewrite every index.
    Update,
    /// Writes the columns and the visibility.
    UpdateVisibility,
}

/// Parameters of every statement: the row's change, clocks and visibility, then its key; then come
/// the columns in ascending order.
pub(crate) const CHANGE: usize = 1;
pub(crate) const CLOCKS: usize = 2;
pub(crate) const VISIBILITY: usize = 3;
pub(crate) const KEY: usize = 4;

/// Result columns of [`Verb::Select`] before the cells.
pub(crate) const SELECTED_BEFORE_CELLS: usize = 3;

/// Columns of the key.
pub(crate) const fn key_columns(table: Table) -> &'static [&'static str] {
    match table {
        Table::Tags => &["execution", "tag"],
        // The only other table; a table that is added does not compile into a statement silently,
        // because its name is not one of the database.
        _ => &["id"],
    }
}

/// The parameter of a column in a statement that writes `columns`.
pub(crate) fn parameter(table: Table, columns: ColumnSet, column: ColumnId) -> usize {
    let before = columns.intersection(ColumnSet::first(column.index())).len();
    KEY + key_columns(table).len() + before
}

/// The texts made so far.
#[derive(Debug, Default)]
pub(crate) struct Texts(SortedMap<(Verb, Table, ColumnSet), Box<str>>);

/// Most texts that are kept; beyond it they are made anew, as when a hostile device sends every
/// combination of columns.
const TEXTS_MAX: usize = 1_000;

impl Texts {
    pub(crate) fn get(&mut self, verb: Verb, table: Table, columns: ColumnSet) -> &str {
        if self.0.len() >= TEXTS_MAX && !self.0.contains_key(&(verb, table, columns)) {
            self.0.clear();
        }
        self.0.entry_or_else((verb, table, columns), || text(verb, table, columns).into())
    }
}

fn text(verb: Verb, table: Table, columns: ColumnSet) -> String {
    let name = table.name();
    let keys = key_columns(table);
    let cells: Vec<&str> = columns.iter().map(|id| table.columns()[id.index()].name).collect();
    match verb {
        Verb::Select => {
            let columns = [&["change", "clocks", "visibility"], &cells[..]].concat().join(", ");
            format!("SELECT {columns} FROM {name} WHERE {}", key_condition(keys))
        }
        Verb::Insert => {
            let columns = [&["change", "clocks", "visibility"], keys, &cells].concat();
            let parameters: Vec<_> = (1..=columns.len()).map(|at| format!("?{at}")).collect();
            let (columns, parameters) = (columns.join(", "), parameters.join(", "));
            format!("INSERT INTO {name} ({columns}) VALUES ({parameters})")
        }
        Verb::Update | Verb::UpdateVisibility => {
            let visibility = ", visibility = ?3";
            let (set, held) = match verb {
                Verb::UpdateVisibility => (visibility, ""),
                _ => ("", " AND visibility = ?3"),
            };
            let mut text = format!("UPDATE {name} SET change = ?1, clocks = ?2{set}");
            for (at, cell) in cells.iter().enumerate() {
                // Writing into a string does not fail.
                let _ = write!(text, ", {cell} = ?{}", KEY + keys.len() + at);
            }
            text + " WHERE " + &key_condition(keys) + held
        }
    }
}

fn key_condition(keys: &[&str]) -> String {
    let conditions = keys.iter().enumerate().map(|(at, key)| format!("{key} = ?{}", KEY + at));
    conditions.collect::<Vec<_>>().join(" AND ")
}

#[cfg(test)]
mod tests {
    use runlog_core::schema::{executions, tags};

    use super::*;

    #[test]
    fn texts_name_only_what_is_asked() {
        let mut texts = Texts::default();
        assert_eq!(
            texts.get(Verb::Update, Table::Executions, executions::ENDING),
            "UPDATE executions SET change = ?1, clocks = ?2, outcome = ?5, ended_at = ?6, \
             exit_code = ?7, signal = ?8 WHERE id = ?4 AND visibility = ?3"
        );
        assert_eq!(
            texts.get(Verb::Insert, Table::Tags, tags::ALL),
            "INSERT INTO tags (change, clocks, visibility, execution, tag, deleted) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        );
        assert_eq!(
            texts.get(Verb::Select, Table::Tags, ColumnSet::EMPTY),
            "SELECT change, clocks, visibility FROM tags WHERE execution = ?4 AND tag = ?5"
        );
    }
}
