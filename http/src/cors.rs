//! Cross-origin requests: which pages of other origins may use the API.

use axum::http::{HeaderName, HeaderValue, Method, header};
use std::time::Duration;
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser may remember what it was told.
const REMEMBERED: Duration = Duration::from_secs(10 * 60);

/// Lets pages of exactly these origins use the API; `None` without any: then browsers let none. Sessions are tokens in a
/// header, so no credentials of the browser are allowed.
pub(crate) fn layer(origins: &[String]) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|one| one.parse().ok()).collect();
    if origins.is_empty() {
        return None;
    }
    let key = HeaderName::from_static("idempotency-key");
    let replayed = HeaderName::from_static("idempotency-replayed");
    let request_id = HeaderName::from_static("x-request-id");
    let methods = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
    ];
    let asked = [
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        header::IF_MATCH,
        header::IF_NONE_MATCH,
        key,
        request_id.clone(),
    ];
    let shown = [
        header::ETAG,
        header::LOCATION,
        header::RETRY_AFTER,
        replayed,
        request_id,
    ];
    Some(
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_methods(methods)
            .allow_headers(asked)
            .expose_headers(shown)
            .max_age(REMEMBERED),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;
    use crate::shell;
    use axum::{Router, body::Body, extract::Request, http::HeaderMap, routing::post};
    use tower::ServiceExt;

    async fn answer(method: &str, path: &str, origin: &str) -> (u16, HeaderMap) {
        let routes = Router::new().route("/fine", post(async || "fine"));
        let layer = layer(&["https://app.campus.example".into()]).unwrap();
        let asked = Request::builder().method(method).uri(path);
        let asked = asked.header("host", "campus").header("origin", origin);
        let asked = asked.header("access-control-request-method", "POST");
        let asked = asked.body(Body::empty()).unwrap();
        let answer = shell::wrap(routes.layer(layer)).oneshot(asked).await;
        let answer = answer.unwrap();
        (answer.status().as_u16(), answer.headers().clone())
    }

    #[tokio::test]
    async fn d8_exactly_the_configured_origins_are_let_in() {
        let origin = "https://app.campus.example";
        let allowed = header::ACCESS_CONTROL_ALLOW_ORIGIN;
        for (method, path, status) in [
            ("OPTIONS", "/fine", 200),
            ("POST", "/fine", 200),
            ("POST", "/nowhere", 404),
        ] {
            let (found, headers) = answer(method, path, origin).await;
            assert_eq!(
                (found, &headers[&allowed]),
                (status, &origin.parse().unwrap()),
                "{method} {path}"
            );
            assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));
            for other in [
                "https://app.campus.example.evil.example",
                "http://app.campus.example",
                "https://app.campus.example:8443",
                "null",
            ] {
                let (_, headers) = answer(method, path, other).await;
                assert!(!headers.contains_key(&allowed), "{other}");
            }
        }
        assert!(layer(&[]).is_none(), "off by default");
    }
}
