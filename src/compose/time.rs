//! Times in texts for whoever runs the server: RFC 3339 with milliseconds, in UTC.

use campusg_domain::time::{At, DAY_MS, HOUR_MS, MINUTE_MS};
use chrono::{DateTime, SecondsFormat, Utc};

/// Writes a time; as milliseconds where a calendar has no name for it.
pub(crate) fn write(at: At) -> String {
    let ms = i64::try_from(at.0).ok();
    let named = ms.and_then(DateTime::<Utc>::from_timestamp_millis);
    named.map_or_else(
        || format!("{} ms", at.0),
        |named| named.to_rfc3339_opts(SecondsFormat::Millis, true),
    )
}

/// Reads a time in RFC 3339.
pub(crate) fn read(text: &str) -> Result<At, String> {
    let named = DateTime::parse_from_rfc3339(text);
    let named = named
        .ok()
        .filter(|it| it.timestamp_subsec_nanos() < 1_000_000_000);
    let named = named.ok_or("a time such as 2026-03-01T10:00:00.000Z is needed")?;
    let ms = u64::try_from(named.timestamp_millis());
    ms.map(At).map_err(|_| "times begin in 1970".to_owned())
}

/// Writes a span in its largest unit, rounded down.
pub(crate) fn span(ms: u64) -> String {
    let (unit, name) = match ms {
        DAY_MS.. => (DAY_MS, "day"),
        HOUR_MS.. => (HOUR_MS, "hour"),
        _ => (MINUTE_MS, "minute"),
    };
    let count = ms / unit;
    format!("{count} {name}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_was_written_can_be_read() {
        let at = At(1_767_225_600_123);
        assert_eq!(write(at), "2026-01-01T00:00:00.123Z");
        assert_eq!(read(&write(at)), Ok(at));
        assert!(
            read("2026-03-01T10:00:60Z").is_err(),
            "no minute has a second 60"
        );
        assert!(read("yesterday").is_err() && read("1969-12-31T23:59:59Z").is_err());
    }

    #[test]
    fn a_span_is_told_in_its_largest_unit() {
        let spans = [30 * DAY_MS + 5, 3 * HOUR_MS, MINUTE_MS, MINUTE_MS + 1];
        let told = ["30 days", "3 hours", "1 minute", "1 minute"];
        assert_eq!(spans.map(span), told);
    }
}
