//! `POST /api/sessions`: signs in.

use super::attempts;
use crate::{
    answer, call::OpenCall, dto::user::SignInIn, edge::Edge, problem::Problem,
    view::person::TokenView,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::{Secret, SignIn};

pub(crate) async fn sign_in(
    State(edge): State<Edge>,
    call: OpenCall<SignInIn>,
) -> Result<Response, Problem> {
    let SignInIn { email, password } = call.body;
    attempts::check(&edge, &email, call.address)?;
    let sign_in = SignIn {
        email: email.clone(),
        password: Secret(password),
    };
    let done = edge.runtime().command(call.caller, sign_in).await;
    let session = done.map_err(|refusal| attempts::failed(&edge, &email, call.address, refusal))?;
    edge.limits().succeeded(&email, call.address);
    Ok(answer::created(
        "/api/sessions/current",
        &TokenView::from(session),
    ))
}
