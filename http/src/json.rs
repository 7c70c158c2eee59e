//! Parses JSON bodies; a body of the wrong shape is answered with the place of the mistake.

mod strict;
mod text;

pub(crate) use text::JsonText;

use crate::problem::{Code, Problem};
use campusg_domain::money::Cents;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, IgnoredAny, Visitor},
};
use serde_json::error::Category;
use std::fmt;

/// # Errors
/// 400 `malformed_json` with line and column; `unknown_field`, `missing_field`, `duplicate_field` and `wrong_type` with the
/// field's path.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    if body.starts_with("\u{feff}".as_bytes()) {
        let detail = "the body begins with a byte order mark: send it without one";
        let problem = Problem::new(Code::MalformedJson, detail);
        return Err(problem.with("line", 1).with("column", 1));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(strict::Strict(&mut json));
    let read = read.map_err(|fault| misshapen(body, &fault))?;
    json.end().map_err(|fault| malformed(&fault))?;
    Ok(read)
}

fn misshapen(body: &[u8], fault: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let inner = fault.inner();
    // serde_json reports a null or a number where an enum's name is expected as a syntax error, which it is not.
    let is_json = || serde_json::from_slice::<IgnoredAny>(body).is_ok();
    if inner.classify() != Category::Data && !is_json() {
        return malformed(inner);
    }
    let path = fault.path().to_string();
    let path = if path == "." { String::new() } else { path };
    let detail = without_place(&inner.to_string());
    let named = detail.split('`').nth(1).unwrap_or_default();
    let at_named = |path: String| {
        if path.ends_with(named) {
            path
        } else {
            join(&path, named)
        }
    };
    let (code, field) = if detail.starts_with("unknown field") {
        (Code::UnknownField, at_named(path))
    } else if detail.starts_with("duplicate field") {
        (Code::DuplicateField, at_named(path))
    } else if detail.starts_with("missing field") {
        (Code::MissingField, join(&path, named))
    } else {
        (Code::WrongType, path)
    };
    Problem::new(code, detail).with("field", field)
}

fn malformed(fault: &serde_json::Error) -> Problem {
    Problem::new(Code::MalformedJson, without_place(&fault.to_string()))
        .with("line", fault.line())
        .with("column", fault.column())
}

fn join(path: &str, field: &str) -> String {
    if path.is_empty() {
        field.into()
    } else {
        format!("{path}.{field}")
    }
}

/// Cuts off " at line 1 column 2": the problem has members for the place, or names the path.
fn without_place(message: &str) -> String {
    message
        .rsplit_once(" at line ")
        .map_or(message, |(before, _)| before)
        .into()
}

/// An amount in cents in a request: a whole number from 0 to [`Cents::MAX_INPUT`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amount(pub(crate) Cents);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let cents = from.deserialize_u64(Whole {
            most: Cents::MAX_INPUT.0.unsigned_abs(),
        })?;
        i64::try_from(cents)
            .map(|cents| Self(Cents(cents)))
            .map_err(D::Error::custom)
    }
}

/// A count in a request: a whole number from 0 to `u32::MAX`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count(pub(crate) u32);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let count = from.deserialize_u64(Whole {
            most: u32::MAX.into(),
        })?;
        u32::try_from(count).map(Self).map_err(D::Error::custom)
    }
}

struct Whole {
    most: u64,
}

impl Visitor<'_> for Whole {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from 0 to {}", self.most)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<u64, E> {
        if number <= self.most {
            Ok(number)
        } else {
            Err(E::invalid_value(
                serde::de::Unexpected::Unsigned(number),
                &self,
            ))
        }
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<u64, E> {
        u64::try_from(number)
            .map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(number), &self))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only its reading is of interest")]
    struct Outer {
        inner: Vec<Inner>,
        kind: Option<Kind>,
    }

    #[derive(Deserialize, Debug)]
    #[serde(rename_all = "snake_case")]
    #[allow(dead_code, reason = "only its reading is of interest")]
    enum Kind {
        Good,
        Bad,
    }

    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only its reading is of interest")]
    struct Inner {
        price_cents: Amount,
        count: Count,
    }

    fn fault(body: &str) -> (String, String, String) {
        let problem = read::<Outer>(body.as_bytes()).unwrap_err();
        assert_eq!(problem.status.as_u16(), 400);
        let place = |name: &str| {
            problem
                .extra
                .get(name)
                .map(ToString::to_string)
                .unwrap_or_default()
        };
        let place = if problem.code == Code::MalformedJson {
            format!("{}:{}", place("line"), place("column"))
        } else {
            place("field")
        };
        (
            problem.code.name().into(),
            place.trim_matches('"').into(),
            problem.detail,
        )
    }

    #[test]
    fn each_mistake_names_its_place() {
        let said =
            |code: &str, place: &str, detail: &str| (code.into(), place.into(), detail.into());
        assert_eq!(
            fault("{\n  oops"),
            said("malformed_json", "2:3", "key must be a string")
        );
        assert_eq!(
            fault(r#"{"inner": []} x"#),
            said("malformed_json", "1:15", "trailing characters")
        );
        assert_eq!(
            fault(""),
            said("malformed_json", "1:0", "EOF while parsing a value")
        );
        assert_eq!(
            fault(r#"{"inner": [], "total_cents": 1}"#).0,
            "unknown_field"
        );
        assert_eq!(fault(r#"{"inner": [], "total_cents": 1}"#).1, "total_cents");
        assert_eq!(
            fault(r#"{"inner": [{"price_cents": 1, "count": 1, "x": 2}]}"#).1,
            "inner[0].x"
        );
        for (twice, place) in [
            (r#"{"inner": [], "inner": []}"#, "inner"),
            (
                r#"{"inner": [{"count": 1, "price_cents": 1, "count": 2}]}"#,
                "inner[0].count",
            ),
        ] {
            let (code, named, _) = fault(twice);
            assert_eq!((code.as_str(), named.as_str()), ("duplicate_field", place));
        }
        assert_eq!(
            fault(r#"{"inner": [{"price_cents": 1}]}"#),
            said("missing_field", "inner[0].count", "missing field `count`")
        );
        assert_eq!(
            fault("{}"),
            said("missing_field", "inner", "missing field `inner`")
        );
        let list = "invalid type: sequence, expected an object";
        assert_eq!(fault("[[], null]"), said("wrong_type", "", list));
        assert_eq!(
            fault(r#"{"inner": [[1, 1]]}"#),
            said("wrong_type", "inner[0]", list)
        );
        assert_eq!(fault("[]").0, "wrong_type");
        for name in ["7", "[]", "\"ugly\"", "{}", "true"] {
            let (code, place, _) = fault(&format!(r#"{{"inner": [], "kind": {name}}}"#));
            assert_eq!(
                (code.as_str(), place.as_str()),
                ("wrong_type", "kind"),
                "{name}"
            );
        }
        assert_eq!(fault(r#"{"inner": [], "kind": good}"#).0, "malformed_json");
    }

    #[test]
    fn an_amount_is_whole_and_in_range() {
        let detail = |number: &str| {
            fault(&format!(
                r#"{{"inner": [{{"price_cents": {number}, "count": 1}}]}}"#
            ))
        };
        let range = "expected a whole number from 0 to 1000000000000";
        for (number, found) in [
            ("-1", "invalid value: integer `-1`"),
            ("1.5", "invalid type: floating point `1.5`"),
            ("1e3", "invalid type: floating point `1000.0`"),
            ("1000000000001", "invalid value: integer `1000000000001`"),
            ("\"1\"", "invalid type: string \"1\""),
            ("null", "invalid type: null"),
        ] {
            assert_eq!(
                detail(number),
                (
                    "wrong_type".into(),
                    "inner[0].price_cents".into(),
                    format!("{found}, {range}")
                )
            );
        }
    }

    #[test]
    fn f48_a_byte_order_mark_is_named() {
        let (code, place, detail) = fault("\u{feff}{\"inner\": []}");
        assert_eq!((code.as_str(), place.as_str()), ("malformed_json", "1:1"));
        assert!(detail.contains("byte order mark"), "{detail}");
    }

    #[test]
    fn deep_nesting_is_refused() {
        let body = format!("{{\"inner\": {}", "[".repeat(100_000));
        assert_eq!(
            read::<serde_json::Value>(body.as_bytes()).unwrap_err().code,
            Code::MalformedJson
        );
    }
}
