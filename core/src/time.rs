//! Points in time and lengths of time, in milliseconds.

use std::fmt;
use std::str::FromStr;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z. One type in every table.
///
/// Printed and read as RFC 3339 in UTC with milliseconds.
///
/// ```
/// use runlog_core::time::Timestamp;
///
/// let time: Timestamp = "2026-11-21T10:00:00+02:00".parse()?;
/// assert_eq!(time.to_string(), "2026-11-21T08:00:00.000Z");
/// # Ok::<(), runlog_core::time::InvalidTimestamp>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// Year 0001, the earliest time that RFC 3339 and the store accept.
const MILLIS_MIN: i64 = -62_135_596_800_000;
/// The last millisecond of year 9999.
const MILLIS_MAX: i64 = 253_402_207_199_999;

impl Timestamp {
    /// From milliseconds since the Unix epoch; values outside the years 1 to 9999 are clamped.
    pub const fn from_millis(millis: i64) -> Self {
        Self(if millis < MILLIS_MIN {
            MILLIS_MIN
        } else if millis > MILLIS_MAX {
            MILLIS_MAX
        } else {
            millis
        })
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// This time moved by a number of milliseconds.
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this time; zero where a clock that was set back would make
    /// it negative.
    pub const fn millis_since(self, earlier: Timestamp) -> u64 {
        let millis = self.0 - earlier.0;
        if millis < 0 { 0 } else { millis as u64 }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => write!(f, "{time:.3}"),
            Err(_) => Err(fmt::Error),
        }
    }
}

/// The text is no RFC 3339 time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a time: expected RFC 3339, for example 2026-11-21T10:00:00Z")]
pub struct InvalidTimestamp {
    text: String,
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<jiff::Timestamp>()
            .map(|time| Self::from_millis(time.as_millisecond()))
            .map_err(|_| InvalidTimestamp { text: text.to_owned() })
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_range_prints_and_reads_back() {
        for millis in [MILLIS_MIN, -1, 0, 1_700_000_000_123, MILLIS_MAX, i64::MIN, i64::MAX] {
            let time = Timestamp::from_millis(millis);
            assert_eq!(time.to_string().parse(), Ok(time));
        }
    }

    #[test]
    fn an_end_before_the_start_lasts_nothing() {
        let start = Timestamp::from_millis(10);
        assert_eq!(Timestamp::from_millis(4).millis_since(start), 0);
    }
}
