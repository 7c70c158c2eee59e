//! Entity tags of orders: `ETag`, `If-Match` and `If-None-Match`.
//!
//! A tag is the order's version and a hash of all that is shown, since names, ratings and rights change without a record
//! of the order. `If-None-Match` is compared with the whole tag, `If-Match` with the version in it: a command concerns the
//! order, not what is shown beside it. It is compared with the order at the time of the request. The order may still
//! change before it decides, but each command carries its own guards (stage, price, runner epoch), so a change cannot
//! turn a command into another one.

use crate::problem::{Code, Problem};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use std::convert::Infallible;
use std::hash::{DefaultHasher, Hasher};

/// The tag of an answer that shows this version of an order. The standard library's hash is short and fast; a release may
/// change it, and then a client reads what it has once more.
pub(crate) fn tag(version: u32, shown: &[u8]) -> HeaderValue {
    let mut hash = DefaultHasher::new();
    hash.write(shown);
    let hash = hash.finish();
    HeaderValue::try_from(format!("\"{version}-{hash:016x}\""))
        .expect("digits, letters and quotes are visible characters")
}

/// The headers of a request, of which `If-None-Match` is looked at.
pub(crate) struct IfNoneMatch(pub(crate) HeaderMap);

impl<S: Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.clone()))
    }
}

/// Whether `If-None-Match` names this tag.
pub(crate) fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let is_tag = |one: EntityTag| one.opaque.as_bytes() == tag.as_bytes();
    names(headers, &header::IF_NONE_MATCH, is_tag).unwrap_or(false)
}

/// Whether the request has an `If-Match` header.
pub(crate) fn asks_for_match(headers: &HeaderMap) -> bool {
    headers.contains_key(header::IF_MATCH)
}

/// Refuses with 412 a command with a precondition that nobody would look at: `If-Match` where what it changes has no
/// version, `If-None-Match`, and `If-Unmodified-Since` unless an `If-Match` stands in its place (RFC 9110, section
/// 13.1.4).
pub(crate) fn refuse_unlooked(headers: &HeaderMap, has_version: bool) -> Result<(), Problem> {
    let unlooked = [
        (header::IF_MATCH, has_version),
        (header::IF_NONE_MATCH, false),
        (header::IF_UNMODIFIED_SINCE, asks_for_match(headers)),
    ];
    for (name, is_looked_at) in unlooked {
        if headers.contains_key(&name) && !is_looked_at {
            let detail = format!("{name} is not looked at here: leave it out");
            let problem = Problem::new(Code::PreconditionNotLookedAt, detail);
            return Err(problem.with("header", name.as_str()));
        }
    }
    Ok(())
}

/// Refuses with 412 if `If-Match` names another version.
pub(crate) fn check(headers: &HeaderMap, version: u32) -> Result<(), Problem> {
    let wanted = version.to_string();
    let is_of_version = |one: EntityTag| {
        let inside = one.opaque.trim_matches('"').split('-').next();
        !one.weak && inside == Some(&wanted)
    };
    match names(headers, &header::IF_MATCH, is_of_version) {
        Some(false) => {
            let detail = "the resource has changed: read it again";
            Err(Problem::new(Code::VersionChanged, detail).with("version", version))
        }
        Some(true) | None => Ok(()),
    }
}

/// A tag in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct EntityTag<'a> {
    weak: bool,
    /// With its quotes.
    opaque: &'a str,
}

/// Whether a header names a wanted tag, or any by `*`; `None` without the header. A line that is no list of tags names
/// none.
fn names(
    headers: &HeaderMap,
    header: &header::HeaderName,
    is_wanted: impl Fn(EntityTag) -> bool,
) -> Option<bool> {
    headers.contains_key(header).then(|| {
        let lines = headers.get_all(header).iter();
        lines.filter_map(|line| line.to_str().ok()).any(|line| {
            let named = || tags(line).is_some_and(|tags| tags.into_iter().any(&is_wanted));
            line.trim() == "*" || named()
        })
    })
}

/// Parses a list of tags, of which each may have commas between its quotes (RFC 9110, section 8.8.3).
fn tags(line: &str) -> Option<Vec<EntityTag<'_>>> {
    let (mut tags, mut rest) = (vec![], line.trim());
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix(',') {
            rest = behind.trim_start();
            continue;
        }
        let strong = rest.strip_prefix("W/");
        let begin = strong.unwrap_or(rest);
        let end = begin.strip_prefix('"')?.find('"')? + 2;
        let (opaque, behind) = begin.split_at(end);
        tags.push(EntityTag {
            weak: strong.is_some(),
            opaque,
        });
        rest = behind.trim_start();
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
    }
    Some(tags)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;
    use axum::http::StatusCode;

    fn with(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn d2_a_tag_changes_with_what_is_shown() {
        let known = tag(5, b"Ann");
        let text = known.to_str().unwrap();
        assert!(text.starts_with("\"5-"));
        for names in [text, &format!("\"4\", W/{text}"), "*"] {
            assert!(is_known(&with(header::IF_NONE_MATCH, names), &known));
        }
        for other in [tag(6, b"Ann"), tag(5, b"Bea")] {
            assert!(!is_known(&with(header::IF_NONE_MATCH, text), &other));
        }
        assert!(!is_known(&with(header::IF_NONE_MATCH, "\"5\""), &known));
        assert!(!is_known(&HeaderMap::new(), &known));
    }

    #[test]
    fn f47_a_tag_may_have_commas_and_a_star_between_its_quotes() {
        let known = tag(5, b"Ann");
        let text = known.to_str().unwrap();
        let knows = |line: &str| is_known(&with(header::IF_NONE_MATCH, line), &known);
        for line in [
            format!("\"a,*,b\", {text}"),
            format!("\"a\" , ,\t{text},"),
            format!("\",\",W/{text}"),
            " * ".into(),
        ] {
            assert!(knows(&line), "{line}");
        }
        for line in [
            "\"a,*,b\"".to_owned(),
            "\"*\"".into(),
            "*, \"a\"".into(),
            "W/*".into(),
            format!("\"a,{},b\"", text.trim_matches('"')),
            format!("w/{text}"),
            format!("{text} \"a\""),
            text.trim_matches('"').into(),
            format!("{text}\""),
            ",".into(),
        ] {
            assert!(!knows(&line), "{line}");
        }
    }

    #[test]
    fn f47_a_weak_tag_is_none_that_a_command_is_for() {
        let shown = tag(5, b"Ann");
        let weak = format!("W/{}", shown.to_str().unwrap());
        let fits = |line: &str| check(&with(header::IF_MATCH, line), 5).is_ok();
        for line in [&weak, "W/\"5\"", "5", "\"5", "5\"", "\"4,5\"", "W/*"] {
            assert!(!fits(line), "{line}");
        }
        assert!(fits(&format!("{weak}, \"5\"")));
    }

    #[test]
    fn f47_a_time_is_a_precondition_that_nobody_looks_at() {
        let since = "Mon, 30 Nov 2026 12:00:00 GMT";
        let mut headers = with(header::IF_UNMODIFIED_SINCE, since);
        let refused = refuse_unlooked(&headers, true).map_err(|it| (it.status, it.code));
        let status = StatusCode::PRECONDITION_FAILED;
        assert_eq!(refused, Err((status, Code::PreconditionNotLookedAt)));
        headers.insert(header::IF_MATCH, "\"5\"".parse().unwrap());
        assert!(refuse_unlooked(&headers, true).is_ok());
        assert!(refuse_unlooked(&headers, false).is_err());
    }

    #[test]
    fn a_command_is_for_a_version() {
        let of = |value: &str| check(&with(header::IF_MATCH, value), 5).map_err(|it| it.status);
        let shown = tag(5, b"Ann");
        for fits in ["\"5\"", "*", shown.to_str().unwrap(), "\"4\", \"5\""] {
            assert_eq!(of(fits), Ok(()), "{fits}");
        }
        for other in ["\"4\"", "\"55\"", "\"4-5\"", ""] {
            let refused = Err(StatusCode::PRECONDITION_FAILED);
            assert_eq!(of(other), refused, "{other}");
        }
        assert!(check(&HeaderMap::new(), 5).is_ok());
    }
}
