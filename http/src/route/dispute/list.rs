//! `GET /api/orders/{id}/disputes`: every dispute of an order, with what was said about it.

use crate::{
    answer,
    auth::{Me, Seen},
    edge::Edge,
    page::Page,
    problem::Problem,
    view::dispute::ThreadView,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::GetDisputes;

pub(crate) async fn list(
    State(edge): State<Edge>,
    me: Me,
    seen: Seen,
) -> Result<Response, Problem> {
    let _reading = edge.history(me.user)?;
    let threads = edge.runtime().query(GetDisputes(seen.order.id)).await?;
    let threads = threads
        .iter()
        .map(|thread| ThreadView::of(thread, seen.role));
    Ok(answer::ok(&Page::whole(threads.collect())))
}
