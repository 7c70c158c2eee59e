//! `GET /api/orders/{id}/events`: what happened, as far as the caller may see it now.

use crate::{
    answer,
    auth::{Me, Seen},
    edge::Edge,
    page::Page,
    problem::Problem,
    view::{Reader, event::history},
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::GetOrderEvents;

pub(crate) async fn events(
    State(edge): State<Edge>,
    me: Me,
    seen: Seen,
) -> Result<Response, Problem> {
    let entries = edge.runtime().query(GetOrderEvents(seen.order.id)).await?;
    let reader = Reader::of(&edge, &me, &seen);
    Ok(answer::ok(&Page::whole(history(
        &seen.order,
        &entries,
        &reader,
    ))))
}
