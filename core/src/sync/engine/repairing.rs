//! Repairing single items: written over with what is authentic.

use crate::clock::Clock;
use crate::history::{HistoryError, HistoryWriter};
use crate::sealed::SealedRecord;
use crate::sync::rewriting::overwrite;
use crate::sync::taking::{Taken, take};
use crate::sync::vault::Vault;

/// What became of a record that was fetched to repair an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Repair {
    /// These columns were written over.
    Columns(Vec<String>),
    /// It was merged as any record: it was missing or older here.
    Merged,
    /// It could not be opened: the other side is the damaged one.
    NotAuthentic,
}

/// Takes a fetched record, and writes over what differs from it at equal clocks: it is sealed, so
/// what it says is what was written.
pub(super) fn repair(
    writer: &mut HistoryWriter<'_>,
    vault: &Vault,
    record: &SealedRecord,
) -> Result<Repair, HistoryError> {
    let Ok(plain) = vault.open(record) else { return Ok(Repair::NotAuthentic) };
    let held = vault.held(writer.reader().tx(), &plain.item)?;
    let differing: Vec<String> = record
        .cells
        .iter()
        .filter_map(|cell| {
            let same = |(clock, own, _): &&(Clock, _, String)| {
                let own: &crate::sealed::SealedCell = own;
                *clock == record.clock && own.mark == cell.mark && own.tag != cell.tag
            };
            held.iter().find(same).map(|(_, _, name)| name.clone())
        })
        .collect();
    if differing.is_empty() {
        return Ok(match take(writer, vault, record)? {
            Taken::Merged { .. } => Repair::Merged,
            Taken::SetAside { .. } => Repair::NotAuthentic,
        });
    }
    overwrite(writer, record.clock, &plain, &differing)?;
    Ok(Repair::Columns(differing))
}
