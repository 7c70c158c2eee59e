//! `GET /api/users/me`: the caller's own profile.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    auth::Me,
    problem::Problem,
    view::person::PersonView,
};
use axum::extract::State;
use campusg_actors::runtime::Profile;

pub(crate) async fn me(State(app): State<AppState>, me: Me) -> Result<Found<PersonView>, Problem> {
    Ok(answer::ok(&PersonView::from(&profile(&app, &me).await?)))
}

/// Reads the caller's own profile.
pub(crate) async fn profile(app: &AppState, me: &Me) -> Result<Profile, Problem> {
    let profile = app.runtime().profile(me.user).await?;
    profile.ok_or_else(|| Problem::not_found("user"))
}
