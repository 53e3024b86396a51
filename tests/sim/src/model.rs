//! The reference: every edit that was committed anywhere, and which of them must not be lost. It
//! knows nothing of records, positions or relays.

use std::collections::{BTreeMap, BTreeSet};

use runlog_core::clock::{Clock, ClockTime};
use runlog_core::store::ItemKey;
use runlog_core::value::Value;

use crate::contents::{CONTENT, Cell, Contents};

/// One committed edit of one cell.
#[derive(Clone, Debug)]
pub struct Edit {
    /// Its clock, and those that it was stamped anew with.
    pub clocks: Vec<Clock>,
    /// What it wrote.
    pub value: Value,
    /// Whether it must win, or be beaten by a newer one, everywhere. Otherwise the last store that
    /// had it was set back, and it may come or not.
    pub required: bool,
    /// The edit of the cell that took its place where it was made. Both may be stamped anew, to
    /// before what this one's clock was.
    pub beaten_by: Option<usize>,
}

impl Edit {
    fn least(&self) -> Clock {
        self.clocks.iter().copied().min().unwrap_or(Clock::ZERO)
    }
}

/// All edits by cell.
#[derive(Debug, Default)]
pub struct Model {
    /// Whether two devices may have written different log pieces under one name: a device and its
    /// copy, which learn of each other at one relay, and have both been at another before.
    pub may_have_twins: bool,
    /// Items that were altered on their way to a relay: whoever gets them from there may lack them.
    pub excused: BTreeSet<ItemKey>,
    cells: BTreeMap<Cell, Vec<Edit>>,
}

impl Model {
    /// How many cells were ever written.
    pub fn edits(&self) -> usize {
        self.cells.values().map(Vec::len).sum()
    }

    /// The newest clock that was ever issued.
    pub fn newest(&self) -> ClockTime {
        let edits = self.cells.values().flatten();
        edits.flat_map(|edit| &edit.clocks).map(|clock| clock.time).max().unwrap_or(ClockTime::ZERO)
    }

    /// Every cell that was ever written.
    pub fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.cells.keys()
    }

    /// The edit of a cell with a clock and a value. Two edits with one clock are made by a device
    /// and its copy, until they learn of each other.
    fn find(&mut self, cell: &Cell, clock: Clock, value: &Value) -> Option<&mut Edit> {
        let edits = self.cells.get_mut(cell)?;
        edits.iter_mut().find(|edit| edit.clocks.contains(&clock) && edit.value == *value)
    }

    /// Takes down what a local transaction wrote: every clock that is new.
    pub fn committed(&mut self, before: &Contents, contents: &Contents) {
        for (cell, (clock, value)) in contents {
            if self.find(cell, *clock, value).is_some() {
                continue;
            }
            let number = self.add(cell, *clock, value, true);
            let beaten = before.get(cell).and_then(|(old, value)| self.find(cell, *old, value));
            if let Some(beaten) = beaten {
                beaten.beaten_by = Some(number);
            }
        }
    }

    fn add(&mut self, cell: &Cell, clock: Clock, value: &Value, required: bool) -> usize {
        let edits = self.cells.entry(cell.clone()).or_default();
        let value = value.clone();
        edits.push(Edit { clocks: vec![clock], value, required, beaten_by: None });
        edits.len() - 1
    }

    /// Takes down what syncing did to a store: a clock that nobody issued is that of an own edit
    /// that was stamped anew, or else an invention.
    pub fn synced(&mut self, before: &Contents, after: &Contents) -> Result<(), String> {
        for (cell, (clock, value)) in after {
            let is_known = self.find(cell, *clock, value).is_some();
            if is_known || before.get(cell).is_some_and(|held| *held == (*clock, value.clone())) {
                continue;
            }
            let old = before.get(cell).map(|(held, _)| *held);
            let renamed = cell.0.as_piece().is_some() && self.knows_lines(cell, value);
            let edit = old.and_then(|old| self.find(cell, old, value));
            match edit {
                Some(edit) => edit.clocks.push(*clock),
                _ if renamed => drop(self.add(cell, *clock, value, false)),
                _ => return Err(format!("nobody wrote {cell:?} = {value:?} at {clock:?}")),
            }
        }
        Ok(())
    }

    /// Whether a log piece has lines that were written, under another device's name.
    fn knows_lines(&self, cell: &Cell, value: &Value) -> bool {
        self.cells.iter().any(|(other, edits)| {
            other.0.execution() == cell.0.execution()
                && edits.iter().any(|edit| edit.value == *value)
        })
    }

    /// After something was set back: what nobody holds any more need not come again. `newest` says
    /// the newest clock of a cell in any store or relay, `has` whether any holds it so.
    pub fn set_back(&mut self, stores: &[&Contents], relays: &mut dyn FnMut(&Cell) -> Vec<Clock>) {
        for (cell, edits) in &mut self.cells {
            if !edits.iter().any(|edit| edit.required) {
                continue;
            }
            let relayed = relays(cell);
            for number in 0..edits.len() {
                let least = edits[number].least();
                let held = stores.iter().any(|store| is_there(cell, edits, number, store, false))
                    || relayed.iter().any(|clock| *clock >= least);
                edits[number].required &= held;
            }
        }
    }

    /// Compares what a store holds in the end with what must be there.
    pub fn check(&self, contents: &Contents) -> Result<(), String> {
        for (cell, (clock, value)) in contents {
            let mut known = self.cells.get(cell).into_iter().flatten();
            if !known.any(|edit| edit.clocks.contains(clock) && edit.value == *value) {
                return Err(format!("nobody wrote {cell:?} = {value:?} at {clock:?}"));
            }
        }
        for (cell, edits) in self.cells.iter().filter(|(cell, _)| !self.excused.contains(&cell.0)) {
            for (number, edit) in edits.iter().enumerate().filter(|(_, edit)| edit.required) {
                let twin = |other: &Edit| other.value != edit.value;
                let is_twin = cell.0.as_piece().is_some() && edits.iter().any(twin);
                if self.may_have_twins && is_twin {
                    continue;
                }
                if !is_there(cell, edits, number, contents, true) {
                    let now = contents.get(cell);
                    return Err(format!("lost: {cell:?}, {edit:?}; now {now:?}"));
                }
            }
        }
        Ok(())
    }
}

/// Whether a store has an edit, or what beats it; where `newer` counts, any newer one does. Before
/// all is at rest it may still be stamped anew, to before this one.
fn is_there(cell: &Cell, edits: &[Edit], number: usize, contents: &Contents, newer: bool) -> bool {
    let edit = &edits[number];
    if edit.beaten_by.is_some_and(|by| is_there(cell, edits, by, contents, newer)) {
        return true;
    }
    let held = contents.get(cell).is_some_and(|(clock, value)| {
        newer && *clock > edit.least() || (edit.clocks.contains(clock) && *value == edit.value)
    });
    held || is_purged(cell, edit, contents) || stands_elsewhere(cell, edit, contents)
}

fn is_purged(cell: &Cell, edit: &Edit, contents: &Contents) -> bool {
    let Some(execution) = cell.0.execution() else { return false };
    let purge = contents.get(&(ItemKey::purge(execution), CONTENT.to_owned()));
    purge.is_some_and(|(clock, _)| *clock >= edit.least())
}

/// Whether the lines of a log piece are there under another device's name, or in a dropped range.
fn stands_elsewhere(cell: &Cell, edit: &Edit, contents: &Contents) -> bool {
    let Some((log, first)) = cell.0.as_piece() else { return false };
    let lies_in = |gap: &ItemKey, clock: &Clock| {
        gap.as_gap()
            .is_some_and(|(of, from, _)| of == log && from <= first && clock.time.packed() > first)
    };
    contents.iter().any(|((item, _), (clock, value))| {
        lies_in(item, clock)
            || (item.table == ItemKey::LOG
                && item.execution() == cell.0.execution()
                && *value == edit.value)
    })
}
