//! Taking a record that came from a backend: open it, place it, merge it.

use crate::clock::Clock;
use crate::codec::{DecodeError, RowRecord};
use crate::crypto::OpenError;
use crate::history::{Effect, HistoryError, HistoryWriter, Merged};
use crate::log::decode_lines;
use crate::model::{InvalidValue, Visibility};
use crate::sealed::SealedRecord;
use crate::store::{ItemKey, decode_items};
use crate::sync::contents::decode_gap;
use crate::sync::limits::DEFER_MS;
use crate::sync::plain::CONTENT;
use crate::sync::quarantine::SetAsideReason;
use crate::sync::run::{EntityOutcome, EntityResult};
use crate::sync::twins;
use crate::sync::vault::{NotOpened, Vault};
use crate::value::Value;

/// What became of a record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Taken {
    /// It was opened and merged.
    Merged {
        /// Of which item.
        item: ItemKey,
        /// For the sync log; `None` where nothing changed.
        change: Option<(EntityResult, EntityOutcome)>,
        /// Whether another value was held under its clock ([`twins`]).
        contested: bool,
    },
    /// It is to be set aside.
    SetAside {
        /// Of which item, where it could be opened.
        item: Option<ItemKey>,
        /// Why.
        reason: SetAsideReason,
        /// Why, for people.
        detail: String,
    },
}

/// Takes one record. The clock is not moved.
///
/// # Errors
/// The store's own errors: whatever is wrong with the record sets it aside.
pub(crate) fn take(
    writer: &mut HistoryWriter<'_>,
    vault: &Vault,
    record: &SealedRecord,
) -> Result<Taken, HistoryError> {
    let plain = match vault.open(record) {
        Ok(plain) => plain,
        Err(error) => {
            let reason = match &error {
                NotOpened::Seal(OpenError::UnknownKey { .. }) => SetAsideReason::NoKey,
                NotOpened::Content(DecodeError::UnknownVersion { .. }) => {
                    SetAsideReason::Unreadable
                }
                _ => SetAsideReason::Damaged,
            };
            return Ok(Taken::SetAside { item: None, reason, detail: error.to_string() });
        }
    };
    let item = plain.item.clone();
    let ahead = record.clock.time.timestamp().as_millis() - writer.now().as_millis();
    // A gap's clock counts lines and a piece's nothing at all: they are never ahead.
    if ahead > DEFER_MS as i64 {
        let detail = format!(
            "its clock is {} h ahead of this device's: it waits until it is due",
            ahead / 3_600_000
        );
        let reason = SetAsideReason::ClockAhead;
        return Ok(Taken::SetAside { item: Some(item), reason, detail });
    }
    let cells = plain.cells.into_iter().map(|cell| (cell.name, cell.value)).collect();
    match place(writer, record.clock, &item, cells) {
        Ok(effect) => {
            let changed = effect.contested && twins::settle(writer, vault, record)?;
            let merged = match effect.merged {
                Merged::Unchanged if changed => Merged::Updated,
                merged => merged,
            };
            let change = logged(&item, Effect { merged, ..effect });
            Ok(Taken::Merged { change, item, contested: effect.contested })
        }
        Err(HistoryError::Invalid(error)) => Ok(Taken::SetAside {
            item: Some(item),
            reason: SetAsideReason::Unplaceable,
            detail: error.to_string(),
        }),
        Err(error) => Err(error),
    }
}

/// Merges what an item holds under one clock. The clock is not moved.
pub(crate) fn place(
    writer: &mut HistoryWriter<'_>,
    clock: Clock,
    item: &ItemKey,
    cells: Vec<(String, Value)>,
) -> Result<Effect, HistoryError> {
    let invalid = |what: &'static str| {
        let reason = format!("a {what} that cannot be read");
        HistoryError::from(InvalidValue { field: what, reason })
    };
    match item.table.as_str() {
        ItemKey::LOG => {
            let (log, first) = item.as_piece().ok_or_else(|| invalid("log piece"))?;
            let lines = decode_lines(content(&cells).ok_or_else(|| invalid("log piece"))?)
                .map_err(|_| invalid("log piece"))?;
            writer.merge_piece(log, first, &lines)
        }
        ItemKey::LOG_GAPS => {
            let key = item.as_gap().ok_or_else(|| invalid("dropped range"))?;
            let bytes = content(&cells).ok_or_else(|| invalid("dropped range"))?;
            let gap = decode_gap(key, bytes).map_err(|_| invalid("dropped range"))?;
            writer.merge_gap(&gap)
        }
        ItemKey::PURGES => {
            let execution = item.execution().ok_or_else(|| invalid("purge"))?;
            let bytes = content(&cells).ok_or_else(|| invalid("purge"))?;
            let items = decode_items(bytes).map_err(|_| invalid("purge"))?;
            writer.merge_purge(execution, clock, items)
        }
        _ => {
            let (table, key) = (item.table.clone(), item.key.clone());
            writer.merge_record(RowRecord { table, key, clock, cells })
        }
    }
}

fn content(cells: &[(String, Value)]) -> Option<&[u8]> {
    let (_, value) = cells.iter().find(|(name, _)| name == CONTENT)?;
    match value {
        Value::Blob(bytes) => Some(bytes),
        _ => None,
    }
}

/// What the sync log says of an effect.
fn logged(item: &ItemKey, effect: Effect) -> Option<(EntityResult, EntityOutcome)> {
    if item.table == ItemKey::PURGES && effect.merged != Merged::Unchanged {
        return Some((EntityResult::Deleted, EntityOutcome::Purged));
    }
    let result = match (effect.merged, effect.shown) {
        (Merged::Purged, _) => return Some((EntityResult::Skipped, EntityOutcome::Purged)),
        (Merged::Unchanged, _) => return None,
        (_, Some((Visibility::Live, Visibility::Trashed))) => EntityResult::Deleted,
        (_, Some((Visibility::Trashed, Visibility::Live))) => EntityResult::Restored,
        (Merged::Created, _) => EntityResult::Created,
        (Merged::Updated, _) => EntityResult::Updated,
    };
    Some((result, EntityOutcome::Applied))
}
