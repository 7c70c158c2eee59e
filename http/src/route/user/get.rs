//! `GET /api/users/{id}`: a user's profile, in full for its owner and operators.

use crate::{
    answer,
    app_state::AppState,
    auth::Me,
    path::Id,
    problem::Problem,
    view::person::{PersonView, PublicView},
};
use axum::{extract::State, response::Response};
use campusg_domain::id::UserId;

pub(crate) async fn get(
    State(app): State<AppState>,
    me: Me,
    Id(user): Id<UserId>,
) -> Result<Response, Problem> {
    let profile = app.runtime().profile(user).await?;
    let profile = profile.ok_or_else(|| Problem::not_found("user"))?;
    if me.is_or_operates(user) {
        return Ok(answer::ok(&PersonView::from(&profile)));
    }
    Ok(answer::ok(&PublicView::from(&profile)))
}
