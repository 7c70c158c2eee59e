//! Failed sign-ins and registrations are counted, and too many of them wait.

use crate::{edge::Edge, problem::Problem};
use axum::http::StatusCode;
use campusg_actors::runtime::Refusal;
use campusg_domain::order::Rejection;
use std::net::IpAddr;
use tokio::time::Instant;

/// Refuses an attempt where too many have failed.
pub(crate) fn check(edge: &Edge, account: &str, address: IpAddr) -> Result<(), Problem> {
    edge.limits()
        .attempt(account, address, Instant::now())
        .map_err(|wait_ms| {
            Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_attempts",
                "too many failed attempts, try again later",
            )
            .retry_after_ms(wait_ms)
        })
}

/// Counts a refusal that tells whether an account or a password is right.
pub(crate) fn failed(edge: &Edge, account: &str, address: IpAddr, refusal: Refusal) -> Problem {
    let telling = matches!(
        refusal,
        Refusal::WrongCredentials
            | Refusal::Rejected {
                rejection: Rejection::EmailTaken,
                ..
            }
    );
    if telling {
        edge.limits().failed(account, address, Instant::now());
    }
    refusal.into()
}
