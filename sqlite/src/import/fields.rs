//! Values of a source as ids, times, texts and flags, whatever type they were stored as.

use runlog_core::id::ExecutionId;
use runlog_core::time::Timestamp;
use rusqlite::types::ValueRef;
use serde_json::Value as Json;
use uuid::Uuid;

/// How the bytes of a UUID stand in a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlobOrder {
    /// In network order.
    Network,
    /// As .NET writes them: the first three fields little-endian.
    DotNet,
}

/// An id in any of the forms of a UUID; the nil UUID is none.
pub(super) fn id_of(value: ValueRef<'_>, order: BlobOrder) -> Option<ExecutionId> {
    let uuid = match value {
        ValueRef::Text(text) => {
            let text = std::str::from_utf8(text).ok()?.trim();
            let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
            Uuid::parse_str(inner.unwrap_or(text)).ok()?
        }
        ValueRef::Blob(bytes) if order == BlobOrder::DotNet => Uuid::from_slice_le(bytes).ok()?,
        ValueRef::Blob(bytes) => Uuid::from_slice(bytes).ok()?,
        _ => return None,
    };
    (!uuid.is_nil()).then(|| ExecutionId::from_uuid(uuid))
}

/// A time in any of the forms that the module's page lists.
pub(super) fn time_of(value: ValueRef<'_>) -> Option<Timestamp> {
    let time = match value {
        ValueRef::Integer(number) => time_of_number(number)?,
        ValueRef::Real(seconds) if seconds.is_finite() && seconds.abs() < 1e11 => {
            Timestamp::from_millis((seconds * 1_000.0).round() as i64)
        }
        ValueRef::Text(text) => time_of_text(std::str::from_utf8(text).ok()?.trim())?,
        _ => return None,
    };
    (time.as_millis() > 0).then_some(time)
}

/// Ticks, milliseconds and seconds differ so much in size that no time of an execution is in doubt.
fn time_of_number(number: i64) -> Option<Timestamp> {
    const TICKS_AT_EPOCH: i64 = 621_355_968_000_000_000;
    const TICKS_MIN: i64 = 10_000_000_000_000_000;
    const MILLIS_MIN: i64 = 100_000_000_000;
    const MILLIS_END: i64 = 253_402_300_800_000;
    Some(match number {
        TICKS_MIN.. => Timestamp::from_millis((number - TICKS_AT_EPOCH).div_euclid(10_000)),
        MILLIS_END.. => return None,
        MILLIS_MIN.. => Timestamp::from_millis(number),
        _ => Timestamp::from_millis(number.checked_mul(1_000)?),
    })
}

fn time_of_text(text: &str) -> Option<Timestamp> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return time_of_number(text.parse().ok()?);
    }
    // "2026-11-21 10:00:00.5 +02:00" and "… UTC", as some libraries print them.
    let (date, rest) = text.split_once(['T', 't', ' ']).unwrap_or((text, "00:00:00"));
    let compact: String = rest.chars().filter(|c| *c != ' ').collect();
    let clock = compact.strip_suffix("UTC").unwrap_or(&compact);
    let has_offset = clock.contains(['Z', 'z', '+', '-']);
    let text = format!("{date}T{clock}{}", if has_offset { "" } else { "Z" });
    text.parse().ok()
}

/// A text; numbers as they print. NULL is none, and so is a blob that is no UTF-8.
pub(super) fn text_of(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => std::str::from_utf8(bytes).ok().map(str::to_owned),
    }
}

/// A flag, as a number or a word.
pub(super) fn flag_of(value: ValueRef<'_>) -> Option<bool> {
    match value {
        ValueRef::Integer(number) => Some(number != 0),
        ValueRef::Text(text) => match text.trim_ascii().to_ascii_lowercase().as_slice() {
            b"1" | b"true" => Some(true),
            b"0" | b"false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A whole number that an exit code may be.
pub(super) fn small_of(value: ValueRef<'_>) -> Option<i32> {
    match value {
        ValueRef::Integer(number) => i32::try_from(number).ok(),
        ValueRef::Text(text) => std::str::from_utf8(text).ok()?.trim().parse().ok(),
        _ => None,
    }
}

/// Any value as JSON; bytes as hexadecimal digits.
pub(super) fn json_of(value: ValueRef<'_>) -> Json {
    match value {
        ValueRef::Null => Json::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) if number.is_finite() => number.into(),
        ValueRef::Real(number) => number.to_string().into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned().into(),
        ValueRef::Blob(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            serde_json::json!({ "hex": digits })
        }
    }
}

/// A value as it is shown in a message.
pub(super) fn shown(value: ValueRef<'_>) -> Option<String> {
    const SHOWN_BYTES_MAX: usize = 80;
    let head = match value {
        ValueRef::Blob(bytes) => ValueRef::Blob(&bytes[..bytes.len().min(SHOWN_BYTES_MAX / 2)]),
        other => other,
    };
    match json_of(head) {
        Json::Null => None,
        Json::String(text) => Some(cut(text, SHOWN_BYTES_MAX)),
        Json::Object(blob) => Some(format!("x'{}'", blob["hex"].as_str().unwrap_or_default())),
        other => Some(other.to_string()),
    }
}

/// The text, cut between two characters where it is longer than `bytes_max`.
pub(super) fn cut(mut text: String, bytes_max: usize) -> String {
    text.truncate(text.floor_char_boundary(bytes_max));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> ValueRef<'_> {
        ValueRef::Text(text.as_bytes())
    }

    #[test]
    fn one_moment_in_every_form() {
        let expected = Some(Timestamp::from_millis(1_763_719_200_500));
        let texts = [
            "2025-11-21T10:00:00.5Z",
            "2025-11-21T10:00:00.5000000",
            "2025-11-21 10:00:00.500",
            "2025-11-21T12:00:00.500000001+02:00",
            "2025-11-21 12:00:00.5 +02:00",
            "2025-11-21 10:00:00.5 UTC",
            " 2025-11-21T05:00:00.5-05:00 ",
            "638993160005000000",
            "1763719200500",
        ];
        for form in texts {
            assert_eq!(time_of(text(form)), expected, "{form}");
        }
        let numbers = [638_993_160_005_000_000, 1_763_719_200_500].map(ValueRef::Integer);
        for form in numbers.into_iter().chain([ValueRef::Real(1_763_719_200.5)]) {
            assert_eq!(time_of(form), expected, "{form:?}");
        }
        let whole = Some(Timestamp::from_millis(1_763_719_200_000));
        assert_eq!(time_of(ValueRef::Integer(1_763_719_200)), whole);
        let midnight = Some(Timestamp::from_millis(1_763_683_200_000));
        assert_eq!(time_of(text("2025-11-21")), midnight);
    }

    #[test]
    fn what_is_no_time() {
        let texts = ["", "soon", "0001-01-01T00:00:00", "2025-13-01", "99999999999999999999", "é"];
        for form in texts {
            assert_eq!(time_of(text(form)), None, "{form}");
        }
        let values = [0, -1, i64::MIN, 9_999_999_999_999_999].map(ValueRef::Integer);
        let others = [ValueRef::Null, ValueRef::Real(f64::NAN), ValueRef::Blob(b"x")];
        for form in values.into_iter().chain(others) {
            assert_eq!(time_of(form), None, "{form:?}");
        }
    }

    #[test]
    fn one_id_in_every_form() {
        let id = "00112233-4455-6677-8899-aabbccddeeff";
        let expected: Option<ExecutionId> = id.parse().ok();
        let simple = id.replace('-', "");
        let forms =
            [id.to_owned(), id.to_uppercase(), format!("{{{id}}}"), format!("({id})"), simple];
        for form in &forms {
            assert_eq!(id_of(text(form), BlobOrder::Network), expected, "{form}");
        }
        let bytes: Vec<u8> = (0..16).map(|number| number * 0x11).collect();
        assert_eq!(id_of(ValueRef::Blob(&bytes), BlobOrder::Network), expected);
        let dot_net = id_of(ValueRef::Blob(&bytes), BlobOrder::DotNet).unwrap();
        assert_eq!(dot_net.to_string(), "33221100-5544-7766-8899-aabbccddeeff");
        for none in ["", "x", "00000000-0000-0000-0000-000000000000", "'; DROP TABLE x"] {
            assert_eq!(id_of(text(none), BlobOrder::Network), None);
        }
    }
}
