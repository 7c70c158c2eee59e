//! `GET /api/payments`: the payment of one order, or of all the caller's orders; for operators of every live order.

use crate::{
    answer,
    app_state::AppState,
    auth::Me,
    dto::order::PaymentsIn,
    gate::load,
    page,
    page::{Asked, Page},
    policy::Who,
    problem::Problem,
    view::money::PaymentView,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::{OrdersOf, Party};
use campusg_domain::order::Order;
use std::sync::Arc;

pub(crate) async fn list(
    State(app): State<AppState>,
    me: Me,
    Asked(asked): Asked<PaymentsIn>,
) -> Result<Response, Problem> {
    let view = |order: &Arc<Order>| PaymentView::of(order, app.currency());
    if let Some(id) = asked.order_id {
        let seen = load(&app, &me, id, Who::CustomerOrOperator).await?;
        return Ok(answer::ok(&Page::whole(vec![view(&seen.order)])));
    }
    let limit = page::limit(asked.limit)?;
    let cursor = asked.cursor.as_deref();
    if me.is_operator() {
        let after = page::cursor(cursor)?;
        let orders = app.runtime().live_orders(None, after, limit).await?;
        let payments = orders.iter().map(view).collect();
        return Ok(answer::ok(&Page::new(
            payments,
            limit,
            orders.last().map(|order| order.id),
        )));
    }
    let before = page::cursor(cursor)?;
    let own = OrdersOf {
        user: me.user,
        party: Party::Customer,
        status: None,
        before,
        limit,
    };
    let found = app.runtime().orders_of(own).await?;
    Ok(answer::ok(&Page::going_on(
        found.orders.iter().map(view).collect(),
        found.next,
    )))
}
