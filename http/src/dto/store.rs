//! Request bodies of the stores' routes, with opening hours by weekday and time.

use super::{text, user::given};
use crate::wire;
use campusg_domain::owner::directory::{Hours, OpenSpan, StoreChange};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewStoreIn {
    #[serde(deserialize_with = "text::line")]
    #[schema(value_type = wire::Name)]
    pub(crate) name: String,
    #[serde(deserialize_with = "text::line")]
    #[schema(value_type = wire::Name)]
    pub(crate) place: String,
    hours: Option<Vec<SpanIn>>,
    #[serde(default)]
    pub(crate) paused: bool,
}

impl NewStoreIn {
    /// The opening hours, if any are given.
    pub(crate) fn hours(&self) -> Option<Hours> {
        self.hours.as_deref().map(hours)
    }
}

/// Changes only the fields that are given; `hours: null` means always open.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoreChangeIn {
    #[serde(default, deserialize_with = "text::line_if_any")]
    #[schema(value_type = Option<wire::Name>)]
    name: Option<String>,
    #[serde(default, deserialize_with = "text::line_if_any")]
    #[schema(value_type = Option<wire::Name>)]
    place: Option<String>,
    paused: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<SpanIn>>)]
    hours: Option<Option<Vec<SpanIn>>>,
}

impl From<StoreChangeIn> for StoreChange {
    fn from(change: StoreChangeIn) -> Self {
        Self {
            name: change.name,
            place: change.place,
            paused: change.paused,
            hours: change.hours.map(|spans| spans.as_deref().map(hours)),
        }
    }
}

/// A span of one weekday in the campus's local time. Hours past midnight are given as two spans.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SpanIn {
    weekday: Weekday,
    #[schema(value_type = wire::Minute)]
    from: Minute,
    #[schema(value_type = wire::Minute)]
    to: Minute,
}

fn hours(spans: &[SpanIn]) -> Hours {
    let span = |span: &SpanIn| OpenSpan {
        weekday: span.weekday as u8,
        from_minute: span.from.0,
        to_minute: span.to.0,
    };
    Hours(spans.iter().map(span).collect())
}

/// A weekday by its English name in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// Returns the weekday of a number; 0 is Monday.
    pub(crate) const fn of(number: u8) -> Self {
        match number {
            0 => Self::Monday,
            1 => Self::Tuesday,
            2 => Self::Wednesday,
            3 => Self::Thursday,
            4 => Self::Friday,
            5 => Self::Saturday,
            _ => Self::Sunday,
        }
    }
}

/// A minute of the day, written as `08:30`; the end of the day is `24:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Minute(pub(crate) u16);

impl Serialize for Minute {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{:02}:{:02}", self.0 / 60, self.0 % 60))
    }
}

impl<'de> Deserialize<'de> for Minute {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let minute = parse(&text).filter(|minute| *minute <= 24 * 60);
        let minute = minute.ok_or_else(|| D::Error::custom("expected a time of the day as 08:30"));
        minute.map(Self)
    }
}

fn parse(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str, below: u16| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.then(|| text.parse().ok()).flatten();
        number.filter(|number: &u16| *number < below)
    };
    Some(number(hour, 25)? * 60 + number(minute, 60)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;
    use crate::json;

    fn change(body: &str) -> Result<StoreChange, (&'static str, String)> {
        let read = json::read::<StoreChangeIn>(body.as_bytes());
        read.map(StoreChange::from).map_err(|problem| {
            let field = problem.extra["field"].as_str().unwrap();
            (problem.code.name(), field.to_owned())
        })
    }

    #[test]
    fn spans_are_days_and_times_and_null_is_always_open() {
        let body = r#"{"hours": [{"weekday": "friday", "from": "08:30", "to": "24:00"}]}"#;
        let friday = OpenSpan {
            weekday: 4,
            from_minute: 510,
            to_minute: 1440,
        };
        assert_eq!(change(body).unwrap().hours, Some(Some(Hours(vec![friday]))));
        assert_eq!(
            change(r#"{"hours": []}"#).unwrap().hours,
            Some(Some(Hours(vec![])))
        );
        assert_eq!(change(r#"{"hours": null}"#).unwrap().hours, Some(None));
        assert_eq!(change("{}").unwrap(), StoreChange::default());
    }

    #[test]
    fn each_field_of_a_span_is_named() {
        for (member, value, code) in [
            ("weekday", "\"someday\"", "wrong_type"),
            ("weekday", "5", "wrong_type"),
            ("from", "\"8:30\"", "wrong_type"),
            ("from", "\"08:60\"", "wrong_type"),
            ("from", "\"-1:30\"", "wrong_type"),
            ("to", "\"24:01\"", "wrong_type"),
            ("to", "\"25:00\"", "wrong_type"),
            ("to", "null", "wrong_type"),
            ("until", "1", "unknown_field"),
        ] {
            let mut span = serde_json::json!({"weekday": "monday", "from": "08:00", "to": "09:00"});
            span[member] = serde_json::from_str(value).unwrap();
            let body = serde_json::json!({ "hours": [span] }).to_string();
            let named = (code, format!("hours[0].{member}"));
            assert_eq!(change(&body).unwrap_err(), named, "{body}");
        }
    }

    #[test]
    fn a_minute_is_written_as_it_is_read() {
        for text in ["00:00", "08:05", "24:00"] {
            let minute: Minute = serde_json::from_value(text.into()).unwrap();
            assert_eq!(serde_json::to_value(minute).unwrap(), text);
        }
    }
}
