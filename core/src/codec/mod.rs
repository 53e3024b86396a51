//! Bytes of clocks, values and row records: versioned, of fixed byte order, with limits.
//!
//! Every decoder here takes bytes that anybody may have made. Lengths and counts are checked against
//! what is left of the input and against a stated limit before anything is allocated, so a forged
//! length costs an error and no memory.

mod record;
mod value;

pub use record::{RowRecord, decode_record, encode_record};
pub use value::{decode_value, encode_value};

/// Largest encoded row record in bytes.
pub const RECORD_BYTES_MAX: usize = 16 << 20;
/// Largest name of a table or column, in bytes.
pub const NAME_BYTES_MAX: usize = 255;
/// Largest row key in bytes.
pub const KEY_BYTES_MAX: usize = 4096;
/// Most columns in one record.
pub const RECORD_COLUMNS_MAX: usize = 1024;

/// The bytes are not what the decoder reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The input ends within a field.
    #[error("the bytes end in the middle of a field")]
    Truncated,
    /// Bytes are left over behind the value.
    #[error("{count} bytes are left over behind the value")]
    TrailingBytes {
        /// How many.
        count: usize,
    },
    /// A version byte that this program does not know.
    #[error("{what} have version {version}, which this program does not read: upgrade it")]
    UnknownVersion {
        /// What was read.
        what: &'static str,
        /// The version found.
        version: u8,
    },
    /// A length or count above its limit.
    #[error("{what} are longer than the limit of {limit}")]
    TooLong {
        /// What was read.
        what: &'static str,
        /// The limit, in bytes or items.
        limit: usize,
    },
    /// Bytes that no encoder writes.
    #[error("{what} are malformed")]
    Malformed {
        /// What was read.
        what: &'static str,
    },
}

/// Reads fields from the front of a byte slice.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Over all of the bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Whether everything was read.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Bytes not read yet.
    pub fn remaining(&self) -> usize {
        self.bytes.len()
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.bytes.split_at_checked(count).ok_or(DecodeError::Truncated)?;
        self.bytes = rest;
        Ok(taken)
    }

    /// The next bytes as an array.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self.bytes.split_first_chunk::<N>().ok_or(DecodeError::Truncated)?;
        self.bytes = rest;
        Ok(*taken)
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// Eight bytes, big-endian.
    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_be_bytes)
    }

    /// An unsigned LEB128 number of at most 128 bits, in its shortest form.
    pub fn varint_u128(&mut self) -> Result<u128, DecodeError> {
        let mut value = 0u128;
        for shift in (0..128).step_by(7) {
            let byte = self.u8()?;
            let bits = u128::from(byte & 0x7f);
            let overflows = shift > 0 && bits.leading_zeros() < shift;
            if overflows || (byte == 0 && shift > 0) {
                return Err(DecodeError::Malformed { what: "numbers" });
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(DecodeError::Malformed { what: "numbers" })
    }

    /// An unsigned LEB128 number of at most 64 bits.
    pub fn varint(&mut self) -> Result<u64, DecodeError> {
        let value = self.varint_u128()?;
        u64::try_from(value).map_err(|_| DecodeError::Malformed { what: "numbers" })
    }

    /// An unsigned LEB128 number of at most 32 bits.
    pub fn varint_u32(&mut self) -> Result<u32, DecodeError> {
        let value = self.varint_u128()?;
        u32::try_from(value).map_err(|_| DecodeError::Malformed { what: "numbers" })
    }

    /// A length in front of bytes: checked against `limit` and against what is left.
    pub fn length(&mut self, what: &'static str, limit: usize) -> Result<usize, DecodeError> {
        let length = self.varint()?;
        if length > limit as u64 {
            return Err(DecodeError::TooLong { what, limit });
        }
        let length = length as usize;
        if length > self.remaining() { Err(DecodeError::Truncated) } else { Ok(length) }
    }

    /// Bytes behind their length.
    pub fn bytes(&mut self, what: &'static str, limit: usize) -> Result<&'a [u8], DecodeError> {
        let length = self.length(what, limit)?;
        self.take(length)
    }

    /// UTF-8 text behind its length in bytes.
    pub fn text(&mut self, what: &'static str, limit: usize) -> Result<&'a str, DecodeError> {
        std::str::from_utf8(self.bytes(what, limit)?).map_err(|_| DecodeError::Malformed { what })
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`DecodeError::TrailingBytes`] where something was not read.
    pub fn finish(self) -> Result<(), DecodeError> {
        match self.bytes.len() {
            0 => Ok(()),
            count => Err(DecodeError::TrailingBytes { count }),
        }
    }
}

/// Appends an unsigned LEB128 number.
pub fn put_varint(into: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        into.push(value as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

/// Appends an unsigned LEB128 number of 128 bits.
pub fn put_varint_u128(into: &mut Vec<u8>, mut value: u128) {
    while value >= 0x80 {
        into.push(value as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

/// Appends bytes behind their length.
pub fn put_bytes(into: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(into, bytes.len() as u64);
    into.extend_from_slice(bytes);
}

/// Maps a signed number to an unsigned one of similar size, so that small deltas stay short.
pub const fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

/// The inverse of [`zigzag`].
pub const fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_round_trip(value in any::<u128>(), signed in any::<i64>()) {
            let mut bytes = Vec::new();
            put_varint_u128(&mut bytes, value);
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.varint_u128(), Ok(value));
            prop_assert!(reader.is_empty());
            prop_assert_eq!(unzigzag(zigzag(signed)), signed);
        }

        #[test]
        fn a_number_has_one_form(bytes in proptest::collection::vec(any::<u8>(), 0..20)) {
            let mut reader = Reader::new(&bytes);
            if let Ok(value) = reader.varint_u128() {
                let mut again = Vec::new();
                put_varint_u128(&mut again, value);
                prop_assert_eq!(&bytes[..bytes.len() - reader.remaining()], &again[..]);
            }
        }
    }

    /// T15: a forged length is refused before anything is allocated for it.
    #[test]
    fn a_forged_length_is_refused() {
        let mut bytes = Vec::new();
        put_varint(&mut bytes, u64::MAX);
        let forged = Reader::new(&bytes).bytes("names", NAME_BYTES_MAX);
        assert_eq!(forged, Err(DecodeError::TooLong { what: "names", limit: NAME_BYTES_MAX }));
        let mut bytes = Vec::new();
        put_varint(&mut bytes, 200);
        assert_eq!(Reader::new(&bytes).bytes("names", 255), Err(DecodeError::Truncated));
    }
}
