//! The one parameter of a path. What can't be an id names nothing.

use crate::problem::Problem;
use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use std::str::FromStr;

/// The path's only parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Id<T>(pub(crate) T);

impl<T: FromStr + Send, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::not_found("resource"))?;
        let value = params
            .iter()
            .next()
            .and_then(|(_, value)| value.parse().ok());
        value
            .map(Self)
            .ok_or_else(|| Problem::not_found("resource"))
    }
}
