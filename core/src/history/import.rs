//! What other programs' databases say: mapped to executions, then merged like the word of a device.
//!
//! # Clocks
//!
//! Two devices that import the same file must end with equal rows and clocks, so that they have
//! nothing to tell each other, and no import may undo an edit. So an imported row's clock comes
//! from its content alone (SYNC 7):
//!
//! - *Time*: when the source last changed the row, never the time of the import.
//! - *Device*: the first 16 bytes of the SHA-256 of the mapped row. Equal content gives equal
//!   clocks; of two contents of one time, the same one wins everywhere.
//!
//! What the source says nothing about but a whole row needs (it is not pinned, it is not in the
//! trash), and tags, stand under the oldest time that a clock can have. So a pin, a delete or an
//! untagging by a person stays, even where the source changes later and is imported again.
//!
//! Secrets are masked before the row is hashed: the hash of a row with a short secret would let
//! anyone guess it. Two devices that mask differently hold the row of one of them in the end.
//!
//! The device's own clock is moved past what it imports, so that every later edit is newer.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::logs::LogWriter;
use super::masking::masked_cells;
use super::{HistoryError, HistoryWriter, Merged};
use crate::clock::{Clock, ClockTime, ColumnId, ColumnSet};
use crate::codec::{RowRecord, encode_record};
use crate::id::{DeviceId, ExecutionId};
use crate::log::{Lines, LogKey, LogLimits};
use crate::model::{Ending, InvalidValue, NewExecution};
use crate::schema::{RowKey, executions as column, tags};
use crate::time::Timestamp;
use crate::value::Value;

/// How far ahead of this device's clock an imported row's time may be: what clocks that are right
/// differ by. A row further ahead would move the clock of this device into the future.
const AHEAD_MS_MAX: i64 = 60_000;

/// What comes before the hashed bytes, so that no other hash of the product is ever equal.
const ROW_DOMAIN: &[u8] = b"runlog imported row 1\0";
const DEVICE_DOMAIN: &[u8] = b"runlog imported device 1\0";

/// An execution as another program's database tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// What a recorder would have known at its begin, under the id that it has in the source.
    pub execution: NewExecution,
    /// Who recorded it, by the source; see [`device_of_name`]. Never this device.
    pub device: DeviceId,
    /// How it ended; `None` for one that never began. The process of one that the source calls
    /// running is gone: it is lost.
    pub end: Option<ImportedEnd>,
    /// Whether the source holds it as deleted: it arrives in the trash.
    pub deleted: bool,
    /// When the source last changed it: the time of its clock.
    pub changed_at: Timestamp,
    /// The first lines of its log. Where there are more, [`HistoryWriter::import_log`] takes them.
    pub log: Lines,
}

/// How an imported execution ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportedEnd {
    /// As it reported.
    Reported(Ending),
    /// Unseen; it was last heard of at this time.
    Lost(Timestamp),
}

impl ImportedEnd {
    /// When it ended, or was last heard of.
    pub const fn at(self) -> Timestamp {
        match self {
            Self::Reported(ending) => ending.ended_at,
            Self::Lost(at) => at,
        }
    }
}

/// What became of an imported execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportedInto {
    /// Its row.
    pub row: Merged,
    /// Lines of its log that were not here before.
    pub log_lines_added: u64,
}

/// The device of a name in another program's database: a UUID stands for itself, any other text for
/// the first 16 bytes of its SHA-256, so that every importing device names it alike.
///
/// ```
/// use runlog_core::history::device_of_name;
///
/// let id = "6f1c2d3e-0000-4000-8000-000000000001";
/// assert_eq!(device_of_name(&format!("{{{id}}}")).to_string(), id);
/// assert_eq!(device_of_name("LAPTOP-7"), device_of_name("LAPTOP-7"));
/// assert_ne!(device_of_name("LAPTOP-7"), device_of_name("LAPTOP-8"));
/// ```
pub fn device_of_name(name: &str) -> DeviceId {
    let known = name.trim().parse().ok().filter(|device| *device != DeviceId::NIL);
    known.unwrap_or_else(|| device_of_hash(DEVICE_DOMAIN, name.as_bytes()))
}

impl HistoryWriter<'_> {
    /// Merges an execution of another program's database, its tags and its log. What is known stays
    /// as it is, what is newer here stays, what was purged stays away.
    ///
    /// # Errors
    /// [`HistoryError::Invalid`] where a field is beyond its limit, or the row's time is ahead of
    /// this device's clock. Then nothing of it was written, and the transaction may go on.
    pub fn import(&mut self, imported: &Imported) -> Result<ImportedInto, HistoryError> {
        self.check_time(imported.changed_at)?;
        let id = imported.execution.id;
        let key = RowKey::Execution(id);
        let (stated, unsaid) = imported.cells()?;
        let stated = masked_cells(self.masker, stated)?;
        let time = clock_time(imported.changed_at);
        let (clock, stated) = clocked(&key, time, stated)?;
        let mut row = self.merge_row(&key, clock, stated)?;
        if row == Merged::Purged {
            return Ok(ImportedInto { row, log_lines_added: 0 });
        }
        let mut others = vec![(key, unsaid)];
        others.extend(
            imported.execution.tags.iter().map(|tag| {
                (RowKey::Tag(id, tag.clone()), vec![(tags::DELETED, Value::Integer(0))])
            }),
        );
        for (key, cells) in others {
            let (clock, cells) = clocked(&key, ClockTime::ZERO, cells)?;
            let merged = self.merge_row(&key, clock, cells)?;
            if row == Merged::Unchanged && merged != Merged::Unchanged {
                row = Merged::Updated;
            }
        }
        self.observe(Some(time));
        let log_lines_added = self.import_log(id, imported.device, 1, &imported.log)?;
        Ok(ImportedInto { row, log_lines_added })
    }

    /// Adds lines to the log of an imported execution; the first of them has the sequence `first`.
    /// Lines up to the last one that is held are known and left out, and so is the log of an
    /// execution that is not here. Says how many were added.
    ///
    /// Every call ends a piece. Where a log comes in several calls, cut it at places that follow
    /// from its content, so that two devices that import it hold equal pieces. No limit of this
    /// device applies, for the same reason, and because the source may be gone tomorrow.
    ///
    /// # Errors
    /// The store's own errors.
    pub fn import_log(
        &mut self,
        execution: ExecutionId,
        device: DeviceId,
        first: u64,
        lines: &Lines,
    ) -> Result<u64, HistoryError> {
        let key = RowKey::Execution(execution);
        if lines.is_empty() || self.tx.row(&key, ColumnSet::EMPTY)?.is_none() {
            return Ok(0);
        }
        let log = LogKey { execution, device };
        let known = (self.last_held(log)? + 1).saturating_sub(first);
        let known = usize::try_from(known).unwrap_or(usize::MAX);
        if known >= lines.len() {
            return Ok(0);
        }
        let mut news = Cow::Borrowed(lines);
        if known > 0 {
            news = Cow::Owned(news.to_mut().split_off(known));
        }
        let mut writer = LogWriter::new(log, LogLimits::UNLIMITED, first + known as u64);
        self.append_log(&mut writer, &news)?;
        self.seal_log(&mut writer)?;
        Ok(news.len() as u64)
    }

    /// The last sequence of one device's log, what is gone included; zero without any.
    fn last_held(&self, log: LogKey) -> Result<u64, HistoryError> {
        let pieces = self.tx.pieces(log.execution, 0..=i64::MAX as u64)?;
        let pieces = pieces.iter().filter(|piece| piece.log == log).map(|piece| piece.last);
        let gaps = self.tx.gaps(log.execution)?;
        let gaps = gaps.iter().filter(|gap| gap.log == log).map(|gap| gap.last);
        Ok(pieces.chain(gaps).max().unwrap_or(0))
    }

    fn check_time(&self, changed_at: Timestamp) -> Result<(), InvalidValue> {
        if changed_at <= self.now.plus_millis(AHEAD_MS_MAX) {
            return Ok(());
        }
        let reason = format!(
            "{changed_at} is ahead of this device's clock: set the clock right, or import again \
             when that time has come"
        );
        Err(InvalidValue::new("changed_at", reason))
    }
}

type Cells = Vec<(ColumnId, Value)>;

impl Imported {
    /// The cells that the source states, and those that only a whole row needs.
    fn cells(&self) -> Result<(Cells, Cells), InvalidValue> {
        let mut stated = self.execution.to_cells(self.device)?;
        match self.end {
            Some(ImportedEnd::Reported(ending)) => stated.extend(ending.to_cells()),
            Some(ImportedEnd::Lost(at)) => stated.push((column::LOST_AT, at.as_millis().into())),
            None => {}
        }
        // An empty one is no statement: it must neither remove a note that a person wrote here nor
        // take back a begin.
        let may_be_unsaid = [column::NOTE, column::STARTED_AT];
        stated.retain(|(id, value)| !(value.is_null() && may_be_unsaid.contains(id)));
        let flags = [(column::PINNED, self.execution.pinned), (column::DELETED, self.deleted)];
        stated.retain(|(id, _)| flags.iter().all(|(flag, _)| flag != id));
        let mut unsaid = Vec::new();
        for (id, is_set) in flags {
            let cells = if is_set { &mut stated } else { &mut unsaid };
            cells.push((id, Value::Integer(is_set.into())));
        }
        Ok((stated, unsaid))
    }
}

/// The clock of imported cells. What is hashed is the row record of the cells, in the order of
/// their columns, under a clock without a device.
fn clocked(
    key: &RowKey,
    time: ClockTime,
    mut cells: Cells,
) -> Result<(Clock, Cells), InvalidValue> {
    cells.sort_unstable_by_key(|(id, _)| *id);
    let table = key.table();
    let ids: Vec<ColumnId> = cells.iter().map(|(id, _)| *id).collect();
    let named = cells.into_iter().map(|(id, value)| {
        let name = table.columns()[id.index()].name;
        (name.to_owned(), value)
    });
    let record = RowRecord {
        table: table.name().to_owned(),
        key: key.to_bytes(),
        clock: Clock { time, device: DeviceId::NIL },
        cells: named.collect(),
    };
    let mut bytes = Vec::new();
    encode_record(&record, &mut bytes)
        .map_err(|error| InvalidValue::new("execution", error.to_string()))?;
    let values = record.cells.into_iter().map(|(_, value)| value);
    let clock = Clock { time, device: device_of_hash(ROW_DOMAIN, &bytes) };
    Ok((clock, ids.into_iter().zip(values).collect()))
}

/// The clock's time of a point in time; years before 1970 have the oldest one.
fn clock_time(at: Timestamp) -> ClockTime {
    ClockTime::new(u64::try_from(at.as_millis()).unwrap_or(0), 0)
}

/// The device that stands for some bytes: the first 16 of their SHA-256 behind a domain of its own.
pub(crate) fn device_of_hash(domain: &[u8], bytes: &[u8]) -> DeviceId {
    let digest = Sha256::new().chain_update(domain).chain_update(bytes).finalize();
    let mut id = [0; 16];
    id.iter_mut().zip(digest).for_each(|(to, byte)| *to = byte);
    DeviceId::from_bytes(id)
}

#[cfg(test)]
mod tests;
