//! `POST /api/sessions`: signs in.

use super::attempts;
use crate::{
    answer::{self, Created},
    app_state::AppState,
    call::OpenCall,
    dto::user::SignInIn,
    problem::Problem,
    view::person::TokenView,
};
use axum::extract::State;
use campusg_actors::runtime::Secret;

pub(crate) async fn sign_in(
    State(app): State<AppState>,
    call: OpenCall<SignInIn>,
) -> Result<Created<TokenView>, Problem> {
    let SignInIn {
        email,
        password,
        device,
    } = call.body;
    let device = device.filter(|device| app.runtime().knows_device(&email, device));
    let attempt = attempts::sign_in(&app, &email, call.address, device.as_deref()).await?;
    let password = Secret(password);
    let done = app.runtime().sign_in(call.meta, &email, password).await;
    let session = attempts::signed_in(attempt, done)?;
    Ok(answer::created(
        "/api/sessions/current",
        &TokenView::from(session),
    ))
}
