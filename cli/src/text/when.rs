//! Points in time.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use runlog::time::Timestamp;

use super::duration::parse_millis;

/// How long ago a time was, in at most twelve characters; what is further away than a week, or
/// ahead of the clock by more than a few seconds, as a date.
pub(crate) fn ago(time: Timestamp, now: Timestamp) -> String {
    const AHEAD_MS: u64 = 5_000;
    if time.millis_since(now) > AHEAD_MS {
        return local(time).strftime("%Y-%m-%d").to_string();
    }
    let seconds = now.millis_since(time) / 1_000;
    match seconds {
        0..5 => "just now".to_owned(),
        5..60 => format!("{seconds} s ago"),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        86_400..172_800 => "1 day ago".to_owned(),
        172_800..604_800 => format!("{} days ago", seconds / 86_400),
        _ => local(time).strftime("%Y-%m-%d").to_string(),
    }
}

/// A time on the clock of this place, to the second.
pub(crate) fn exact(time: Timestamp) -> String {
    local(time).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

/// The time of day on the clock of this place, to the millisecond.
pub(crate) fn time_of_day(time: Timestamp) -> String {
    local(time).strftime("%H:%M:%S%.3f").to_string()
}

fn local(time: Timestamp) -> jiff::Zoned {
    // A `Timestamp` of ours is always within the range of jiff's.
    let time = jiff::Timestamp::from_millisecond(time.as_millis()).unwrap_or_default();
    time.to_zoned(TimeZone::system())
}

/// Reads a point in time: RFC 3339, a date (its midnight at this place), or how long ago it was.
pub(crate) fn parse(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    if let Some(midnight) = text.parse::<Date>().ok().filter(|_| text.len() == 10) {
        let zoned = midnight.to_zoned(TimeZone::system()).map_err(|error| error.to_string())?;
        return Ok(Timestamp::from_millis(zoned.timestamp().as_millisecond()));
    }
    let ago = parse_millis(text).map_err(|_| {
        format!(
            "'{text}' is not a time: write it as 2026-11-21T10:00:00Z or 2026-11-21, or how long \
             ago it was as 30min, 3h or 2d"
        )
    })?;
    Ok(runlog::now().plus_millis(-i64::try_from(ago).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_recently_is_told_by_its_distance() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let cases = [
            ("2026-11-21T11:59:58Z", "just now"),
            ("2026-11-21T12:00:03Z", "just now"),
            ("2026-11-21T11:59:30Z", "30 s ago"),
            ("2026-11-21T11:57:00Z", "3 min ago"),
            ("2026-11-21T01:00:00Z", "11 h ago"),
            ("2026-11-20T11:00:00Z", "1 day ago"),
            ("2026-11-16T11:00:00Z", "5 days ago"),
        ];
        for (time, text) in cases {
            assert_eq!(ago(time.parse().unwrap(), now), text, "{time}");
        }
        assert_eq!(ago("2026-01-15T12:00:00Z".parse().unwrap(), now).len(), 10);
        assert_eq!(ago("2027-01-15T12:00:00Z".parse().unwrap(), now).len(), 10);
    }

    #[test]
    fn times_are_read_as_moments_dates_and_distances() {
        let moment = parse("2026-11-21T10:00:00+02:00").unwrap();
        assert_eq!(moment.to_string(), "2026-11-21T08:00:00.000Z");
        assert!(parse("2026-11-21").is_ok());
        let distance = runlog::now().millis_since(parse("2d").unwrap());
        assert!((172_800_000..172_810_000).contains(&distance), "{distance}");
        assert!(parse("yesterday").unwrap_err().contains("write it as"));
    }
}
