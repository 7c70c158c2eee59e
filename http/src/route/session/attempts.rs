//! Failed sign-ins and registrations are counted, and too many of them wait.

use crate::{app_state::AppState, attempt::Attempt, problem::Problem};
use axum::http::StatusCode;
use campusg_actors::runtime::{Refusal, SignedIn};
use campusg_domain::rejection::Rejection;
use std::net::IpAddr;
use tokio::time::Instant;

/// Begins an attempt, or refuses it where too many have failed or may fail.
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

/// Ends an attempt. It has failed by a refusal that tells whether an account or a password is right, and by no other.
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
        Err(_) => attempt.told_nothing(),
    }
    Ok(done?)
}
