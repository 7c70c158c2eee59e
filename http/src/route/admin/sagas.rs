//! `GET /api/admin/sagas`: orders with a stalled step, or all whose sagas are running.

use crate::{
    answer,
    app_state::AppState,
    dto::admin::{SagaStateIn, SagasIn},
    page::{Asked, Page, cursor, limit},
    problem::Problem,
    view::saga::SagaView,
};
use axum::{extract::State, response::Response};
use campusg_domain::order::Order;

pub(crate) async fn sagas(
    State(app): State<AppState>,
    Asked(asked): Asked<SagasIn>,
) -> Result<Response, Problem> {
    let (limit, after) = (limit(asked.limit)?, cursor(asked.cursor.as_deref())?);
    let view = |order: &Order| SagaView::of(order, app.policy(), app.now());
    let page = match asked.state.unwrap_or(SagaStateIn::Stalled) {
        SagaStateIn::Stalled => {
            let orders = app.runtime().stalled_orders().await?;
            Page::whole(orders.iter().map(|order| view(order)).collect())
        }
        SagaStateIn::Running => {
            let orders = app.runtime().live_orders(None, after, limit).await?;
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
