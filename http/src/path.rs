//! Extractors for one or two path parameters. A parameter that is no valid id is answered with 404.

use crate::problem::Problem;
use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use std::str::FromStr;

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

async fn params<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<RawPathParams, Problem> {
    let params = RawPathParams::from_request_parts(parts, state).await;
    params.map_err(|_| Problem::not_found("resource"))
}

fn read<T: FromStr>(params: &RawPathParams, place: usize) -> Result<T, Problem> {
    let value = params.iter().nth(place);
    let value = value.and_then(|(_, value)| value.parse().ok());
    value.ok_or_else(|| Problem::not_found("resource"))
}
