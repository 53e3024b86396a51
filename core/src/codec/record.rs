//! Row records: what one device tells another of one row, in the clear.

use super::{
    DecodeError, KEY_BYTES_MAX, NAME_BYTES_MAX, RECORD_BYTES_MAX, RECORD_COLUMNS_MAX, Reader,
    decode_value, encode_value, put_bytes, put_varint,
};
use crate::clock::Clock;
use crate::value::Value;

/// Columns of one row that were written together: one clock for all of them.
///
/// Tables and columns go by name, so that a program which knows fewer of them keeps the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowRecord {
    /// The table's name.
    pub table: String,
    /// The row's key, in the form of [`RowKey::to_bytes`](crate::schema::RowKey::to_bytes).
    pub key: Vec<u8>,
    /// When and where the columns were written.
    pub clock: Clock,
    /// Column names and values, each name once.
    pub cells: Vec<(String, Value)>,
}

const VERSION: u8 = 1;

/// Appends a record: version, table, key, clock in wire form, count of columns, then each column's
/// name and value. Texts and bytes stand behind their length as a varint.
///
/// # Errors
/// [`DecodeError::TooLong`] where [`decode_record`] would refuse the result.
pub fn encode_record(record: &RowRecord, into: &mut Vec<u8>) -> Result<(), DecodeError> {
    let start = into.len();
    into.push(VERSION);
    put_bytes(into, limited("names", record.table.as_bytes(), NAME_BYTES_MAX)?);
    put_bytes(into, limited("row keys", &record.key, KEY_BYTES_MAX)?);
    into.extend_from_slice(&record.clock.to_wire());
    if record.cells.len() > RECORD_COLUMNS_MAX {
        return Err(DecodeError::TooLong { what: "columns", limit: RECORD_COLUMNS_MAX });
    }
    put_varint(into, record.cells.len() as u64);
    for (name, value) in &record.cells {
        put_bytes(into, limited("names", name.as_bytes(), NAME_BYTES_MAX)?);
        encode_value(value, into);
    }
    limited("row records", &into[start..], RECORD_BYTES_MAX).map(|_| ())
}

/// Reads a record; `bytes` must hold nothing else.
///
/// # Errors
/// A [`DecodeError`] for bytes that [`encode_record`] does not write, a column named twice included.
pub fn decode_record(bytes: &[u8]) -> Result<RowRecord, DecodeError> {
    limited("row records", bytes, RECORD_BYTES_MAX)?;
    let mut reader = Reader::new(bytes);
    let version = reader.u8()?;
    if version != VERSION {
        return Err(DecodeError::UnknownVersion { what: "row records", version });
    }
    let table = reader.text("names", NAME_BYTES_MAX)?.to_owned();
    let key = reader.bytes("row keys", KEY_BYTES_MAX)?.to_vec();
    let clock = Clock::from_wire(reader.array()?);
    let count = reader.length("columns", RECORD_COLUMNS_MAX)?;
    let mut cells: Vec<(String, Value)> = Vec::with_capacity(count);
    for _ in 0..count {
        let name = reader.text("names", NAME_BYTES_MAX)?;
        if cells.iter().any(|(known, _)| known == name) {
            return Err(DecodeError::Malformed { what: "columns" });
        }
        let name = name.to_owned();
        cells.push((name, decode_value(&mut reader)?));
    }
    reader.finish()?;
    Ok(RowRecord { table, key, clock, cells })
}

fn limited<'a>(what: &'static str, bytes: &'a [u8], limit: usize) -> Result<&'a [u8], DecodeError> {
    if bytes.len() > limit { Err(DecodeError::TooLong { what, limit }) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::Integer),
            any::<u64>().prop_map(|bits| Value::Real(f64::from_bits(bits))),
            ".*".prop_map(Value::Text),
            proptest::collection::vec(any::<u8>(), 0..40).prop_map(Value::Blob),
        ]
    }

    proptest! {
        #[test]
        fn records_round_trip_with_exact_types(
            table in "[a-z_]{1,20}",
            key in proptest::collection::vec(any::<u8>(), 0..40),
            wire in any::<[u8; 24]>(),
            cells in proptest::collection::btree_map("[a-z_]{1,20}", any_value(), 0..10),
        ) {
            let clock = Clock::from_wire(wire);
            let record = RowRecord { table, key, clock, cells: cells.into_iter().collect() };
            let mut bytes = Vec::new();
            encode_record(&record, &mut bytes).unwrap();
            prop_assert_eq!(decode_record(&bytes), Ok(record));
            for cut in 0..bytes.len() {
                prop_assert!(decode_record(&bytes[..cut]).is_err());
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(record) = decode_record(&bytes) {
                let mut again = Vec::new();
                encode_record(&record, &mut again).unwrap();
                prop_assert_eq!(again, bytes);
            }
        }
    }
}
