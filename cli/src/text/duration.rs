//! Lengths of time.

use std::fmt;

use jiff::{SignedDuration, Span, SpanRelativeTo};

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A length of time in milliseconds, in at most seven characters: `340ms`, `1.2s`, `2m05s`,
/// `3h04m`, `12d03h`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Took(pub(crate) u64);

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0;
        let text = match ms {
            0..SECOND => format!("{ms}ms"),
            SECOND..MINUTE => format!("{}.{}s", ms / SECOND, ms % SECOND / 100),
            MINUTE..HOUR => format!("{}m{:02}s", ms / MINUTE, ms % MINUTE / SECOND),
            HOUR..DAY => format!("{}h{:02}m", ms / HOUR, ms % HOUR / MINUTE),
            _ => format!("{}d{:02}h", ms / DAY, ms % DAY / HOUR),
        };
        f.pad(&text)
    }
}

/// Reads `90s`, `1h30m`, `2 days` or `500ms`, in milliseconds. A day has 24 hours.
pub(crate) fn parse_millis(text: &str) -> Result<u64, String> {
    let wrong = || format!("'{text}' is not a length of time: write it as 500ms, 30s, 1h30m or 2d");
    let span: Span = text.parse().map_err(|_| wrong())?;
    let length: SignedDuration =
        span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    u64::try_from(length.as_millis()).map_err(|_| format!("'{text}' is negative"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_as_people_say_them() {
        let cases = [
            (0, "0ms"),
            (999, "999ms"),
            (1_000, "1.0s"),
            (59_999, "59.9s"),
            (125_000, "2m05s"),
            (11_040_000, "3h04m"),
            (12 * DAY + 3 * HOUR, "12d03h"),
        ];
        for (ms, text) in cases {
            assert_eq!(Took(ms).to_string(), text);
        }
    }

    #[test]
    fn lengths_are_read_in_the_usual_forms() {
        let cases = [
            ("500ms", 500),
            ("90s", 90_000),
            ("1h30m", 5_400_000),
            ("2d", 2 * DAY),
            ("1w", 7 * DAY),
        ];
        for (text, ms) in cases {
            assert_eq!(parse_millis(text), Ok(ms), "{text}");
        }
        for text in ["", "3", "soon", "1mo", "-5s"] {
            assert!(parse_millis(text).is_err(), "{text}");
        }
    }
}
