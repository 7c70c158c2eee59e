//! `GET /api/payments`: the payment of one order, or of all the caller's orders; for operators of every live order.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    auth::Me,
    dto::order::PaymentsIn,
    gate::load,
    page::{Listed, Page},
    policy::Who,
    problem::Problem,
    view::money::PaymentView,
};
use axum::extract::State;
use campusg_actors::runtime::{OrdersOf, Party};
use campusg_domain::order::Order;
use std::sync::Arc;

pub(crate) async fn list(
    State(app): State<AppState>,
    me: Me,
    Listed { asked, paging }: Listed<PaymentsIn>,
) -> Result<Found<Page<PaymentView>>, Problem> {
    let view = |order: &Arc<Order>| PaymentView::of(order, app.currency());
    if let Some(id) = asked.order_id {
        let seen = load(&app, &me, id, Who::CustomerOrOperator).await?;
        let page = paging.of(vec![seen.order], |order| order.id, view)?;
        return Ok(answer::ok(&page));
    }
    let limit = paging.limit()?;
    if me.is_operator() {
        let after = paging.cursor()?;
        let orders = app.runtime().live_orders(None, after, limit + 1).await?;
        let page = Page::of_one_more(orders, limit, |order| order.id, view);
        return Ok(answer::ok(&page));
    }
    let before = paging.cursor()?;
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
