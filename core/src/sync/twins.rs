//! Two writes under one name: those of a device and its copy.
//!
//! A device that was copied, or set back to a backup, learns of it from the first relay that has heard
//! of the other ([`engine`](super::engine), *forked*). What it had handed to a relay by then keeps its
//! names, and the other may have used the same ones towards a relay that the first could not reach:
//! one clock of one column with two values, one sequence of one log with two texts. Nothing tells
//! beforehand; it shows when both meet.
//!
//! The rule must lead every device and every relay to the same result, in whatever order they hear:
//!
//! - **Of two values under one clock the one with the greater tag wins.** A tag follows from the value
//!   under a key of the vault, so relays can compare it without reading ([`relay`](crate::relay)), and
//!   nobody can aim. They are concurrent edits of one column, of which one has to give way; the one
//!   that does is remembered as displaced.
//! - **Of two log pieces under one name the one with the greater tag keeps it, and the other moves**
//!   to the log of a device whose id follows from the old name and the lines, so that all who move it
//!   move it to the same place. Lines give way to nothing: both texts stay.
//! - Sealed pieces that merely overlap have names of their own, and both stay as they are.
//!
//! Whoever finds a contested item sends all of it to every backend: the one that it came from holds
//! what lost, or another does.

use crate::history::{HistoryError, HistoryWriter, device_of_hash};
use crate::id::DeviceId;
use crate::log::{Lines, LogKey, decode_lines, encode_lines};
use crate::sealed::SealedRecord;
use crate::store::ItemKey;
use crate::sync::displaced::Displaced;
use crate::sync::plain::PlainRecord;
use crate::sync::rewriting::{overwrite, touch};
use crate::sync::vault::Vault;
use crate::value::Value;

/// What comes before the hashed bytes, so that no other hash of the product is ever equal.
const DOMAIN: &[u8] = b"runlog lines of a copy 1\0";

/// Decides a record that was merged and of which something is held under the same clock with another
/// value. Says whether that changed anything here.
///
/// # Errors
/// The store's own errors, and those of a record that does not open.
pub(crate) fn settle(
    writer: &mut HistoryWriter<'_>,
    vault: &Vault,
    record: &SealedRecord,
) -> Result<bool, HistoryError> {
    let Ok(plain) = vault.open(record) else { return Ok(false) };
    let held = vault.held(writer.reader().tx(), &plain.item)?;
    let (mut won, mut lost) = (Vec::new(), false);
    for (name, tag) in vault.tags(&record.clock, &plain) {
        let same = held.iter().find(|(clock, _, held)| *clock == record.clock && *held == name);
        let Some((_, own, _)) = same else { continue };
        if tag > own.tag {
            won.push(name);
        } else {
            lost |= tag < own.tag;
        }
    }
    if won.is_empty() && !lost {
        return Ok(false);
    }
    writer.as_own(|writer, arrival| {
        keep_lines(writer, &plain, !won.is_empty())?;
        if let (false, Some(key)) = (won.is_empty(), plain.item.row()) {
            let row = writer.reader().tx().row(&key, key.table().all_columns())?;
            for name in &won {
                let column = key.table().column(name);
                let (Some(row), Some(column)) = (&row, column) else { continue };
                let (value, by) = (row.cells[column.id.index()].clone(), record.clock);
                let (at, run) = (writer.now(), arrival.map(|arrival| arrival.run));
                let displaced = Displaced { clock: by, value, by, at, run };
                displaced.note(writer.tx_mut(), &plain.item, name)?;
            }
        }
        if !won.is_empty() {
            overwrite(writer, record.clock, &plain, &won)?;
        }
        touch(writer, &plain.item)
    })?;
    Ok(true)
}

/// Keeps the lines of the log piece that is to lose its name: those held here where the record's
/// `wins`, else those of the record.
fn keep_lines(
    writer: &mut HistoryWriter<'_>,
    plain: &PlainRecord,
    wins: bool,
) -> Result<(), HistoryError> {
    let Some((log, first)) = plain.item.as_piece() else { return Ok(()) };
    let lines = if wins {
        writer.reader().tx().piece_lines(log, first)?
    } else {
        plain.cells.first().and_then(|cell| match &cell.value {
            Value::Blob(bytes) => decode_lines(bytes).ok(),
            _ => None,
        })
    };
    let Some(lines) = lines else { return Ok(()) };
    let log = LogKey { device: device_of_lines(log, first, &lines), ..log };
    writer.merge_piece(log, first, &lines).map(|_| ())
}

/// The device under whose name the lines of a copy stand.
fn device_of_lines(log: LogKey, first: u64, lines: &Lines) -> DeviceId {
    let mut bytes = ItemKey::piece(log, first).key;
    encode_lines(lines, &mut bytes);
    device_of_hash(DOMAIN, &bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::change::ChangeNumber;
    use crate::crypto::VaultSecret;
    use crate::history::History;
    use crate::id::ExecutionId;
    use crate::log::{LineRef, LogLimits, Stream};
    use crate::model::{Kind, NewExecution};
    use crate::store::MemoryStore;
    use crate::sync::contents::all_parts;
    use crate::sync::taking::{Taken, take};
    use crate::sync::unsent::Lacking;
    use crate::time::Timestamp;

    const AT: Timestamp = Timestamp::from_millis(1_700_000_000_000);
    const RUN: ExecutionId = ExecutionId::from_u128(1);

    fn history(device: u128) -> History<MemoryStore> {
        History::open(MemoryStore::new(), DeviceId::from_u128(device)).unwrap()
    }

    /// A device that writes a note and some lines: what differs between it and its copy.
    fn written(text: &str, lines: usize) -> History<MemoryStore> {
        let mut history = history(7);
        history
            .write(AT, |tx| {
                tx.start(&NewExecution::new(RUN, Kind::Job, "nightly", AT)?)?;
                tx.set_note(RUN, Some(text))?;
                let mut log = tx.open_log(RUN, LogLimits::default())?;
                let mut batch = Lines::new();
                for _ in 0..lines {
                    let (stream, bytes) = (Stream::Stdout, text.as_bytes());
                    batch.push(LineRef { time: AT, stream, level: None, continued: false, bytes });
                }
                tx.append_log(&mut log, &batch)?;
                tx.seal_log(&mut log)
            })
            .unwrap();
        history
    }

    fn records(vault: &Vault, history: &mut History<MemoryStore>) -> Vec<SealedRecord> {
        let mut entropy = |bytes: &mut [u8]| bytes.fill(3);
        let read = history.read(|reader| {
            let mut records = Vec::new();
            for change in reader.tx().changes(ChangeNumber::ZERO, 100)? {
                let all = Lacking::Everything;
                records.extend(vault.records(reader.tx(), &change.item, all, &mut entropy)?);
            }
            Ok(records)
        });
        read.unwrap()
    }

    /// Takes records. Says how many of them were contested.
    fn taken(vault: &Vault, history: &mut History<MemoryStore>, records: &[SealedRecord]) -> usize {
        let write = history.write(AT, |writer| {
            let mut count = 0;
            for record in records {
                let taken = take(writer, vault, record)?;
                count += usize::from(matches!(taken, Taken::Merged { contested: true, .. }));
            }
            Ok(count)
        });
        write.unwrap()
    }

    fn held(history: &mut History<MemoryStore>) -> BTreeMap<ItemKey, String> {
        let read = history.read(|reader| {
            let mut held = BTreeMap::new();
            for change in reader.tx().changes(ChangeNumber::ZERO, 100)? {
                let item = ItemKey::from(&change.item);
                held.insert(item.clone(), format!("{:?}", all_parts(reader.tx(), &item)?));
            }
            Ok(held)
        });
        read.unwrap()
    }

    #[test]
    fn whoever_hears_of_both_in_whatever_order_ends_with_the_same_and_all_lines() {
        let secret = VaultSecret::generate(&mut |bytes: &mut [u8]| bytes.fill(7));
        let vault = Vault::new(secret.keys());
        // As many lines, and more: other boundaries under the same name.
        for lines in [1, 3] {
            let (mut one, mut two) = (written("from one", 1), written("from two", lines));
            let (of_one, of_two) = (records(&vault, &mut one), records(&vault, &mut two));
            let (mut first, mut last) = (history(8), history(9));
            assert_eq!(taken(&vault, &mut first, &of_one), 0);
            assert!(taken(&vault, &mut first, &of_two) > 0);
            taken(&vault, &mut last, &of_two);
            taken(&vault, &mut last, &of_one);
            taken(&vault, &mut one, &of_two);
            taken(&vault, &mut two, &of_one);
            let expected = held(&mut first);
            let pieces = expected.keys().filter(|item| item.table == ItemKey::LOG).count();
            assert_eq!(pieces, 2, "{expected:?}");
            for history in [&mut last, &mut one, &mut two] {
                assert_eq!(held(history), expected);
            }
            // What is settled stays so, whoever says it again.
            let again = records(&vault, &mut last);
            taken(&vault, &mut first, &again);
            taken(&vault, &mut first, &of_one);
            taken(&vault, &mut first, &of_two);
            assert_eq!(held(&mut first), expected);
        }
    }
}
