//! The reference: every edit that was committed anywhere, and which of them must not be lost. It
//! knows nothing of records, positions or relays.

use std::collections::{BTreeMap, BTreeSet};

use runlog_core::clock::{Clock, ClockTime};
use runlog_core::crypto::VaultKeys;
use runlog_core::sealed::CellTag;
use runlog_core::store::ItemKey;
use runlog_core::value::Value;

use crate::contents::{CONTENT, Cell, Contents, tag_of};

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
    /// The clock of the purge that took it where it was made, which may be stamped anew likewise.
    pub purged_at: Option<Clock>,
}

impl Edit {
    fn least(&self) -> Clock {
        self.clocks.iter().copied().min().unwrap_or(Clock::ZERO)
    }
}

/// All edits by cell.
#[derive(Debug, Default)]
pub struct Model {
    /// Items that were altered on their way to a relay: whoever gets them from there may lack them.
    pub excused: BTreeSet<ItemKey>,
    /// Log pieces with the lines of one that was altered so: they may be nowhere else.
    losable: BTreeSet<ItemKey>,
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
            if cell.0.table == ItemKey::PURGES {
                self.purged(before, cell, *clock);
            }
        }
    }

    /// Takes down what went with a purge.
    fn purged(&mut self, before: &Contents, purge: &Cell, at: Clock) {
        for (cell, (clock, value)) in before {
            let of_it = cell != purge && cell.0.execution() == purge.0.execution();
            if let (true, Some(gone)) = (of_it, self.find(cell, *clock, value)) {
                gone.purged_at = Some(at);
            }
        }
    }

    fn add(&mut self, cell: &Cell, clock: Clock, value: &Value, required: bool) -> usize {
        let edits = self.cells.entry(cell.clone()).or_default();
        let value = value.clone();
        let (beaten_by, purged_at) = (None, None);
        edits.push(Edit { clocks: vec![clock], value, required, beaten_by, purged_at });
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
            if let Some(edit) = old.and_then(|old| self.find(cell, old, value)) {
                edit.clocks.push(*clock);
                self.purge_restamped(cell, old, *clock);
            } else if renamed {
                self.add(cell, *clock, value, false);
            } else if !self.renames(cell, *clock, value) {
                return Err(format!("nobody wrote {cell:?} = {value:?} at {clock:?}"));
            }
        }
        Ok(())
    }

    /// Takes down that the purge of an execution has another clock, where the cell is one.
    fn purge_restamped(&mut self, purge: &Cell, old: Option<Clock>, new: Clock) {
        let of_it = |cell: &Cell| cell.0.execution() == purge.0.execution();
        if purge.0.table != ItemKey::PURGES {
            return;
        }
        let gone = self.cells.iter_mut().filter(|(cell, _)| of_it(cell));
        for edit in gone.flat_map(|(_, edits)| edits).filter(|edit| edit.purged_at == old) {
            edit.purged_at = edit.purged_at.map(|_| new);
        }
    }

    /// Takes down that an edit has another device in its clock: a device that was set back got it from a
    /// relay and went on under another name, in one job.
    fn renames(&mut self, cell: &Cell, clock: Clock, value: &Value) -> bool {
        let edits = self.cells.get_mut(cell).into_iter().flatten();
        let same = edits.filter(|edit| edit.value == *value);
        let same = same.filter(|edit| edit.clocks.iter().any(|known| known.time == clock.time));
        same.map(|edit| edit.clocks.push(clock)).count() > 0
    }

    /// An item may be lost: nobody can open what a relay got of it. A log piece that a device and its
    /// copy wrote goes on under another device's name: its lines may be lost under each of their names.
    pub fn excuse(&mut self, item: ItemKey) {
        let of_item = self.cells.iter().filter(|(cell, _)| cell.0 == item);
        let values: Vec<_> = of_item.flat_map(|(_, edits)| edits).map(|edit| &edit.value).collect();
        let same_lines = |(cell, edits): &(&Cell, &Vec<Edit>)| {
            item.as_piece().is_some()
                && cell.0.execution() == item.execution()
                && edits.iter().any(|edit| values.contains(&&edit.value))
        };
        let names = self.cells.iter().filter(same_lines).map(|(cell, _)| cell.0.clone());
        let names: Vec<_> = names.collect();
        self.losable.extend(names);
        self.excused.insert(item);
    }

    /// Whether a log piece has lines that were written, under another device's name.
    fn knows_lines(&self, cell: &Cell, value: &Value) -> bool {
        self.cells.iter().any(|(other, edits)| {
            other.0.execution() == cell.0.execution()
                && edits.iter().any(|edit| edit.value == *value)
        })
    }

    /// After something was set back: what nobody holds any more need not come again. `relays` says
    /// what each relay holds of a cell.
    pub fn set_back(
        &mut self,
        keys: &VaultKeys,
        stores: &[&Contents],
        relays: &mut dyn FnMut(&Cell) -> Vec<(Clock, CellTag)>,
    ) {
        for (cell, edits) in &mut self.cells {
            if !edits.iter().any(|edit| edit.required) {
                continue;
            }
            let relayed = relays(cell);
            for number in 0..edits.len() {
                let held = stores.iter().any(|store| is_there(cell, edits, number, store, None))
                    || relayed.iter().any(|held| has(keys, cell, &edits[number], held));
                edits[number].required &= held;
            }
        }
    }

    /// Compares what a store holds in the end with what must be there.
    pub fn check(&self, keys: &VaultKeys, contents: &Contents) -> Result<(), String> {
        for (cell, (clock, value)) in contents {
            let mut known = self.cells.get(cell).into_iter().flatten();
            if !known.any(|edit| edit.clocks.contains(clock) && edit.value == *value) {
                return Err(format!("nobody wrote {cell:?} = {value:?} at {clock:?}"));
            }
        }
        let may_be_lost =
            |item: &ItemKey| self.excused.contains(item) || self.losable.contains(item);
        for (cell, edits) in self.cells.iter().filter(|(cell, _)| !may_be_lost(&cell.0)) {
            for (number, edit) in edits.iter().enumerate().filter(|(_, edit)| edit.required) {
                if !is_there(cell, edits, number, contents, Some(keys)) {
                    let now = contents.get(cell);
                    return Err(format!("lost: {cell:?}, {edit:?}; now {now:?}"));
                }
            }
        }
        Ok(())
    }
}

/// Whether a store has an edit, or what beats it. In the end, where the keys are given, that is any
/// newer one, or another under the same clock whose tag is greater: a device and its copy wrote both.
/// Before all is at rest the newer one may still be stamped anew, to before this one.
fn is_there(
    cell: &Cell,
    edits: &[Edit],
    number: usize,
    contents: &Contents,
    in_the_end: Option<&VaultKeys>,
) -> bool {
    let edit = &edits[number];
    if edit.beaten_by.is_some_and(|by| is_there(cell, edits, by, contents, in_the_end)) {
        return true;
    }
    let held = contents.get(cell).is_some_and(|(clock, value)| {
        let same_clock = edit.clocks.contains(clock);
        let beats = |keys: &VaultKeys| {
            let tag = |value| tag_of(keys, cell, clock, value);
            let is_twin = same_clock && cell.0.as_piece().is_none();
            *clock > edit.least() || (is_twin && tag(value) > tag(&edit.value))
        };
        (same_clock && *value == edit.value) || in_the_end.is_some_and(beats)
    });
    let purge = edit.purged_at.unwrap_or(edit.least()).min(edit.least());
    held || is_purged(cell, purge, contents) || stands_elsewhere(cell, edit, contents)
}

/// Whether a relay that holds a cell so has an edit of it, or what beats it.
fn has(keys: &VaultKeys, cell: &Cell, edit: &Edit, (clock, tag): &(Clock, CellTag)) -> bool {
    if *clock > edit.least() {
        return true;
    }
    let own = || tag_of(keys, cell, clock, &edit.value);
    let beats = if cell.0.as_piece().is_some() { *tag == own() } else { *tag >= own() };
    edit.clocks.contains(clock) && beats
}

/// Whether the execution was purged at a clock or later.
fn is_purged(cell: &Cell, clock: Clock, contents: &Contents) -> bool {
    let Some(execution) = cell.0.execution() else { return false };
    let purge = contents.get(&(ItemKey::purge(execution), CONTENT.to_owned()));
    purge.is_some_and(|(purged, _)| *purged >= clock)
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
