//! `POST /api/admin/users/{id}/suspend`, `…/reinstate`: bars a user from placing and accepting, or allows it again.

use crate::{
    answer, app_state::AppState, call::Call, dto::admin::ReasonIn, path::Id, problem::Problem,
    view::person::PersonView,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::{GetProfile, Suspend};
use campusg_domain::id::UserId;

pub(crate) async fn suspend(
    State(app): State<AppState>,
    Id(user): Id<UserId>,
    call: Call<ReasonIn>,
) -> Result<Response, Problem> {
    set(&app, user, call, true).await
}

pub(crate) async fn reinstate(
    State(app): State<AppState>,
    Id(user): Id<UserId>,
    call: Call<ReasonIn>,
) -> Result<Response, Problem> {
    set(&app, user, call, false).await
}

async fn set(
    app: &AppState,
    user: UserId,
    call: Call<ReasonIn>,
    suspended: bool,
) -> Result<Response, Problem> {
    let command = Suspend {
        user,
        suspended,
        reason: call.body.reason,
    };
    app.runtime().command(call.caller, command).await?;
    let profile = app
        .runtime()
        .query(GetProfile(user))
        .await?
        .ok_or_else(|| Problem::not_found("user"))?;
    Ok(answer::ok(&PersonView::from(&profile)))
}
