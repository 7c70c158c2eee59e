//! `GET /api/admin/sagas`: orders with a step that needs a person, or all that are under way.

use crate::{
    answer,
    dto::admin::{SagaStateIn, SagasIn},
    edge::Edge,
    page::{Asked, Page, cursor, limit},
    problem::Problem,
    view::saga::SagaView,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::{GetLiveOrders, GetStuck};
use campusg_domain::order::Order;

pub(crate) async fn sagas(
    State(edge): State<Edge>,
    Asked(asked): Asked<SagasIn>,
) -> Result<Response, Problem> {
    let (limit, after) = (limit(asked.limit)?, cursor(asked.cursor.as_deref())?);
    let view = |order: &Order| SagaView::of(order, edge.policy(), edge.now());
    let page = match asked.state.unwrap_or(SagaStateIn::Stuck) {
        SagaStateIn::Stuck => {
            let orders = edge.runtime().query(GetStuck).await?;
            Page::whole(orders.iter().map(|order| view(order)).collect())
        }
        SagaStateIn::Running => {
            let wanted = GetLiveOrders {
                status: None,
                after,
                limit,
            };
            let orders = edge.runtime().query(wanted).await?;
            let last = orders.last().map(|order| order.id);
            Page::new(
                orders.iter().map(|order| view(order)).collect(),
                limit,
                last,
            )
        }
    };
    Ok(answer::ok(&page))
}
