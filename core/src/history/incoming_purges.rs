//! Purges that another device made, and what comes of a run that was purged.

use super::incoming::{Effect, Merged};
use super::{HistoryError, HistoryWriter};
use crate::clock::{Clock, ColumnSet};
use crate::codec::RowRecord;
use crate::id::ExecutionId;
use crate::model::Visibility;
use crate::schema::RowKey;
use crate::store::{ChangeNumber, ItemKey};
use crate::sync::contents::purged_items;

impl HistoryWriter<'_> {
    /// Purges an execution that another device purged. What is newer than the purge stays: a
    /// restore that the purging device did not see.
    ///
    /// # Errors
    /// The store's own errors.
    pub(crate) fn merge_purge(
        &mut self,
        execution: ExecutionId,
        clock: Clock,
        items: Vec<ItemKey>,
    ) -> Result<Effect, HistoryError> {
        let key = RowKey::Execution(execution);
        let held = self.tx.purged(&key)?;
        if held.is_some_and(|held| held >= clock) {
            return Ok(Effect::of(Merged::Unchanged));
        }
        let before = self.tx.row(&key, ColumnSet::EMPTY)?.map(|row| row.visibility);
        let known = self.tx.execution_items(execution)?;
        if known.iter().all(|item| items.contains(item)) {
            self.purge_up_to(execution, clock, items)?;
        } else {
            // Whoever purged did not know of all of it: the backends hear of the rest from here.
            self.purge_as_own(execution, clock, items)?;
        }
        let shown = before.map(|before| (before, Visibility::Hidden));
        Ok(Effect { shown, ..Effect::of(Merged::Updated) })
    }

    /// Whether what an item of a table that is not known here held under `clock` went with a purge.
    ///
    /// Where only a newer program can tell whose the item is, what the purge names went with it.
    pub(super) fn is_purged(&mut self, item: &ItemKey, clock: Clock) -> Result<bool, HistoryError> {
        let Some(execution) = item.key.get(..16).and_then(ExecutionId::from_slice) else {
            return Ok(false);
        };
        let Some(purged) = self.tx.purged(&RowKey::Execution(execution))? else {
            return Ok(false);
        };
        if clock > purged {
            return Ok(false);
        }
        if item.execution().is_none() {
            return Ok(purged_items(&*self.tx, execution)?.contains(item));
        }
        self.came_after_purge(execution, purged, item.clone())?;
        Ok(true)
    }

    /// Something of an execution that was purged under `clock` came. Where the purge does not name
    /// it, whoever purged did not know of it: it is named from here on, so that the backends let go
    /// of it as well.
    pub(super) fn came_after_purge(
        &mut self,
        execution: ExecutionId,
        clock: Clock,
        item: ItemKey,
    ) -> Result<(), HistoryError> {
        match self.arrival {
            Some(_) => self.name_in_purge(execution, clock, item),
            None => Ok(()),
        }
    }

    /// Names a row in the purge of its execution, for every backend to hear.
    pub(super) fn name_late(&mut self, key: &RowKey) -> Result<(), HistoryError> {
        let execution = key.execution();
        match self.tx.purged(&RowKey::Execution(execution))? {
            Some(clock) => self.name_in_purge(execution, clock, ItemKey::from(key)),
            None => Ok(()),
        }
    }

    /// Names an item in the purge of its execution, which has this clock, where it is not named yet.
    fn name_in_purge(
        &mut self,
        execution: ExecutionId,
        clock: Clock,
        item: ItemKey,
    ) -> Result<(), HistoryError> {
        if purged_items(&*self.tx, execution)?.contains(&item) {
            return Ok(());
        }
        self.purge_as_own(execution, clock, vec![item])
    }

    /// As [`Self::purge_up_to`], for every backend to hear.
    fn purge_as_own(
        &mut self,
        execution: ExecutionId,
        clock: Clock,
        items: Vec<ItemKey>,
    ) -> Result<(), HistoryError> {
        self.as_own(|writer, _| writer.purge_up_to(execution, clock, items))
    }

    /// Purges what an execution holds up to a clock, under a new number.
    pub(crate) fn purge_up_to(
        &mut self,
        execution: ExecutionId,
        clock: Clock,
        items: Vec<ItemKey>,
    ) -> Result<(), HistoryError> {
        let newer = self.written_after(execution, clock)?;
        items.iter().try_for_each(|item| self.forget_kept(execution, item, clock))?;
        self.note_purged_items(execution, items)?;
        let change = self.next_change();
        self.tx.purge(execution, clock, change)?;
        let item = ItemKey::purge(execution);
        self.note_change(&item, (ChangeNumber::ZERO, change), ColumnSet::EMPTY)?;
        // It was here before: whoever brought the purge need not have it.
        self.owes |= !newer.is_empty();
        let arrival = self.arrival.take();
        let kept = newer.into_iter().try_for_each(|record| self.merge_record(record).map(|_| ()));
        self.arrival = arrival;
        kept
    }

    /// Lets go of what is kept up to a clock for an item of a table that only a newer program knows,
    /// and that its purge names. What is kept for rows of known tables goes with the execution.
    fn forget_kept(
        &mut self,
        execution: ExecutionId,
        item: &ItemKey,
        clock: Clock,
    ) -> Result<(), HistoryError> {
        if item.execution().is_some() || !item.key.starts_with(execution.as_bytes()) {
            return Ok(());
        }
        for cell in self.tx.kept(&item.table, &item.key)? {
            if cell.clock <= clock {
                self.tx.unkeep(&item.table, &item.key, &cell.column)?;
            }
        }
        Ok(())
    }

    /// The cells of an execution and its tags that are newer than a clock, the kept ones included.
    fn written_after(
        &self,
        execution: ExecutionId,
        clock: Clock,
    ) -> Result<Vec<RowRecord>, HistoryError> {
        let mut records = Vec::new();
        for key in self.tx.execution_items(execution)?.iter().filter_map(ItemKey::row) {
            let table = key.table();
            let bytes = key.to_bytes();
            let kept = self.tx.kept(table.name(), &bytes)?.into_iter();
            records.extend(kept.filter(|cell| cell.clock > clock).map(|cell| RowRecord {
                table: table.name().to_owned(),
                key: bytes.clone(),
                clock: cell.clock,
                cells: vec![(cell.column, cell.value)],
            }));
            let Some(row) = self.tx.row(&key, table.all_columns())? else { continue };
            for (at, columns) in row.clocks.groups().into_iter().filter(|(at, _)| *at > clock) {
                let cells = columns
                    .iter()
                    .map(|id| {
                        (table.columns()[id.index()].name.to_owned(), row.cells[id.index()].clone())
                    })
                    .collect();
                let (table, key) = (table.name().to_owned(), key.to_bytes());
                records.push(RowRecord { table, key, clock: at, cells });
            }
        }
        Ok(records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ClockTime;
    use crate::history::{Arrival, History, Older};
    use crate::id::DeviceId;
    use crate::model::Tag;
    use crate::store::{BackendId, MemoryStore};
    use crate::sync::run::SyncId;
    use crate::time::Timestamp;

    const RUN: ExecutionId = ExecutionId::from_u128(9);
    const NOW: Timestamp = Timestamp::from_millis(1_000);

    fn clock(millis: u64) -> Clock {
        Clock { time: ClockTime::new(millis, 0), device: DeviceId::from_u128(2) }
    }

    /// An item of a table that only a newer program knows.
    fn phase(n: u8) -> ItemKey {
        ItemKey::new("phases", [RUN.as_bytes().as_slice(), &[n]].concat())
    }

    fn tag(text: &str) -> ItemKey {
        ItemKey::from(&RowKey::Tag(RUN, Tag::new(text).unwrap()))
    }

    fn record(item: &ItemKey, millis: u64) -> RowRecord {
        let ItemKey { table, key } = item.clone();
        RowRecord { table, key, clock: clock(millis), cells: vec![("deleted".into(), 0.into())] }
    }

    /// A program that does not know tags.
    fn history() -> History<MemoryStore> {
        let older = Older { tables: &[ItemKey::TAGS], columns: &[] };
        History::open_as(MemoryStore::new(), DeviceId::from_u128(1), older).unwrap()
    }

    fn kept(history: &mut History<MemoryStore>) -> Vec<ItemKey> {
        let rows = history.read(|reader| Ok(reader.tx().kept_rows(9)?)).unwrap();
        rows.into_iter().map(|(table, key)| ItemKey { table, key }).collect()
    }

    #[test]
    fn what_a_purge_names_is_kept_no_longer() {
        let mut history = history();
        let early = [record(&phase(1), 5), record(&phase(2), 5), record(&phase(3), 50)];
        history.write(NOW, |tx| tx.merge(early.to_vec())).unwrap();
        let named = vec![phase(1), phase(3)];
        history.write(NOW, |tx| tx.merge_purge(RUN, clock(9), named)).unwrap();
        assert_eq!(kept(&mut history), [phase(2), phase(3)], "unnamed, and newer than the purge");
        let late = history.write(NOW, |tx| tx.merge(vec![record(&phase(1), 6)])).unwrap();
        assert_eq!(late, [Merged::Purged]);
        let other = history.write(NOW, |tx| tx.merge(vec![record(&phase(4), 6)])).unwrap();
        assert_eq!(other, [Merged::Updated], "whether it is of the run, a newer program knows");
    }

    #[test]
    fn a_tag_that_is_newer_than_a_purge_outlives_it_in_an_older_program() {
        let mut history = history();
        let tags = [record(&tag("old"), 5), record(&tag("new"), 50)];
        history.write(NOW, |tx| tx.merge(tags.to_vec())).unwrap();
        let named = vec![tag("old"), tag("new")];
        history.write(NOW, |tx| tx.merge_purge(RUN, clock(9), named)).unwrap();
        assert_eq!(kept(&mut history), [tag("new")]);
    }

    #[test]
    fn what_comes_from_a_backend_after_the_purge_is_named_in_it_once() {
        let mut history = history();
        history.write(NOW, |tx| tx.merge_purge(RUN, clock(9), Vec::new())).unwrap();
        let arrival =
            Arrival { backend: BackendId(1), run: SyncId(uuid::Uuid::nil()), forwards: false };
        let mut arrives = |item: &ItemKey| {
            let work = |tx: &mut HistoryWriter<'_>| {
                tx.arriving(Some(arrival));
                Ok((tx.merge_record(record(item, 5))?.merged, tx.newest_change()))
            };
            history.write(NOW, work).unwrap()
        };
        let (merged, first) = arrives(&tag("late"));
        assert_eq!(merged, Merged::Purged);
        assert_eq!(arrives(&tag("late")), (Merged::Purged, first), "no further change");
        let named = history.read(|reader| purged_items(reader.tx(), RUN)).unwrap();
        assert_eq!(named, [tag("late")]);
        assert_eq!(kept(&mut history), []);
    }
}
