//! When a store is open: spans of a week in local time.
//!
//! Local time is UTC plus a fixed number of minutes; what the clocks do in summer is the operator's to set.
//! Must not: read a clock.

use crate::{
    rejection::Rejection,
    time::{At, MINUTE_MS},
};
use serde::{Deserialize, Serialize};

/// Minutes of a day.
const DAY_MINUTES: i64 = 24 * 60;
/// 1970-01-01 was a Thursday: the fourth day of a week that begins on Monday.
const EPOCH_WEEKDAY: i64 = 3;
/// Most spans of one store.
const SPANS: usize = 50;

/// One span of a week in which a store is open. What goes past midnight is two spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OpenSpan {
    /// 0 is Monday, 6 is Sunday.
    pub weekday: u8,
    /// First minute of the day in which it is open: 0–1439.
    pub from_minute: u16,
    /// Minute in which it is closed again: after `from_minute`, at most 1440.
    pub to_minute: u16,
}

/// A store's opening hours; without any span it is never open.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hours(pub Vec<OpenSpan>);

impl Hours {
    /// Whether a store with these hours is open at `at`, where local time is `utc_offset_minutes` ahead of UTC.
    #[must_use]
    pub fn is_open(&self, at: At, utc_offset_minutes: i32) -> bool {
        let (weekday, minute) = local(at, utc_offset_minutes);
        self.0.iter().any(|span| {
            i64::from(span.weekday) == weekday
                && (i64::from(span.from_minute)..i64::from(span.to_minute)).contains(&minute)
        })
    }

    /// Checks that every span lies within its day.
    ///
    /// # Errors
    /// `InvalidField` with the span's path.
    pub fn check(&self) -> Result<(), Rejection> {
        if self.0.len() > SPANS {
            let rule = format!("must have at most {SPANS} entries");
            return Err(Rejection::field("hours", rule));
        }
        let wrong = self.0.iter().position(|span| {
            span.weekday > 6
                || span.from_minute >= span.to_minute
                || i64::from(span.to_minute) > DAY_MINUTES
        });
        wrong.map_or(Ok(()), |i| {
            Err(Rejection::field(
                format!("hours[{i}]"),
                "must be within one day from monday to sunday, and end after it begins",
            ))
        })
    }
}

/// Weekday, 0 for Monday, and minute of the day.
fn local(at: At, utc_offset_minutes: i32) -> (i64, i64) {
    let minutes = i64::try_from(at.0 / MINUTE_MS).unwrap_or(i64::MAX / 2);
    let local = minutes + i64::from(utc_offset_minutes);
    let day = local.div_euclid(DAY_MINUTES);
    (
        (day + EPOCH_WEEKDAY).rem_euclid(7),
        local.rem_euclid(DAY_MINUTES),
    )
}

#[cfg(test)]
mod tests {
    use super::{Hours, OpenSpan, local};
    use crate::time::{At, DAY_MS, HOUR_MS, MINUTE_MS};

    /// 2026-01-01T00:00:00Z, a Thursday.
    const THURSDAY: At = At(1_767_225_600_000);

    fn span(weekday: u8, from_minute: u16, to_minute: u16) -> OpenSpan {
        OpenSpan {
            weekday,
            from_minute,
            to_minute,
        }
    }

    #[test]
    fn weekdays_and_minutes_follow_the_offset() {
        let table = [
            (At(0), 0, (3, 0)),
            (At(0), -1, (2, 1439)),
            (THURSDAY, 0, (3, 0)),
            (THURSDAY, 840, (3, 840)),
            (THURSDAY.plus(23 * HOUR_MS), 60, (4, 0)),
            (THURSDAY.plus(4 * DAY_MS), -480, (6, 960)),
        ];
        for (at, offset, expected) in table {
            assert_eq!(local(at, offset), expected, "{at:?} {offset}");
        }
    }

    #[test]
    fn open_from_its_first_minute_to_before_its_last() {
        let hours = Hours(vec![span(3, 600, 720), span(3, 1380, 1440), span(4, 0, 60)]);
        let open = |minutes: u64| hours.is_open(THURSDAY.plus(minutes * MINUTE_MS), 0);
        let expected = [
            (599, false),
            (600, true),
            (719, true),
            (720, false),
            (1439, true),
            (1440, true),
            (1500, false),
        ];
        for (minute, is) in expected {
            assert_eq!(open(minute), is, "{minute}");
        }
        assert!(!Hours::default().is_open(THURSDAY, 0));
    }

    #[test]
    fn a_span_stays_within_its_day() {
        assert!(Hours(vec![span(6, 0, 1440)]).check().is_ok());
        for wrong in [
            span(7, 0, 1),
            span(0, 5, 5),
            span(0, 9, 5),
            span(0, 0, 1441),
        ] {
            assert!(Hours(vec![wrong]).check().is_err(), "{wrong:?}");
        }
        assert!(Hours(vec![span(0, 0, 1); 51]).check().is_err());
    }
}
