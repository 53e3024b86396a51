//! Many records in one message. What repeats stands once in front: devices, tables, keys, and the
//! lists of marks that records have; a record then refers to them by number.

use super::{keys, limits, put_keys, within};
use crate::clock::{Clock, ClockTime};
use crate::codec::{DecodeError, Reader, put_bytes, put_varint};
use crate::id::DeviceId;
use crate::sealed::{CellTag, Drops, KeyId, Mark, SealedCell, SealedRecord, TableTag};
use crate::sorted_map::SortedMap;

/// Collects what repeats, in the order of first use.
struct Numbered<T> {
    numbers: SortedMap<T, u64>,
    values: Vec<T>,
}

impl<T: Clone + Ord> Numbered<T> {
    fn new() -> Self {
        Self { numbers: SortedMap::new(), values: Vec::new() }
    }

    fn number(&mut self, value: T) -> u64 {
        if let Some(number) = self.numbers.get(&value) {
            return *number;
        }
        let number = self.values.len() as u64;
        self.values.push(value.clone());
        self.numbers.insert(value, number);
        number
    }
}

/// Writes records one by one; [`Self::finish`] puts the dictionaries in front of them.
pub(super) struct BatchWriter {
    devices: Numbered<DeviceId>,
    tables: Numbered<TableTag>,
    keys: Numbered<KeyId>,
    marks: Numbered<Vec<Mark>>,
    count: usize,
    body: Vec<u8>,
}

impl BatchWriter {
    pub(super) fn new() -> Self {
        Self {
            devices: Numbered::new(),
            tables: Numbered::new(),
            keys: Numbered::new(),
            marks: Numbered::new(),
            count: 0,
            body: Vec::new(),
        }
    }

    pub(super) fn record(&mut self, record: &SealedRecord) -> Result<(), DecodeError> {
        self.count += 1;
        within("records", self.count, limits::RECORDS_MAX)?;
        within("sealed values", record.sealed.len(), limits::SEALED_BYTES_MAX)?;
        let marks: Vec<Mark> = record.cells.iter().map(|cell| cell.mark).collect();
        check_marks(&marks)?;
        let table = self.tables.number(record.table);
        put_varint(&mut self.body, table);
        self.body.extend_from_slice(&record.row.0);
        self.clock(&record.clock);
        let marks = self.marks.number(marks);
        put_varint(&mut self.body, marks);
        record.cells.iter().for_each(|cell| self.body.extend_from_slice(&cell.tag.0));
        let key = self.keys.number(record.key);
        put_varint(&mut self.body, key);
        self.body.extend_from_slice(&record.nonce);
        put_bytes(&mut self.body, &record.sealed);
        self.body.push(record.drops.is_some().into());
        if let Some(drops) = &record.drops {
            self.clock(&drops.floor);
            put_keys(&mut self.body, &drops.keys, limits::DROPS_MAX)?;
        }
        Ok(())
    }

    /// What else is said of the record just written.
    pub(super) fn number(&mut self, number: u64) {
        put_varint(&mut self.body, number);
    }

    pub(super) fn device(&mut self, device: DeviceId) {
        let number = self.devices.number(device);
        put_varint(&mut self.body, number);
    }

    fn clock(&mut self, clock: &Clock) {
        self.body.extend_from_slice(&clock.time.packed().to_be_bytes());
        self.device(clock.device);
    }

    pub(super) fn finish(self, into: &mut Vec<u8>) {
        put_varint(into, self.devices.values.len() as u64);
        self.devices.values.iter().for_each(|device| into.extend_from_slice(device.as_bytes()));
        put_varint(into, self.tables.values.len() as u64);
        self.tables.values.iter().for_each(|table| into.extend_from_slice(&table.0));
        put_varint(into, self.keys.values.len() as u64);
        for key in &self.keys.values {
            put_varint(into, key.generation.into());
            into.extend_from_slice(&key.id);
        }
        put_varint(into, self.marks.values.len() as u64);
        for marks in &self.marks.values {
            put_varint(into, marks.len() as u64);
            marks.iter().for_each(|mark| into.extend_from_slice(&mark.0));
        }
        put_varint(into, self.count as u64);
        into.extend_from_slice(&self.body);
    }
}

/// Reads what [`BatchWriter`] writes.
pub(super) struct BatchReader {
    devices: Vec<DeviceId>,
    tables: Vec<TableTag>,
    keys: Vec<KeyId>,
    marks: Vec<Vec<Mark>>,
    /// How many records follow.
    pub(super) count: usize,
}

impl BatchReader {
    pub(super) fn open(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let devices = list(reader, "devices", |reader| reader.array().map(DeviceId::from_bytes))?;
        let tables = list(reader, "tables", |reader| reader.array().map(TableTag))?;
        let keys = list(reader, "keys", |reader| {
            Ok(KeyId { generation: reader.varint_u32()?, id: reader.array()? })
        })?;
        let marks = list(reader, "lists of columns", |reader| {
            let count = reader.length("columns", limits::CELLS_MAX)?;
            let bytes = reader.take(count * Mark::LEN)?;
            let marks: Vec<Mark> = bytes.as_chunks().0.iter().copied().map(Mark).collect();
            check_marks(&marks).map(|()| marks)
        })?;
        let count = reader.length("records", limits::RECORDS_MAX)?;
        Ok(Self { devices, tables, keys, marks, count })
    }

    pub(super) fn record(&self, reader: &mut Reader<'_>) -> Result<SealedRecord, DecodeError> {
        let table = *pick(&self.tables, reader)?;
        let row = crate::sealed::OpaqueKey(reader.array()?);
        let clock = self.clock(reader)?;
        let marks = pick(&self.marks, reader)?;
        let tags = reader.take(marks.len() * CellTag::LEN)?.as_chunks().0;
        let cells = marks
            .iter()
            .zip(tags)
            .map(|(mark, tag)| SealedCell { mark: *mark, tag: CellTag(*tag) })
            .collect();
        let key = *pick(&self.keys, reader)?;
        let nonce = reader.array()?;
        let sealed = reader.bytes("sealed values", limits::SEALED_BYTES_MAX)?.to_vec();
        let drops = super::option(reader, |reader| {
            Ok(Drops { floor: self.clock(reader)?, keys: keys(reader, limits::DROPS_MAX)? })
        })?;
        Ok(SealedRecord { table, row, clock, cells, key, nonce, sealed, drops })
    }

    pub(super) fn device(&self, reader: &mut Reader<'_>) -> Result<DeviceId, DecodeError> {
        pick(&self.devices, reader).copied()
    }

    fn clock(&self, reader: &mut Reader<'_>) -> Result<Clock, DecodeError> {
        let time = ClockTime::from_packed(reader.u64()?);
        Ok(Clock { time, device: self.device(reader)? })
    }
}

/// A record says something of at least one column, and its columns are in order, each once.
fn check_marks(marks: &[Mark]) -> Result<(), DecodeError> {
    within("columns", marks.len(), limits::CELLS_MAX)?;
    let ordered = !marks.is_empty() && marks.is_sorted_by(|a, b| a < b);
    if ordered { Ok(()) } else { Err(DecodeError::Malformed { what: "columns" }) }
}

/// A dictionary. A record names at most three devices: its writer, its pusher, and that of a floor.
fn list<T>(
    reader: &mut Reader<'_>,
    what: &'static str,
    read: impl Fn(&mut Reader<'_>) -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    let count = reader.length(what, 3 * limits::RECORDS_MAX)?;
    (0..count).map(|_| read(reader)).collect()
}

fn pick<'a, T>(values: &'a [T], reader: &mut Reader<'_>) -> Result<&'a T, DecodeError> {
    let number = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
    values.get(number).ok_or(DecodeError::Malformed { what: "numbers of a dictionary" })
}
