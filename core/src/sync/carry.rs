//! Carrying over what a device wrote since a backup that it is set back to.
//!
//! Undoing a sync restores the backup that was made before it (SYNC 24). What came with that sync
//! goes; what this device itself wrote since is its own, and stays. It keeps its clocks: a relay that
//! has it already knows it by them.

use crate::change::ChangeNumber;
use crate::clock::Clock;
use crate::history::{HistoryError, HistoryReader, HistoryWriter};
use crate::id::DeviceId;
use crate::store::ItemKey;
use crate::sync::contents::all_parts;
use crate::sync::settled::Settled;
use crate::sync::taking::place;
use crate::value::Value;

/// Items that are looked at in one transaction.
const ITEMS_AT_ONCE: usize = 256;

/// Cells of an item that a device wrote together.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnEdit {
    item: ItemKey,
    clock: Clock,
    cells: Vec<(String, Value)>,
}

impl HistoryReader<'_> {
    /// What a device wrote in some of the items that changed after a change, and where to go on;
    /// `None` at the end.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn own_edits(
        &self,
        device: DeviceId,
        after: ChangeNumber,
    ) -> Result<(Vec<OwnEdit>, Option<ChangeNumber>), HistoryError> {
        let changes = self.tx().changes(after, ITEMS_AT_ONCE)?;
        let next = (changes.len() == ITEMS_AT_ONCE).then(|| changes.last()).flatten();
        let next = next.map(|change| change.number);
        let mut edits = Vec::new();
        for change in &changes {
            let item = ItemKey::from(&change.item);
            for part in all_parts(self.tx(), &item)? {
                if part.clock.device == device {
                    let cells = part.cells.into_iter();
                    let cells = cells.map(|(name, value)| (name.into_owned(), value)).collect();
                    edits.push(OwnEdit { item: item.clone(), clock: part.clock, cells });
                }
            }
        }
        Ok((edits, next))
    }
}

impl HistoryWriter<'_> {
    /// Takes over edits of the device that this history was before. How many there were that it did
    /// not have.
    ///
    /// # Errors
    /// The store's own errors; nothing was changed then.
    pub fn carry_over(&mut self, edits: Vec<OwnEdit>) -> Result<u64, HistoryError> {
        let mut carried = 0;
        // The clocks of log pieces and gaps count something else.
        let is_time = |edit: &&OwnEdit| {
            edit.item.table != ItemKey::LOG && edit.item.table != ItemKey::LOG_GAPS
        };
        let newest = edits.iter().filter(is_time).map(|edit| edit.clock.time).max();
        for OwnEdit { item, clock, cells } in edits {
            let before = self.newest_change();
            place(self, clock, &item, cells)?;
            carried += u64::from(self.newest_change() > before);
        }
        self.observe(newest);
        if let Some(newest) = newest {
            Settled::raise(self.tx_mut(), newest)?;
        }
        Ok(carried)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::History;
    use crate::id::ExecutionId;
    use crate::model::{Ending, Kind, NewExecution, Outcome};
    use crate::store::MemoryStore;
    use crate::sync::engine::become_another;
    use crate::time::Timestamp;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + millis)
    }

    #[test]
    fn own_edits_since_a_backup_are_carried_over_and_no_others() {
        let (own, other) = (DeviceId::from_u128(1), DeviceId::from_u128(2));
        let (old, new) = (ExecutionId::from_u128(1), ExecutionId::from_u128(2));
        let start = |history: &mut History<MemoryStore>, id, time| {
            let begun = NewExecution::new(id, Kind::Job, "nightly", at(time)).unwrap();
            history.write(at(time), |tx| tx.start(&begun)).unwrap();
        };
        let mut backup = History::open(MemoryStore::new(), own).unwrap();
        let mut live = History::open(MemoryStore::new(), own).unwrap();
        for history in [&mut backup, &mut live] {
            start(history, old, 0);
        }
        let upto = backup.read(|reader| Ok(reader.tx().counters()?.change)).unwrap();

        // What came with the sync, and what this device wrote meanwhile.
        let mut peer = History::open(MemoryStore::new(), other).unwrap();
        let foreign = ExecutionId::from_u128(3);
        start(&mut peer, foreign, 1);
        let (came, _) = peer.read(|reader| reader.own_edits(other, ChangeNumber::ZERO)).unwrap();
        live.write(at(2), |tx| tx.carry_over(came)).unwrap();
        start(&mut live, new, 3);
        live.write(at(4), |tx| tx.set_note(old, Some("mine"))).unwrap();
        live.write(at(5), |tx| tx.finish(new, &Ending::new(Outcome::Completed, at(5)))).unwrap();

        let (edits, next) = live.read(|reader| reader.own_edits(own, upto)).unwrap();
        assert_eq!(next, None);
        assert!(backup.write(at(7), |tx| tx.carry_over(edits.clone())).unwrap() > 0);
        assert_eq!(backup.write(at(8), |tx| tx.carry_over(edits)).unwrap(), 0);
        // Stamped anew only then: what it stamps is newer than everything carried over.
        become_another(&mut backup, DeviceId::from_u128(9), at(9)).unwrap();
        backup
            .read(|reader| {
                let note = reader.execution(old)?.unwrap().summary.note;
                assert_eq!(note.as_deref(), Some("mine"));
                assert!(reader.execution(new)?.is_some());
                assert!(reader.execution(foreign)?.is_none());
                Ok(())
            })
            .unwrap();
    }
}
