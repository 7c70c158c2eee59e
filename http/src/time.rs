//! Times in JSON: RFC 3339, UTC, milliseconds.

use campusg_domain::time::At;
use chrono::{DateTime, SecondsFormat};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A time in a request or a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) At);

/// Formats a time as RFC 3339; beyond the range of the calendar as a number of milliseconds.
pub(crate) fn rfc3339(at: At) -> String {
    let moment = i64::try_from(at.0)
        .ok()
        .and_then(DateTime::from_timestamp_millis);
    moment.map_or_else(
        || at.0.to_string(),
        |moment| moment.to_rfc3339_opts(SecondsFormat::Millis, true),
    )
}

/// Formats a time for people, in UTC and to the minute: `22 November 2026, 23:28 UTC`.
pub(crate) fn in_words(at: At) -> String {
    let moment = i64::try_from(at.0)
        .ok()
        .and_then(DateTime::from_timestamp_millis);
    moment.map_or_else(
        || at.0.to_string(),
        |moment| moment.format("%-d %B %Y, %H:%M UTC").to_string(),
    )
}

/// Parses a time with any offset; `None` if it is not one, lies before 1970, or is in a leap second, which no clock of a
/// computer shows.
pub(crate) fn parse(text: &str) -> Option<At> {
    let moment = DateTime::parse_from_rfc3339(text).ok()?;
    if moment.timestamp_subsec_nanos() >= 1_000_000_000 {
        return None;
    }
    u64::try_from(moment.timestamp_millis()).ok().map(At)
}

impl From<At> for Time {
    fn from(at: At) -> Self {
        Self(at)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&rfc3339(self.0))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        parse(&text).map(Self).ok_or_else(|| {
            D::Error::custom("expected a time as 2026-03-01T12:30:00Z, from 1970 on")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f26_no_minute_has_a_second_60() {
        for text in [
            "2026-11-30T11:57:60Z",
            "2026-11-30T11:57:60.5Z",
            "2016-12-31T23:59:60Z",
            "2016-12-31T23:59:60.999Z",
            "2017-01-01T00:59:60+01:00",
            "2026-11-30T11:57:61Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        let last = parse("2016-12-31T23:59:59.999Z").map(|at| at.0 + 1);
        assert_eq!(last, parse("2017-01-01T00:00:00Z").map(|at| at.0));
    }

    #[test]
    fn written_and_read() {
        assert_eq!(rfc3339(At(1_772_368_200_123)), "2026-03-01T12:30:00.123Z");
        assert_eq!(
            parse("2026-03-01T12:30:00.123Z"),
            Some(At(1_772_368_200_123))
        );
        assert_eq!(
            parse("2026-03-01T13:30:00.123+01:00"),
            Some(At(1_772_368_200_123))
        );
        assert_eq!(parse("1969-12-31T23:59:59Z"), None);
        assert_eq!(parse("2026-03-01"), None);
        assert_eq!(rfc3339(At(u64::MAX)), u64::MAX.to_string());
    }
}
