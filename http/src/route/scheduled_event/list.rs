//! `GET /api/scheduled-events`: events that were scheduled over the API, oldest first.

use crate::{
    answer,
    app_state::AppState,
    dto::user::LimitIn,
    page,
    page::{Asked, Page},
    problem::Problem,
    view::timer::ScheduledView,
};
use axum::{extract::State, response::Response};

pub(crate) async fn list(
    State(app): State<AppState>,
    Asked(asked): Asked<LimitIn>,
) -> Result<Response, Problem> {
    let limit = page::limit(asked.limit)?;
    let events = app.runtime().scheduled(limit).await?;
    Ok(answer::ok(&Page::whole(
        events
            .iter()
            .map(|(id, event)| ScheduledView::of(*id, event))
            .collect(),
    )))
}
