//! The parameters of a path: extractors for one or two of them, and the name of what a request does to them. A parameter
//! that is no valid id is answered with 404.

use crate::problem::Problem;
use axum::{
    extract::{FromRequestParts, MatchedPath, RawPathParams},
    http::request::Parts,
};
use campusg_domain::id::OrderId;
use std::{borrow::Cow, str::FromStr};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Id<T>(pub(crate) T);

/// The path's two parameters, of which the second lies within the first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Within<T, N>(pub(crate) T, pub(crate) N);

impl<T: FromStr + Send, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = params(parts, state).await?;
        read(&params, 0).map(Self)
    }
}

impl<T, N, S> FromRequestParts<S> for Within<T, N>
where
    T: FromStr + Send,
    N: FromStr + Send,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = params(parts, state).await?;
        Ok(Self(read(&params, 0)?, read(&params, 1)?))
    }
}

/// Returns the method, the route, and the path's parameters, each in its only spelling: one string for all requests that
/// do the same to the same things, however their paths are written.
pub(crate) async fn operation(parts: &mut Parts) -> String {
    let route = parts.extensions.get::<MatchedPath>().cloned();
    let mut operation = format!(
        "{} {}",
        parts.method,
        route.as_ref().map_or("", MatchedPath::as_str)
    );
    if let Ok(params) = params(parts, &()).await {
        for (_, value) in &params {
            operation.push(' ');
            operation.push_str(&canonical(value));
        }
    }
    operation
}

/// An id and a number can be spelled in several ways (RFC 9562, section 4). A notice's id is two numbers.
fn canonical(value: &str) -> Cow<'_, str> {
    if let Ok(id) = value.parse::<OrderId>() {
        return id.to_string().into();
    }
    let numbers = value.split('-').map(|part| {
        let number = part.parse::<u64>();
        number.map(|number| number.to_string())
    });
    let numbers: Result<Vec<String>, _> = numbers.collect();
    numbers.map_or(value.into(), |numbers| numbers.join("-").into())
}

async fn params<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<RawPathParams, Problem> {
    let params = RawPathParams::from_request_parts(parts, state).await;
    params.map_err(|_| Problem::not_found("resource"))
}

fn read<T: FromStr>(params: &RawPathParams, place: usize) -> Result<T, Problem> {
    let value = params.iter().nth(place);
    let value = value.and_then(|(_, value)| value.parse().ok());
    value.ok_or_else(|| Problem::not_found("resource"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::operation;
    use crate::router::routes;
    use axum::{Router, body::Body, extract::Request, http, routing::any};
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    const ID: [&str; 7] = [
        "0192f0c1-2d3e-7a4b-8c5d-6e7f8091a2b3",
        "0192F0C1-2D3E-7A4B-8C5D-6E7F8091A2B3",
        "0192f0c1%2D2d3e%2D7a4b%2d8c5d-6e7f8091a2b3",
        "0192f0c12d3e7a4b8c5d6e7f8091a2b3",
        "%7B0192f0c1-2d3e-7a4b-8c5d-6e7f8091a2b3%7D",
        "urn:uuid:0192f0c1-2d3e-7a4b-8c5d-6e7f8091a2b3",
        "%30192f0C12D3e7a4B8c5d6e7f8091a2B3",
    ];
    const NUMBER: [&str; 7] = ["7", "07", "+7", "%37", "%2B7", "0007", "%307"];
    const NOTICE: [&str; 7] = ["7-0", "07-0", "+7-0", "%37-0", "7%2D0", "7-00", "%2B7-+0"];

    async fn operation_of(route: &str, path: &str) -> String {
        let service = Router::new().route(
            route,
            any(async |request: Request| operation(&mut request.into_parts().0).await),
        );
        let request = http::Request::post(path).body(Body::empty()).unwrap();
        let answer = service.oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(body.to_vec()).unwrap()
    }

    /// `{n}` stands for a number, every other parameter for an id, of which that of a notice has a form of its own.
    fn spelled(route: &str, spelling: usize) -> String {
        let segments = route.split('/').map(|segment| match segment {
            "{n}" => NUMBER[spelling],
            "{id}" if route.ends_with("/notifications/{id}/read") => NOTICE[spelling],
            _ if segment.starts_with('{') => ID[spelling],
            _ => segment,
        });
        segments.collect::<Vec<_>>().join("/")
    }

    #[tokio::test]
    async fn an_operation_is_the_same_however_its_ids_are_spelled() {
        let routes = routes();
        for route in routes.iter().filter(|route| route.path.contains('{')) {
            let plain = operation_of(route.path, &spelled(route.path, 0)).await;
            let has = |parameters: [&str; 7]| plain.contains(parameters[0]);
            assert!(has(ID) || has(NOTICE) || plain.ends_with(" 7"), "{plain}");
            for spelling in 1..ID.len() {
                let path = spelled(route.path, spelling);
                assert_eq!(operation_of(route.path, &path).await, plain, "{path}");
            }
        }
    }

    #[tokio::test]
    async fn another_id_or_another_order_of_ids_is_another_operation() {
        let one = "/{a}/{b}";
        assert_ne!(
            operation_of(one, "/1/2").await,
            operation_of(one, "/2/1").await
        );
    }
}
