//! `GET /api/admin/actors`: the actors that are running now.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    problem::Problem,
    view::platform::ActorsView,
};
use axum::extract::State;

pub(crate) async fn actors(State(app): State<AppState>) -> Result<Found<ActorsView>, Problem> {
    let found = app.runtime().actors().await?;
    let readiness = app.runtime().readiness();
    Ok(answer::ok(&ActorsView::of(found, &readiness)))
}
