//! `GET /api/orders`: the caller's orders as customer or as runner; with `available=true` the board; for operators
//! without `as` every live order.

use crate::{
    answer,
    app_state::AppState,
    auth::Me,
    dto::order::{ListIn, PartyIn},
    gate, page,
    page::{Asked, Page},
    problem::Problem,
    view::{Viewer, order::render, related, related::Related, summary::SummaryView},
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::{OrdersOf, Party};
use campusg_domain::{
    id::OrderId,
    order::{Order, Role},
};
use std::sync::Arc;

pub(crate) async fn list(
    State(app): State<AppState>,
    me: Me,
    Asked(asked): Asked<ListIn>,
) -> Result<Response, Problem> {
    let limit = page::limit(asked.limit)?;
    let cursor = asked.cursor.as_deref();
    let party = match (asked.available, asked.r#as) {
        (Some(true), None) if asked.status.is_none() => {
            return board(&app, &me, page::cursor(cursor)?, limit).await;
        }
        (Some(true), _) => {
            return Err(
                Problem::shape("invalid_query", "available: goes without as and status")
                    .with("field", "available"),
            );
        }
        (_, None) if me.is_operator() => {
            let after = page::cursor(cursor)?;
            let orders = app.runtime().live_orders(asked.status, after, limit);
            let orders = orders.await?;
            let next = orders
                .last()
                .filter(|_| orders.len() >= limit)
                .map(|order| order.id);
            let lines = summaries(&app, &me, &orders);
            return Ok(answer::ok(&Page::going_on(lines, next)));
        }
        (_, Some(PartyIn::Customer) | None) => Party::Customer,
        (_, Some(PartyIn::Runner)) => Party::Runner,
    };
    let before = page::cursor(cursor)?;
    let found = app
        .runtime()
        .orders_of(OrdersOf {
            user: me.user,
            party,
            status: asked.status,
            before,
            limit,
        })
        .await?;
    Ok(answer::ok(&Page::going_on(
        summaries(&app, &me, &found.orders),
        found.next,
    )))
}

async fn board(
    app: &AppState,
    me: &Me,
    after: Option<OrderId>,
    limit: usize,
) -> Result<Response, Problem> {
    if !me.is_operator() {
        gate::runs(me)?;
    }
    let orders = app.runtime().board(after, limit).await?;
    let stores = related::stores(app, orders.iter().map(Arc::as_ref));
    let related = Related {
        stores,
        ..Related::default()
    };
    let view = |order: &Arc<Order>| {
        render(
            order,
            &Viewer::new(app, me, order, Role::Stranger),
            &related,
        )
    };
    Ok(answer::ok(&Page::new(
        orders.iter().map(view).collect(),
        limit,
        orders.last().map(|order| order.id),
    )))
}

fn summaries(app: &AppState, me: &Me, orders: &[Arc<Order>]) -> Vec<SummaryView> {
    let stores = related::stores(app, orders.iter().map(Arc::as_ref));
    let line = |order: &Arc<Order>| {
        let viewer = Viewer::new(app, me, order, order.role(me.principal));
        SummaryView::of(order, &viewer, &stores)
    };
    orders.iter().map(line).collect()
}
