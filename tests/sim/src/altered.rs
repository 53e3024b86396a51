//! Messages and records altered on their way, by accident and on purpose, and what of them may stay
//! set aside.

use runlog_contract::random::Random;
use runlog_core::clock::ClockTime;
use runlog_core::sealed::{OpaqueKey, SealedRecord};
use runlog_core::store::{ItemKey, Room};
use runlog_core::sync::message::{Answer, Request};
use runlog_core::sync::wire::{decode_answer, encode_answer, encode_request};

use crate::world::World;

/// An answer with a record that is not as it was sent; nothing where it has none.
pub fn alter_answer(random: &mut Random, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut answer = decode_answer(bytes).ok()?;
    let mut records: Vec<&mut SealedRecord> = match &mut answer {
        Answer::Page(page) => page.records.iter_mut().map(|held| &mut held.record).collect(),
        Answer::Held(held) => held.records.iter_mut().collect(),
        _ => return None,
    };
    let count = records.len() as u64;
    if count == 0 {
        return None;
    }
    let record = &mut records[random.below(count) as usize];
    match random.below(4) {
        0 => record.clock.time = ClockTime::new(record.clock.time.millis() + 30_000_000, 0),
        1 => record.key.id[0] ^= 1,
        _ => break_seal(random, record),
    }
    encode_answer(&answer).ok()
}

/// Spoils a message on its way: it is cut off, or a bit of it changes. Says which.
pub fn spoil(random: &mut Random, bytes: &mut Vec<u8>) -> &'static str {
    let at = random.below(bytes.len() as u64) as usize;
    match bytes.get_mut(at).filter(|_| at % 2 == 1) {
        Some(byte) => {
            *byte ^= 1 << (at / 2 % 8);
            "a bit of a message changed"
        }
        None => {
            bytes.truncate(at);
            "a message was cut off"
        }
    }
}

fn break_seal(random: &mut Random, record: &mut SealedRecord) {
    match record.sealed.last_mut().filter(|_| random.chance(50)) {
        Some(byte) => *byte ^= 0x10,
        None => record.nonce[0] ^= 1,
    }
}

impl World {
    /// A request with a record that somebody altered on purpose, so that nobody will ever open it. A relay cannot see that, and takes it for
    /// what it replaces; whoever wrote it does not learn of it. So the row is lost for those who get
    /// it from there, and it alone.
    pub(crate) fn alter_request(&mut self, request: &Request) -> Option<Vec<u8>> {
        let mut request = request.clone();
        let Request::Push(push) = &mut request else { return None };
        let index = self.vault.keys().index();
        // What a purge or a dropped range names goes at the relay whether anybody can open it or not.
        let tables = [ItemKey::EXECUTIONS, ItemKey::TAGS, ItemKey::LOG];
        let tables = tables.map(|table| index.table_tag(table));
        let at = self.random.below(push.records.len().max(1) as u64) as usize;
        let record = push.records.get_mut(at).filter(|record| tables.contains(&record.table))?;
        break_seal(&mut self.random, record);
        let named = |item: &&ItemKey| index.row_key(&item.table, &item.key) == record.row;
        let item = self.model.cells().map(|(item, _)| item).find(named)?.clone();
        self.altered.insert(record.row);
        self.model.excuse(item);
        encode_request(&request).ok()
    }

    /// Whether a device has set something aside. Once the faults have ended that is only what no
    /// relay holds intact.
    pub(crate) fn has_set_aside(&mut self, number: usize) -> Result<bool, String> {
        let notes = self.devices[number]
            .history
            .read(|reader| Ok(reader.tx().notes(Room::Quarantine, &[], None, usize::MAX)?))
            .map_err(|error| error.to_string())?;
        for (key, _) in &notes {
            // Behind the backend stands the row.
            let row = key.get(16..32).and_then(|row| row.try_into().ok()).map(OpaqueKey);
            if !row.is_some_and(|row| self.altered.contains(&row)) {
                return Err(format!("device {number}: {row:?} is set aside and yet intact"));
            }
        }
        Ok(!notes.is_empty())
    }
}
