//! Entity tags of orders: `ETag`, `If-Match` and `If-None-Match`.
//!
//! A tag is the order's version and a hash of all that is shown, since names, ratings and rights change without a record
//! of the order. `If-None-Match` is compared with the whole tag, `If-Match` with the version in it: a command concerns the
//! order, not what is shown beside it. It is compared with the order at the time of the request. The order may still
//! change before it decides, but each command carries its own guards (stage, price, runner epoch), so a change cannot
//! turn a command into another one.

use crate::problem::Problem;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
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

/// Whether `If-None-Match` names this tag.
pub(crate) fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    names(headers, &header::IF_NONE_MATCH, |one| {
        one.as_bytes() == tag.as_bytes()
    })
    .unwrap_or(false)
}

/// Whether the request has an `If-Match` header.
pub(crate) fn asks_for_match(headers: &HeaderMap) -> bool {
    headers.contains_key(header::IF_MATCH)
}

/// Refuses with 412 if `If-Match` names another version.
pub(crate) fn check(headers: &HeaderMap, version: u32) -> Result<(), Problem> {
    let wanted = version.to_string();
    let is_of_version = |one: &str| {
        let inside = one.trim_matches('"').split('-').next();
        inside == Some(&wanted)
    };
    match names(headers, &header::IF_MATCH, is_of_version) {
        Some(false) => {
            let detail = "the resource has changed: read it again";
            Err(
                Problem::new(StatusCode::PRECONDITION_FAILED, "version_changed", detail)
                    .with("version", version),
            )
        }
        Some(true) | None => Ok(()),
    }
}

/// Whether a header names a wanted tag; `None` without the header.
fn names(
    headers: &HeaderMap,
    header: &header::HeaderName,
    is_wanted: impl Fn(&str) -> bool,
) -> Option<bool> {
    headers.contains_key(header).then(|| {
        let lines = headers
            .get_all(header)
            .iter()
            .filter_map(|line| line.to_str().ok());
        lines
            .flat_map(|line| line.split(','))
            .map(str::trim)
            .any(|one| one == "*" || is_wanted(one.trim_start_matches("W/")))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;

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
