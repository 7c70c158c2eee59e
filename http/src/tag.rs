//! Entity tags: an order's version as `ETag`, `If-Match` and `If-None-Match`.
//!
//! `If-Match` is compared with the order at the time of the request. The order may still change before it decides,
//! but each command carries its own guards (stage, price, runner epoch), so a change cannot turn a command into
//! another one.

use crate::problem::Problem;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

pub(crate) fn tag(version: u32) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\""))
        .expect("digits and quotes are visible characters")
}

/// Whether `If-None-Match` names this version.
pub(crate) fn is_known(headers: &HeaderMap, version: u32) -> bool {
    names(headers, &header::IF_NONE_MATCH, version).unwrap_or(false)
}

/// Whether the request has an `If-Match` header.
pub(crate) fn asks_for_match(headers: &HeaderMap) -> bool {
    headers.contains_key(header::IF_MATCH)
}

/// Refuses with 412 if `If-Match` names another version.
pub(crate) fn check(headers: &HeaderMap, version: u32) -> Result<(), Problem> {
    match names(headers, &header::IF_MATCH, version) {
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

/// Whether a header names this version; `None` without the header.
fn names(headers: &HeaderMap, header: &header::HeaderName, version: u32) -> Option<bool> {
    headers.contains_key(header).then(|| {
        let lines = headers
            .get_all(header)
            .iter()
            .filter_map(|line| line.to_str().ok());
        let wanted = format!("\"{version}\"");
        lines
            .flat_map(|line| line.split(','))
            .map(str::trim)
            .any(|one| one == "*" || one.trim_start_matches("W/") == wanted)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;

    #[test]
    fn versions_are_compared() {
        let with = |name: header::HeaderName, value: &str| {
            HeaderMap::from_iter([(name, value.parse().unwrap())])
        };
        assert!(is_known(&with(header::IF_NONE_MATCH, "\"4\", W/\"5\""), 5));
        assert!(!is_known(&with(header::IF_NONE_MATCH, "\"4\""), 5));
        assert!(!is_known(&HeaderMap::new(), 5));
        assert!(check(&with(header::IF_MATCH, "\"5\""), 5).is_ok());
        assert!(check(&with(header::IF_MATCH, "*"), 5).is_ok());
        assert_eq!(
            check(&with(header::IF_MATCH, "\"4\""), 5)
                .unwrap_err()
                .status,
            StatusCode::PRECONDITION_FAILED
        );
        assert!(check(&HeaderMap::new(), 5).is_ok());
    }
}
