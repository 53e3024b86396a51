//! Records altered on their way.

use runlog_contract::random::Random;
use runlog_core::clock::ClockTime;
use runlog_core::sealed::SealedRecord;
use runlog_core::sync::message::Answer;
use runlog_core::sync::wire::{decode_answer, encode_answer};

/// An answer with a record that is not as it was sent, as whoever passes it on can make one; nothing
/// where it has none.
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

fn break_seal(random: &mut Random, record: &mut SealedRecord) {
    match record.sealed.last_mut().filter(|_| random.chance(50)) {
        Some(byte) => *byte ^= 0x10,
        None => record.nonce[0] ^= 1,
    }
}

/// A message of which a byte is not as it was sent. Its checksum tells.
pub fn alter_byte(random: &mut Random, bytes: &mut [u8]) {
    let at = random.below(bytes.len() as u64) as usize;
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << random.below(8);
    }
}
