//! Times on the wire: RFC 3339, UTC, milliseconds.

use campusg_domain::time::At;
use chrono::{DateTime, Datelike, Timelike, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A time as a request or an answer writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) At);

/// Hands on a time as text; one past the year 9999 is its number of milliseconds. An order has a dozen of them, so they
/// are written digit by digit into one small buffer.
fn rfc3339<T>(at: At, to: impl FnOnce(&str) -> T) -> T {
    let Some(moment) = moment(at).filter(|moment| moment.year() <= 9_999) else {
        return to(&at.0.to_string());
    };
    let mut text = *b"0000-00-00T00:00:00.000Z";
    for (place, number) in [
        (0..4, moment.year_ce().1),
        (5..7, moment.month()),
        (8..10, moment.day()),
        (11..13, moment.hour()),
        (14..16, moment.minute()),
        (17..19, moment.second()),
        (20..23, moment.timestamp_subsec_millis()),
    ] {
        let mut left = number;
        for digit in text[place].iter_mut().rev() {
            *digit += (left % 10) as u8;
            left /= 10;
        }
    }
    to(std::str::from_utf8(&text).expect("digits are text"))
}

fn moment(at: At) -> Option<DateTime<Utc>> {
    let ms = i64::try_from(at.0).ok()?;
    DateTime::from_timestamp_millis(ms)
}

/// A time for people, in UTC and to the minute: `22 November 2026, 23:28 UTC`.
pub(crate) fn in_words(at: At) -> String {
    moment(at).map_or_else(
        || at.0.to_string(),
        |moment| moment.format("%-d %B %Y, %H:%M UTC").to_string(),
    )
}

/// Reads a time with any offset; `None` if it is none, or lies before 1970.
pub(crate) fn parse(text: &str) -> Option<At> {
    let moment = DateTime::parse_from_rfc3339(text).ok()?;
    u64::try_from(moment.timestamp_millis()).ok().map(At)
}

impl From<At> for Time {
    fn from(at: At) -> Self {
        Self(at)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        rfc3339(self.0, |text| to.serialize_str(text))
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

    fn text(at: At) -> String {
        rfc3339(at, str::to_owned)
    }

    #[test]
    fn written_and_read() {
        assert_eq!(text(At(1_772_368_200_123)), "2026-03-01T12:30:00.123Z");
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
        assert_eq!(text(At(0)), "1970-01-01T00:00:00.000Z");
        assert_eq!(text(At(253_402_300_799_999)), "9999-12-31T23:59:59.999Z");
        for beyond in [253_402_300_800_000, u64::MAX] {
            assert_eq!(text(At(beyond)), beyond.to_string());
        }
    }
}
