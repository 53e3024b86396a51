//! Tables.

use std::io::{self, Write};

use anstyle::Style;

use super::plain::{fitted, width};

/// A column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) title: &'static str,
    pub(crate) right: bool,
    /// How narrow it may become where the table is too wide; where that is not enough, it is left
    /// out. `None` where it stays as it is.
    pub(crate) cut_to: Option<usize>,
}

/// A cell: text without control characters, and its style.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) style: Style,
}

impl Cell {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), style: Style::new() }
    }

    pub(crate) fn styled(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style }
    }
}

/// Rows of cells below titles. A column without any text is left out.
#[derive(Debug)]
pub(crate) struct Table<const N: usize> {
    columns: [Column; N],
    rows: Vec<[Cell; N]>,
}

/// Between columns.
const GAP: &str = "  ";

impl<const N: usize> Table<N> {
    pub(crate) fn new(columns: [Column; N]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    pub(crate) fn push(&mut self, row: [Cell; N]) {
        self.rows.push(row);
    }

    /// Prints the table, in at most `width` columns where that is given.
    pub(crate) fn print(&self, out: &mut impl Write, width: Option<usize>) -> io::Result<()> {
        let widths = self.widths(width);
        let titles = self.columns.map(|column| Cell::styled(column.title, Style::new().bold()));
        for row in std::iter::once(&titles).chain(&self.rows) {
            self.print_row(out, row, &widths)?;
        }
        Ok(())
    }

    fn print_row(
        &self,
        out: &mut impl Write,
        row: &[Cell; N],
        widths: &[usize; N],
    ) -> io::Result<()> {
        let shown = (0..N).filter(|index| widths[*index] > 0);
        // Spaces are written before the next text only, so that no line ends in them.
        let mut spaces = 0;
        for index in shown {
            let Cell { text, style } = &row[index];
            let text = fitted(text, widths[index]);
            let free = widths[index] - super::plain::width(&text);
            let (before, after) = if self.columns[index].right { (free, 0) } else { (0, free) };
            if !text.is_empty() {
                write!(out, "{:1$}{style}{text}{style:#}", "", spaces + before)?;
                spaces = 0;
            } else {
                spaces += before;
            }
            spaces += after + GAP.len();
        }
        writeln!(out)
    }

    /// How wide each column becomes; zero for one that is left out.
    fn widths(&self, limit: Option<usize>) -> [usize; N] {
        let mut wanted: [usize; N] = std::array::from_fn(|index| {
            let longest = self.rows.iter().map(|row| width(&row[index].text)).max();
            match longest.unwrap_or_default() {
                0 => 0,
                longest => longest.max(width(self.columns[index].title)),
            }
        });
        let Some(limit) = limit else { return wanted };
        for index in 0..N {
            if let Some(widths) = self.cut(wanted, limit) {
                return widths;
            }
            if self.columns[index].cut_to.is_some() {
                wanted[index] = 0;
            }
        }
        wanted
    }

    /// Widths cut to a limit; `None` where no cut is enough.
    fn cut(&self, mut widths: [usize; N], limit: usize) -> Option<[usize; N]> {
        let shown = widths.iter().filter(|width| **width > 0).count();
        let gaps = GAP.len() * shown.saturating_sub(1);
        let mut over = (widths.iter().sum::<usize>() + gaps).saturating_sub(limit);
        // The last column is cut first: what matters most stands first.
        for index in (0..N).rev() {
            let Some(least) = self.columns[index].cut_to else { continue };
            let cut = over.min(widths[index].saturating_sub(least));
            widths[index] -= cut;
            over -= cut;
        }
        (over == 0).then_some(widths)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(width: Option<usize>) -> String {
        let column = |title, right, cut_to| Column { title, right, cut_to };
        let mut table = Table::new([
            column("ID", false, None),
            column("TOOK", true, None),
            column("TAGS", false, Some(4)),
            column("COMMAND", false, Some(7)),
        ]);
        table.push(["1f3a", "2m05s", "", "make test --jobs 4"].map(Cell::new));
        table.push(["77c0", "9ms", "", "日本語"].map(Cell::new));
        let mut out = Vec::new();
        table.print(&mut out, width).unwrap();
        String::from_utf8(out).unwrap().replace("\u{1b}[1m", "").replace("\u{1b}[0m", "")
    }

    #[test]
    fn columns_are_aligned_and_empty_ones_left_out() {
        insta::assert_snapshot!(printed(None), @r"
        ID     TOOK  COMMAND
        1f3a  2m05s  make test --jobs 4
        77c0    9ms  日本語
        ");
    }

    #[test]
    fn a_terminal_too_narrow_for_all_columns_shows_the_first() {
        insta::assert_snapshot!(printed(Some(12)), @r"
        ID     TOOK
        1f3a  2m05s
        77c0    9ms
        ");
    }

    #[test]
    fn the_last_column_is_cut_to_fit() {
        insta::assert_snapshot!(printed(Some(22)), @r"
        ID     TOOK  COMMAND
        1f3a  2m05s  make tes…
        77c0    9ms  日本語
        ");
    }
}
