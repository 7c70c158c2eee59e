//! `GET /api/orders/{id}`: an order as it is, or was at `?at=`; with the rights of now.

use crate::{
    answer,
    auth::{Me, Seen},
    dto::order::AtIn,
    edge::Edge,
    page,
    page::Asked,
    problem::Problem,
    view::{Reader, beside, order::render},
};
use axum::{extract::State, http::HeaderMap, response::Response};
use campusg_actors::runtime::GetOrderAt;
use campusg_domain::order::Order;

pub(crate) async fn get(
    State(edge): State<Edge>,
    me: Me,
    seen: Seen,
    Asked(asked): Asked<AtIn>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let reader = Reader::of(&edge, &me, &seen);
    match asked.at {
        None => answer::shown(&edge, &reader, &seen.order, &headers).await,
        Some(at) => then(&edge, &reader, &seen.order, &at).await,
    }
}

/// An order as it was. The board shows orders as they are.
async fn then(edge: &Edge, reader: &Reader, order: &Order, at: &str) -> Result<Response, Problem> {
    let at = page::moment("at", at)?;
    if !answer::is_involved(reader.role) {
        return Err(Problem::not_found("order at that time"));
    }
    let _place = edge.history(reader.user)?;
    let found = edge.runtime().query(GetOrderAt(order.id, at)).await?;
    let then = found.ok_or_else(|| Problem::not_found("order at that time"))?;
    let beside = beside::gather(edge, reader, &then).await?;
    Ok(answer::ok(&render(&then, reader, &beside)))
}
