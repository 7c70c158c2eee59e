//! Applies the limits of failed attempts to signing in and registering.

use crate::{app_state::AppState, attempt::Attempt, problem::Problem};
use axum::http::StatusCode;
use campusg_actors::runtime::{Refusal, SignedIn};
use campusg_domain::rejection::Rejection;
use std::net::IpAddr;
use tokio::time::Instant;

/// Begins an attempt; 429 if too many have failed or are under way.
pub(crate) fn begin<'a>(
    app: &'a AppState,
    account: &str,
    address: IpAddr,
) -> Result<Attempt<'a>, Problem> {
    app.attempts()
        .begin(account, address, Instant::now())
        .map_err(|wait_ms| {
            Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_attempts",
                "too many failed attempts, try again later",
            )
            .retry_after_ms(wait_ms)
        })
}

/// Ends an attempt. It counts as failed only if the refusal reveals whether an account or a password is right.
pub(crate) fn end(
    attempt: Attempt<'_>,
    done: Result<SignedIn, Refusal>,
) -> Result<SignedIn, Problem> {
    match &done {
        Ok(_) => attempt.succeeded(Instant::now()),
        Err(
            Refusal::WrongCredentials
            | Refusal::Rejected {
                rejection: Rejection::EmailTaken,
                ..
            },
        ) => drop(attempt),
        Err(_) => attempt.reveals_nothing(),
    }
    Ok(done?)
}
