//! `POST /api/admin/users/{id}/suspend`, `…/reinstate`: bars a user from placing and accepting orders, or ends that.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    call::Call,
    dto::admin::ReasonIn,
    path::Id,
    problem::Problem,
    view::person::PersonView,
};
use axum::extract::State;
use campusg_domain::id::UserId;

pub(crate) async fn suspend(
    State(app): State<AppState>,
    Id(user): Id<UserId>,
    call: Call<ReasonIn>,
) -> Result<Found<PersonView>, Problem> {
    set(&app, user, call, true).await
}

pub(crate) async fn reinstate(
    State(app): State<AppState>,
    Id(user): Id<UserId>,
    call: Call<ReasonIn>,
) -> Result<Found<PersonView>, Problem> {
    set(&app, user, call, false).await
}

async fn set(
    app: &AppState,
    user: UserId,
    call: Call<ReasonIn>,
    suspended: bool,
) -> Result<Found<PersonView>, Problem> {
    let (runtime, reason) = (app.runtime(), &call.body.reason);
    runtime.suspend(call.meta, user, suspended, reason).await?;
    let profile = runtime.profile(user).await?;
    let profile = profile.ok_or_else(|| Problem::not_found("user"))?;
    Ok(answer::ok(&PersonView::from(&profile)))
}
