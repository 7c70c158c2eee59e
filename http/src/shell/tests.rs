//! The shell around routes of our own, which panic, hang and answer nothing.

#![allow(clippy::unwrap_used, reason = "a test may end here")]

use super::*;
use axum::{body::Body, routing::get};
use http_body_util::BodyExt;
use serde_json::Value;
use std::{future::pending, sync::atomic::AtomicBool};
use tokio::sync::Notify;
use tower::ServiceExt;

fn router(config: &HttpConfig) -> Router {
    let routes = Router::new()
        .route("/fine", get(async || "fine"))
        .route(
            "/panics",
            get(async || -> &'static str { panic!("secret-canary") }),
        )
        .route("/hangs", get(pending::<&'static str>))
        .route(
            "/takes",
            axum::routing::post(async |body: axum::body::Bytes| body.len().to_string()),
        );
    wrap(routes, config)
}

fn request(method: &str, path: &str, body: Vec<u8>) -> Request {
    Request::builder()
        .method(method)
        .uri(path)
        .header("content-length", body.len())
        .body(Body::from(body))
        .unwrap()
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
        let (_, headers, _) =
            answer(router(&HttpConfig::default()), request("GET", path, vec![])).await;
        assert!(headers.contains_key(&REQUEST_ID), "{path}");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    }
}

#[tokio::test]
async fn what_no_handler_answered_is_a_problem() {
    let router = router(&HttpConfig {
        photo_bytes: 1_024,
        body_bytes: 1_024,
        ..HttpConfig::default()
    });
    for (method, path, body, status, code) in [
        ("GET", "/nowhere", 0, 404, "no_such_route"),
        ("DELETE", "/fine", 0, 405, "method_not_allowed"),
        ("POST", "/takes", 1_025, 413, "body_too_large"),
    ] {
        let (found, headers, problem) =
            answer(router.clone(), request(method, path, vec![b'x'; body])).await;
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
    let (status, ..) = answer(router.clone(), request("POST", "/takes", vec![b'x'; 1_024])).await;
    assert_eq!(status, 200);
    let (_, headers, _) = answer(router, request("DELETE", "/fine", vec![])).await;
    assert_eq!(headers[header::ALLOW], "GET,HEAD");
}

#[tokio::test]
async fn a_panic_is_a_500_that_tells_nothing_but_the_request_s_name() {
    let mut asked = request("GET", "/panics", vec![]);
    asked
        .headers_mut()
        .insert(&REQUEST_ID, HeaderValue::from_static("my-request"));
    let (status, headers, problem) = answer(router(&HttpConfig::default()), asked).await;
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

#[tokio::test]
async fn an_answer_that_takes_too_long_is_unknown() {
    let config = HttpConfig {
        request_timeout_ms: 1,
        ..HttpConfig::default()
    };
    let (status, headers, problem) =
        answer(router(&config), request("GET", "/hangs", vec![])).await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (StatusCode::GATEWAY_TIMEOUT, Some("outcome_unknown"))
    );
    assert!(headers.contains_key(header::RETRY_AFTER));
}

#[tokio::test]
async fn too_many_at_once_are_told_to_come_back() {
    let began = Arc::new(Notify::new());
    let held = Arc::new(AtomicBool::new(false));
    let (tell, hold) = (Arc::clone(&began), Arc::clone(&held));
    let handler = async move || {
        hold.store(true, Ordering::SeqCst);
        tell.notify_one();
        pending::<&'static str>().await
    };
    let routes = Router::new()
        .route("/holds", get(handler))
        .route("/fine", get(async || "fine"));
    let router = wrap(
        routes,
        &HttpConfig {
            requests_in_flight: 1,
            ..HttpConfig::default()
        },
    );
    let first = tokio::spawn(router.clone().oneshot(request("GET", "/holds", vec![])));
    began.notified().await;
    let (status, headers, problem) = answer(router.clone(), request("GET", "/fine", vec![])).await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, Some("busy"))
    );
    assert_eq!(headers[header::RETRY_AFTER], "1");
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled() && held.load(Ordering::SeqCst));
    let (status, ..) = answer(router, request("GET", "/fine", vec![])).await;
    assert_eq!(status, 200, "the place is free again");
}
