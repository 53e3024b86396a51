//! Values: one tag byte, then the value in a fixed byte order.

use super::{DecodeError, RECORD_BYTES_MAX, Reader, put_bytes};
use crate::value::Value;

const NULL: u8 = 0;
const INTEGER: u8 = 1;
const REAL: u8 = 2;
const TEXT: u8 = 3;
const BLOB: u8 = 4;

/// Appends a value. Floats are their 64 bits, so that every NaN keeps its payload.
pub fn encode_value(value: &Value, into: &mut Vec<u8>) {
    match value {
        Value::Null => into.push(NULL),
        Value::Integer(value) => {
            into.push(INTEGER);
            into.extend_from_slice(&value.to_be_bytes());
        }
        Value::Real(value) => {
            into.push(REAL);
            into.extend_from_slice(&value.to_bits().to_be_bytes());
        }
        Value::Text(value) => {
            into.push(TEXT);
            put_bytes(into, value.as_bytes());
        }
        Value::Blob(value) => {
            into.push(BLOB);
            put_bytes(into, value);
        }
    }
}

/// Reads one value.
///
/// # Errors
/// A [`DecodeError`] for bytes that [`encode_value`] does not write.
pub fn decode_value(reader: &mut Reader<'_>) -> Result<Value, DecodeError> {
    Ok(match reader.u8()? {
        NULL => Value::Null,
        INTEGER => Value::Integer(reader.u64()? as i64),
        REAL => Value::Real(f64::from_bits(reader.u64()?)),
        TEXT => Value::Text(reader.text("texts", RECORD_BYTES_MAX)?.to_owned()),
        BLOB => Value::Blob(reader.bytes("blobs", RECORD_BYTES_MAX)?.to_vec()),
        _ => return Err(DecodeError::Malformed { what: "values" }),
    })
}
