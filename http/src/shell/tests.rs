//! The outer layers around test routes that panic or answer without a body.

#![allow(clippy::unwrap_used, reason = "a test may end here")]

use super::*;
use axum::{body::Body, http::Version, routing::get};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

fn router() -> Router {
    let routes = Router::new()
        .route("/fine", get(async || "fine"))
        .route(
            "/panics",
            get(async || -> &'static str { panic!("secret-canary") }),
        )
        .route(
            "/refuses",
            axum::routing::post(async || StatusCode::PAYLOAD_TOO_LARGE),
        );
    wrap(routes)
}

fn request(method: &str, path: &str) -> Request {
    let request = Request::builder().method(method).uri(path);
    let request = request.header(header::HOST, "campus");
    request.body(Body::empty()).unwrap()
}

async fn answer(router: Router, request: Request) -> (StatusCode, HeaderMap, Value) {
    let response = router.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (
        parts.status,
        parts.headers,
        serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    )
}

#[test]
fn a_request_keeps_its_name_if_it_is_plain() {
    let named = |header: Option<&'static str>| {
        let names = RequestNames {
            boot: 0xabc,
            next: AtomicU64::new(1),
        };
        let headers = header.map(|id| (REQUEST_ID, HeaderValue::from_static(id)));
        names.name(&HeaderMap::from_iter(headers)).0.to_string()
    };
    assert_eq!(named(Some("web-42.a_b")), "web-42.a_b");
    for given in [None, Some("forged\" status=200"), Some("")] {
        assert_eq!(named(given), "0000000000000abc-1");
    }
}

#[tokio::test]
async fn every_answer_has_a_name_and_the_security_headers() {
    for path in ["/fine", "/nowhere", "/panics"] {
        let (_, headers, _) = answer(router(), request("GET", path)).await;
        assert!(headers.contains_key(&REQUEST_ID), "{path}");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    }
}

#[tokio::test]
async fn what_no_handler_answered_is_a_problem() {
    let router = router();
    for (method, path, status, code) in [
        ("GET", "/nowhere", 404, "no_such_route"),
        ("DELETE", "/fine", 405, "method_not_allowed"),
        ("POST", "/refuses", 413, "body_too_large"),
    ] {
        let (found, headers, problem) = answer(router.clone(), request(method, path)).await;
        assert_eq!(
            (found.as_u16(), problem["code"].as_str().unwrap()),
            (status, code)
        );
        assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(
            (problem["status"].as_u64(), problem["instance"].as_str()),
            (Some(status.into()), Some(path))
        );
        assert_eq!(
            problem["request_id"],
            Value::Null,
            "only what broke is looked up in the logs"
        );
    }
    let (_, headers, _) = answer(router, request("DELETE", "/fine")).await;
    assert_eq!(headers[header::ALLOW], "GET,HEAD");
}

#[tokio::test]
async fn d1_a_request_names_its_host_once() {
    let asked = async |hosts: &[&'static str], version| {
        let mut asked = request("GET", "/fine");
        *asked.version_mut() = version;
        asked.headers_mut().remove(header::HOST);
        for host in hosts {
            let host = HeaderValue::from_static(host);
            asked.headers_mut().append(header::HOST, host);
        }
        let (status, headers, problem) = answer(router(), asked).await;
        assert!(headers.contains_key(&REQUEST_ID));
        (status.as_u16(), problem["code"].as_str().map(str::to_owned))
    };
    let refused = (400, Some("invalid_host".to_owned()));
    for hosts in [&[][..], &["a", "a"], &["a b"], &["a@b"], &["a/b"]] {
        assert_eq!(asked(hosts, Version::HTTP_11).await, refused, "{hosts:?}");
    }
    for host in ["", "campus.example", "127.0.0.1:8080", "[::1]:8080"] {
        assert_eq!(
            asked(&[host], Version::HTTP_11).await,
            (200, None),
            "{host}"
        );
    }
    assert_eq!(asked(&[], Version::HTTP_10).await, (200, None));
}

#[tokio::test]
async fn a_panic_is_a_500_that_tells_nothing_but_the_request_s_name() {
    let mut asked = request("GET", "/panics");
    asked
        .headers_mut()
        .insert(&REQUEST_ID, HeaderValue::from_static("my-request"));
    let (status, headers, problem) = answer(router(), asked).await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (StatusCode::INTERNAL_SERVER_ERROR, Some("internal"))
    );
    assert_eq!(
        (problem["request_id"].as_str(), &headers[&REQUEST_ID]),
        (Some("my-request"), &"my-request".parse().unwrap())
    );
    assert!(!problem.to_string().contains("secret-canary"));
}
