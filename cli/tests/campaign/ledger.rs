//! What was tried and what was confirmed: what every device must hold in the end.

use std::collections::BTreeMap;

/// What an edit sets. Each is merged by clock alone, so the last of a device's own edits replaces its
/// earlier ones; which device's is the newest, the clocks say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cell {
    Note,
    Pinned,
    Deleted,
    /// Nobody else sets the same tag, and nobody takes one off: a confirmed one is there for good.
    Tag(String),
}

/// A try to set something, by a command that may have been killed.
#[derive(Clone, Debug)]
struct Try {
    value: String,
    is_confirmed: bool,
}

/// A run that a device recorded.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    /// How many lines it printed.
    pub(crate) lines: u64,
    /// Whether its command left with 0.
    pub(crate) is_confirmed: bool,
    /// What its command said on stderr.
    pub(crate) said: String,
}

/// What all devices have done.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    runs: BTreeMap<String, Recorded>,
    /// By execution, cell and device, oldest first.
    tries: BTreeMap<(String, Cell), BTreeMap<usize, Vec<Try>>>,
}

impl Ledger {
    pub(crate) fn record(&mut self, name: &str, recorded: Recorded) {
        self.runs.insert(name.to_owned(), recorded);
    }

    pub(crate) fn edit(
        &mut self,
        device: usize,
        id: &str,
        cell: Cell,
        value: &str,
        is_confirmed: bool,
    ) {
        let by_device = self.tries.entry((id.to_owned(), cell)).or_default();
        let tried = Try { value: value.to_owned(), is_confirmed };
        by_device.entry(device).or_default().push(tried);
    }

    pub(crate) fn recorded(&self) -> &BTreeMap<String, Recorded> {
        &self.runs
    }

    /// How many edits were confirmed.
    pub(crate) fn confirmed_edits(&self) -> usize {
        let tries = self.tries.values().flat_map(BTreeMap::values).flatten();
        tries.filter(|tried| tried.is_confirmed).count()
    }

    /// What every cell that was edited may hold in the end, given what it holds where nobody edits it.
    pub(crate) fn allowed(&self) -> impl Iterator<Item = (&str, &Cell, Vec<&str>)> {
        self.tries.iter().map(|((id, cell), by_device)| {
            let is_certain = by_device.values().flatten().any(|tried| tried.is_confirmed);
            let before = (!is_certain).then(|| unedited(cell));
            let newest = by_device.values().flat_map(|tries| newest(tries));
            (id.as_str(), cell, before.into_iter().chain(newest).collect())
        })
    }
}

/// The value of a cell that nobody has edited.
pub(crate) fn unedited(cell: &Cell) -> &'static str {
    match cell {
        Cell::Note => "",
        Cell::Pinned | Cell::Deleted | Cell::Tag(_) => "false",
    }
}

/// What one device's edits may come to: the last confirmed value, or one that was tried after it.
fn newest(tries: &[Try]) -> impl Iterator<Item = &str> {
    let confirmed = tries.iter().rposition(|tried| tried.is_confirmed).unwrap_or_default();
    tries[confirmed..].iter().map(|tried| tried.value.as_str())
}
