//! The reference: every edit that was committed anywhere, and which of them must not be lost. It
//! knows nothing of records, positions or relays.

use std::collections::BTreeMap;

use runlog_core::clock::Clock;
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
}

impl Edit {
    fn least(&self) -> Clock {
        self.clocks.iter().copied().min().unwrap_or(Clock::ZERO)
    }
}

/// All edits by cell.
#[derive(Debug, Default)]
pub struct Model {
    cells: BTreeMap<Cell, Vec<Edit>>,
}

impl Model {
    /// How many cells were ever written.
    pub fn edits(&self) -> usize {
        self.cells.values().map(Vec::len).sum()
    }

    fn find(&mut self, cell: &Cell, clock: Clock) -> Option<&mut Edit> {
        let edits = self.cells.get_mut(cell)?;
        edits.iter_mut().find(|edit| edit.clocks.contains(&clock))
    }

    /// Takes down what a local transaction wrote: every clock that is new.
    pub fn committed(&mut self, contents: &Contents) -> Result<(), String> {
        for (cell, (clock, value)) in contents {
            match self.find(cell, *clock) {
                Some(edit) if edit.value == *value => {}
                Some(edit) => {
                    return Err(format!(
                        "twins: {cell:?} at {clock:?} is {value:?} and {:?}",
                        edit.value
                    ));
                }
                None => {
                    let edit = Edit { clocks: vec![*clock], value: value.clone(), required: true };
                    self.cells.entry(cell.clone()).or_default().push(edit);
                }
            }
        }
        Ok(())
    }

    /// Takes down what syncing did to a store: a clock that nobody issued is that of an own edit
    /// that was stamped anew, or else an invention.
    pub fn synced(&mut self, before: &Contents, after: &Contents) -> Result<(), String> {
        for (cell, (clock, value)) in after {
            if before.get(cell).is_some_and(|(held, _)| held == clock) {
                continue;
            }
            if let Some(edit) = self.find(cell, *clock) {
                if edit.value != *value {
                    let wrote = &edit.value;
                    return Err(format!("{cell:?} at {clock:?} is {value:?}, but was {wrote:?}"));
                }
                continue;
            }
            let old = before.get(cell).map(|(held, _)| *held);
            let renamed = cell.0.as_piece().is_some() && self.knows_lines(cell, value);
            let edit = old.and_then(|old| self.find(cell, old));
            match edit {
                Some(edit) if edit.value == *value => edit.clocks.push(*clock),
                _ if renamed => {
                    let edit = Edit { clocks: vec![*clock], value: value.clone(), required: false };
                    self.cells.entry(cell.clone()).or_default().push(edit);
                }
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

    /// After something was set back: what nobody holds any more need not come again. `holds` says
    /// whether some store or relay holds the cell at the clock or newer.
    pub fn set_back(&mut self, mut holds: impl FnMut(&Cell, Clock) -> bool) {
        for (cell, edits) in &mut self.cells {
            for edit in edits.iter_mut().filter(|edit| edit.required) {
                edit.required = holds(cell, edit.least()) || is_purged(cell, edit, &mut holds);
            }
        }
    }

    /// Compares what a store holds in the end with what must be there.
    pub fn check(&self, contents: &Contents) -> Result<(), String> {
        for (cell, (clock, value)) in contents {
            let known = self.cells.get(cell).into_iter().flatten();
            let found = known.clone().find(|edit| edit.clocks.contains(clock));
            match found {
                Some(edit) if edit.value == *value => {}
                Some(edit) => {
                    return Err(format!("{cell:?} is {value:?} instead of {:?}", edit.value));
                }
                None => return Err(format!("nobody wrote {cell:?} = {value:?} at {clock:?}")),
            }
        }
        let mut holds =
            |cell: &Cell, clock: Clock| contents.get(cell).is_some_and(|(held, _)| *held >= clock);
        for (cell, edits) in &self.cells {
            for edit in edits.iter().filter(|edit| edit.required) {
                let held = holds(cell, edit.least())
                    || is_purged(cell, edit, &mut holds)
                    || stands_elsewhere(cell, edit, contents);
                if !held {
                    let now = contents.get(cell);
                    return Err(format!("lost: {cell:?}, {edit:?}; now {now:?}"));
                }
            }
        }
        Ok(())
    }
}

fn is_purged(cell: &Cell, edit: &Edit, holds: &mut impl FnMut(&Cell, Clock) -> bool) -> bool {
    let Some(execution) = cell.0.execution() else { return false };
    holds(&(ItemKey::purge(execution), CONTENT.to_owned()), edit.least())
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
