//! Extractors for what the gate has found out: the caller, and an order that the caller may see.

use crate::problem::Problem;
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use campusg_actors::runtime::{Authenticated, Secret};
use campusg_domain::{
    id::{Principal, UserId},
    order::{Order, Role},
};
use std::{ops::Deref, sync::Arc};

/// Longest token that is looked up, in bytes; issued tokens are far shorter.
const TOKEN_BYTES: usize = 512;

/// Returns the token of the header `Authorization: Bearer …`; `None` if it is absent, malformed or too long.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<Secret> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    let fits =
        scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.len() <= TOKEN_BYTES;
    fits.then(|| Secret(token.into()))
}

/// The signed-in caller.
#[derive(Clone, Debug)]
pub(crate) struct Me(Arc<Authenticated>);

impl Me {
    pub(crate) fn new(me: Authenticated) -> Self {
        Self(Arc::new(me))
    }

    pub(crate) fn is_operator(&self) -> bool {
        matches!(self.principal, Principal::Operator(_))
    }

    /// Whether the caller may see what belongs to `user` alone.
    pub(crate) fn is_or_operates(&self, user: UserId) -> bool {
        self.user == user || self.is_operator()
    }
}

impl Deref for Me {
    type Target = Authenticated;

    fn deref(&self) -> &Authenticated {
        &self.0
    }
}

impl<S: Sync> FromRequestParts<S> for Me {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get()
            .cloned()
            .map(Self)
            .ok_or_else(Problem::not_signed_in)
    }
}

/// An order that the route's policy let the caller see, and the caller's role in it.
#[derive(Clone, Debug)]
pub(crate) struct LoadedOrder {
    pub(crate) order: Arc<Order>,
    /// `Stranger` if the caller sees the order only because it is on the board.
    pub(crate) role: Role,
}

impl<S: Sync> FromRequestParts<S> for LoadedOrder {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get()
            .cloned()
            .ok_or_else(|| Problem::not_found("order"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;

    fn token(header: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, header.parse().unwrap());
        bearer(&headers).map(|secret| secret.0)
    }

    #[test]
    fn only_a_bearer_token_is_taken() {
        assert_eq!(token("Bearer abc"), Some("abc".into()));
        assert_eq!(token("bearer abc"), Some("abc".into()));
        assert_eq!(token("Basic abc"), None);
        assert_eq!(token("Bearer "), None);
        assert_eq!(token("Bearer"), None);
        assert_eq!(token(&format!("Bearer {}", "x".repeat(600))), None);
        assert_eq!(bearer(&HeaderMap::new()), None);
    }
}
