//! Batches of lines as bytes.
//!
//! ```text
//! version  u8      1
//! form     u8      0 = lines end with 0x0A, 1 = lengths
//! count    varint  lines
//! times    varint  zigzag of the difference to the line before, the first to the epoch, each line
//! tags     u8      stream in bits 0-1, level + 1 in bits 2-4, continued in bit 5, each line
//! lengths  varint  each line, in form 1 only
//! text     bytes   all lines; in form 0 with 0x0A behind each
//! ```
//!
//! Form 0 is written where no line holds a line end, which is nearly always: a separator compresses
//! far better than a column of lengths.

use super::lines::LineTag;
use super::{LINE_BYTES_MAX, Lines, PIECE_BYTES};
use crate::codec::{DecodeError, Reader, put_varint, unzigzag, zigzag};

const VERSION: u8 = 1;
const SEPARATED: u8 = 0;
const LENGTHS: u8 = 1;

/// Most lines in one batch.
const BATCH_LINES_MAX: usize = 1 << 20;
/// Most bytes of text in one batch: a piece is cut at [`PIECE_BYTES`] and may end with one event as
/// large as a row record.
const BATCH_TEXT_BYTES_MAX: usize = PIECE_BYTES + LINE_BYTES_MAX + crate::codec::RECORD_BYTES_MAX;

/// Appends the encoded batch.
pub fn encode_lines(lines: &Lines, into: &mut Vec<u8>) {
    let separated = !lines.text.contains(&b'\n');
    into.reserve(lines.text.len() + lines.len() * 4 + 16);
    into.push(VERSION);
    into.push(if separated { SEPARATED } else { LENGTHS });
    put_varint(into, lines.len() as u64);
    let mut before = 0;
    for time in &lines.times {
        put_varint(into, zigzag(time.wrapping_sub(before)));
        before = *time;
    }
    into.extend(lines.tags.iter().map(|tag| tag.byte()));
    let mut start = 0;
    if separated {
        for end in &lines.ends {
            into.extend_from_slice(&lines.text[start as usize..*end as usize]);
            into.push(b'\n');
            start = *end;
        }
    } else {
        for end in &lines.ends {
            put_varint(into, u64::from(end - start));
            start = *end;
        }
        into.extend_from_slice(&lines.text);
    }
}

/// Reads a batch; `bytes` must hold nothing else.
///
/// # Errors
/// A [`DecodeError`] for bytes that [`encode_lines`] does not write.
pub fn decode_lines(bytes: &[u8]) -> Result<Lines, DecodeError> {
    let mut reader = Reader::new(bytes);
    let version = reader.u8()?;
    if version != VERSION {
        return Err(DecodeError::UnknownVersion { what: "log lines", version });
    }
    let form = reader.u8()?;
    let count = reader.length("log lines", BATCH_LINES_MAX)?;
    let mut lines = Lines::new();
    lines.times.reserve(count);
    let mut time = 0i64;
    for _ in 0..count {
        time = time.wrapping_add(unzigzag(reader.varint()?));
        lines.times.push(time);
    }
    for byte in reader.take(count)? {
        let tag = LineTag::from_byte(*byte).ok_or(DecodeError::Malformed { what: "log lines" })?;
        lines.tags.push(tag);
    }
    match form {
        SEPARATED => read_separated(&mut reader, count, &mut lines)?,
        LENGTHS => read_lengths(&mut reader, count, &mut lines)?,
        _ => return Err(DecodeError::Malformed { what: "log lines" }),
    }
    reader.finish()?;
    Ok(lines)
}

fn read_separated(
    reader: &mut Reader<'_>,
    count: usize,
    lines: &mut Lines,
) -> Result<(), DecodeError> {
    let text = limited_text(reader)?;
    lines.text.reserve(text.len().saturating_sub(count));
    let mut parts = text.split(|byte| *byte == b'\n');
    for _ in 0..count {
        lines.text.extend_from_slice(parts.next().ok_or(DecodeError::Truncated)?);
        lines.ends.push(lines.text.len() as u32);
    }
    // Behind the last separator there is nothing, not even a separator less.
    match (parts.next(), parts.next()) {
        (Some([]), None) => Ok(()),
        _ => Err(DecodeError::Malformed { what: "log lines" }),
    }
}

fn read_lengths(
    reader: &mut Reader<'_>,
    count: usize,
    lines: &mut Lines,
) -> Result<(), DecodeError> {
    let mut end = 0u64;
    for _ in 0..count {
        end = end.saturating_add(reader.varint()?);
        if end > BATCH_TEXT_BYTES_MAX as u64 {
            return Err(DecodeError::TooLong { what: "log lines", limit: BATCH_TEXT_BYTES_MAX });
        }
        lines.ends.push(end as u32);
    }
    let text = limited_text(reader)?;
    if text.len() as u64 != end || !text.contains(&b'\n') {
        return Err(DecodeError::Malformed { what: "log lines" });
    }
    lines.text.extend_from_slice(text);
    Ok(())
}

fn limited_text<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
    if reader.remaining() > BATCH_TEXT_BYTES_MAX {
        return Err(DecodeError::TooLong { what: "log lines", limit: BATCH_TEXT_BYTES_MAX });
    }
    reader.take(reader.remaining())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Level, LineRef, Stream};
    use super::*;
    use crate::time::Timestamp;

    fn any_lines() -> impl Strategy<Value = Lines> {
        let line = (
            -1000..2_000_000_000_000i64,
            0..3usize,
            0..6usize,
            any::<bool>(),
            proptest::collection::vec(any::<u8>(), 0..30),
        );
        proptest::collection::vec(line, 0..40).prop_map(|raw| {
            let mut lines = Lines::new();
            for (time, stream, level, continued, bytes) in &raw {
                lines.push(LineRef {
                    time: Timestamp::from_millis(*time),
                    stream: Stream::ALL[*stream],
                    level: level.checked_sub(1).map(|index| Level::ALL[index]),
                    continued: *continued,
                    bytes,
                });
            }
            lines
        })
    }

    proptest! {
        #[test]
        fn batches_round_trip(lines in any_lines(), cut in any::<prop::sample::Index>()) {
            let mut bytes = Vec::new();
            encode_lines(&lines, &mut bytes);
            prop_assert_eq!(&decode_lines(&bytes).unwrap(), &lines);
            prop_assert!(decode_lines(&bytes[..cut.index(bytes.len())]).is_err());
            let mut head = lines.clone();
            let tail = head.split_off(cut.index(lines.len() + 1));
            head.extend(&tail);
            prop_assert_eq!(head, lines);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut forged = vec![VERSION];
            forged.extend(bytes);
            let _ = decode_lines(&forged).map(|lines| lines.iter().count());
        }
    }

    /// T15: a count is checked against what is there before memory is taken for it.
    #[test]
    fn a_forged_count_is_refused() {
        let mut bytes = vec![VERSION, SEPARATED];
        put_varint(&mut bytes, 1 << 40);
        let error = decode_lines(&bytes).unwrap_err();
        assert_eq!(error, DecodeError::TooLong { what: "log lines", limit: BATCH_LINES_MAX });
    }
}
