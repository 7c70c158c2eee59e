//! `GET /api/scheduled-events`: events scheduled over the API, oldest first.

use crate::{
    answer,
    dto::user::LimitIn,
    edge::Edge,
    page,
    page::{Asked, Page},
    problem::Problem,
    view::timer::ScheduledView,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::GetScheduled;

pub(crate) async fn list(
    State(edge): State<Edge>,
    Asked(asked): Asked<LimitIn>,
) -> Result<Response, Problem> {
    let limit = page::limit(asked.limit)?;
    let events = edge.runtime().query(GetScheduled { limit }).await?;
    Ok(answer::ok(&Page::whole(
        events
            .iter()
            .map(|(id, event)| ScheduledView::of(*id, event))
            .collect(),
    )))
}
