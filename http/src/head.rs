//! What the head of every request must be, before anybody looks for its route: one host, one line of each header that
//! has one value, and no coding that this server would have to undo.

use crate::problem::{Code, Problem};
use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, Version, header, uri::Authority},
};

/// Header of the request id, in requests and responses.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Headers that are read here and have one value. Of two lines some would read the first and some the last.
/// `Host`, `Idempotency-Key` and the gateway's signature are looked at where they are read; hyper looks at lengths.
const SINGLE: [HeaderName; 5] = [
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::ORIGIN,
    header::ACCESS_CONTROL_REQUEST_METHOD,
    REQUEST_ID,
];

/// # Errors
/// 400 `invalid_host` or `repeated_header`; 415 for a body that is packed; 501 for one that is sent in another coding than
/// `chunked`.
pub(crate) fn check(request: &Request) -> Result<(), Problem> {
    if !names_host(request) {
        let detail = "an HTTP/1.1 request has one Host header: the host, and its port where it is not the usual one";
        return Err(Problem::new(Code::InvalidHost, detail));
    }
    let headers = request.headers();
    let count = |name: &HeaderName| headers.get_all(name).iter().count();
    if let Some(name) = SINGLE.iter().find(|name| count(name) > 1) {
        let detail = format!("{name} has one value: send one line of it");
        return Err(Problem::new(Code::RepeatedHeader, detail).with("header", name.as_str()));
    }
    let is = |value: &HeaderValue, word: &str| {
        let value = value.as_bytes().trim_ascii();
        value.eq_ignore_ascii_case(word.as_bytes())
    };
    let codings = headers.get_all(header::TRANSFER_ENCODING);
    if count(&header::TRANSFER_ENCODING) > 1 || !codings.iter().all(|one| is(one, "chunked")) {
        let detail = "Transfer-Encoding may only be chunked";
        return Err(Problem::new(Code::UnknownTransferEncoding, detail));
    }
    let mut codings = headers.get_all(header::CONTENT_ENCODING).iter();
    if !codings.all(|one| is(one, "identity")) {
        let detail = "send the body as it is, without a Content-Encoding";
        return Err(Problem::new(Code::UnsupportedContentEncoding, detail));
    }
    Ok(())
}

/// Whether a request has one valid `Host`; HTTP/1.0 needs none (RFC 9112, section 3.2).
fn names_host(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (host, another) = (hosts.next(), hosts.next());
    let is_valid = |host: &HeaderValue| {
        let host = host.to_str().map(str::trim).unwrap_or("@");
        host.is_empty() || !host.contains('@') && host.parse::<Authority>().is_ok()
    };
    match (host, another) {
        (None, _) => request.version() < Version::HTTP_11,
        (Some(host), None) => is_valid(host),
        (Some(_), Some(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;
    use axum::body::Body;

    fn told(lines: &[(&str, &str)]) -> (u16, &'static str) {
        let mut request = Request::builder().header("host", "campus.example");
        for (name, value) in lines {
            request = request.header(*name, *value);
        }
        match check(&request.body(Body::empty()).unwrap()) {
            Ok(()) => (200, ""),
            Err(problem) => (problem.status.as_u16(), problem.code.name()),
        }
    }

    #[test]
    fn f44_what_has_one_value_has_one_line() {
        for name in [
            "authorization",
            "content-type",
            "origin",
            "access-control-request-method",
            "x-request-id",
        ] {
            assert_eq!(told(&[(name, "a")]), (200, ""), "{name}");
            for second in ["a", "b", ""] {
                let twice = told(&[(name, "a"), (name, second)]);
                assert_eq!(twice, (400, "repeated_header"), "{name}");
            }
        }
        let twice = told(&[("host", "campus.example")]);
        assert_eq!(twice, (400, "invalid_host"));
        let lists = [
            ("accept", "a/b"),
            ("accept", "c/d"),
            ("if-match", "\"1\""),
            ("if-match", "\"2\""),
        ];
        assert_eq!(told(&lists), (200, ""));
    }

    #[test]
    fn f42_a_coding_that_is_not_undone_is_refused() {
        let coded = |lines: &[&str]| {
            let lines: Vec<_> = lines
                .iter()
                .map(|one| ("transfer-encoding", *one))
                .collect();
            told(&lines)
        };
        assert_eq!(coded(&["chunked"]), (200, ""));
        assert_eq!(coded(&["Chunked"]), (200, ""));
        for lines in [
            &["foo, chunked"][..],
            &["gzip, chunked"],
            &["identity, chunked"],
            &["chunked, chunked"],
            &["gzip", "chunked"],
            &["chunked", "chunked"],
            &[""],
        ] {
            assert_eq!(
                coded(lines),
                (501, "unknown_transfer_encoding"),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn f48_a_body_that_is_packed_is_refused() {
        let packed = |coding: &str| told(&[("content-encoding", coding)]);
        assert_eq!(packed("identity"), (200, ""));
        assert_eq!(packed("Identity"), (200, ""));
        for coding in ["gzip", "br", "identity, gzip", "foo", ""] {
            assert_eq!(
                packed(coding),
                (415, "unsupported_content_encoding"),
                "{coding}"
            );
        }
    }
}
