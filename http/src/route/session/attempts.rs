//! Applies the limits of attempts to signing in and registering.

use crate::{
    app_state::AppState,
    attempt::Attempt,
    problem::{Code, Problem},
};
use campusg_actors::runtime::{Refusal, SignedIn};
use campusg_domain::rejection::Rejection;
use std::net::IpAddr;
use tokio::time::{Instant, sleep};

/// Begins a sign-in and waits for its turn; 429 if too many have failed or are under way.
pub(crate) async fn sign_in<'a>(
    app: &'a AppState,
    account: &str,
    address: IpAddr,
    device: Option<&str>,
) -> Result<Attempt<'a>, Problem> {
    let begun = app.attempts();
    let begun = begun.sign_in(account, address, device, Instant::now());
    let detail = "too many failed attempts, try again later";
    in_turn(begun, Code::TooManyAttempts, detail).await
}

/// Begins a registration and waits for its turn; 429 if there are too many from this address.
pub(crate) async fn registration<'a>(
    app: &'a AppState,
    account: &str,
    address: IpAddr,
) -> Result<Attempt<'a>, Problem> {
    let begun = app.attempts();
    let begun = begun.registration(account, address, Instant::now());
    let detail = "too many registrations from this address, try again later";
    in_turn(begun, Code::TooManyRegistrations, detail).await
}

async fn in_turn<'a>(
    begun: Result<Attempt<'a>, u64>,
    code: Code,
    detail: &str,
) -> Result<Attempt<'a>, Problem> {
    let attempt = begun.map_err(|wait_ms| Problem::new(code, detail).retry_after_ms(wait_ms))?;
    if !attempt.wait.is_zero() {
        sleep(attempt.wait).await;
    }
    Ok(attempt)
}

/// Ends a sign-in. It counts as failed only if the refusal reveals that the account or the password is wrong.
pub(crate) fn signed_in(
    attempt: Attempt<'_>,
    done: Result<SignedIn, Refusal>,
) -> Result<SignedIn, Problem> {
    match &done {
        Ok(_) => attempt.signed_in(Instant::now()),
        Err(Refusal::WrongCredentials) => drop(attempt),
        Err(_) => attempt.reveals_nothing(),
    }
    Ok(done?)
}

/// Ends a registration. It counts if it made an account, or revealed that there is one.
pub(crate) fn registered(
    attempt: Attempt<'_>,
    done: Result<SignedIn, Refusal>,
) -> Result<SignedIn, Problem> {
    match &done {
        Ok(_) => attempt.registered(Instant::now()),
        Err(Refusal::Rejected {
            rejection: Rejection::EmailTaken,
            ..
        }) => drop(attempt),
        Err(_) => attempt.reveals_nothing(),
    }
    Ok(done?)
}
