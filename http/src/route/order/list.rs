//! `GET /api/orders`: the caller's orders as customer or as runner; with `available=true` the board; for operators
//! without `as` every live order.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    auth::Me,
    dto::order::{ListIn, PartyIn},
    gate,
    page::{Listed, Page},
    problem::{Code, Problem},
    view::{
        Viewer,
        order::render,
        related,
        related::Related,
        summary::{ListedView, SummaryView},
    },
};
use axum::extract::State;
use campusg_actors::runtime::{OrdersOf, Party};
use campusg_domain::{
    id::OrderId,
    order::{Order, Role},
};
use std::sync::Arc;

pub(crate) async fn list(
    State(app): State<AppState>,
    me: Me,
    Listed { asked, paging }: Listed<ListIn>,
) -> Result<Found<Page<ListedView>>, Problem> {
    let limit = paging.limit()?;
    let party = match (asked.available, asked.r#as) {
        (Some(true), None) if asked.status.is_none() => {
            return board(&app, &me, paging.cursor()?, limit).await;
        }
        (Some(true), _) => {
            return Err(
                Problem::new(Code::InvalidQuery, "available: goes without as and status")
                    .with("field", "available"),
            );
        }
        (_, None) if me.is_operator() => {
            let after = paging.cursor()?;
            let orders = app.runtime().live_orders(asked.status, after, limit + 1);
            let mut orders = orders.await?;
            let more = orders.len() > limit;
            orders.truncate(limit);
            let next = orders.last().filter(|_| more).map(|order| order.id);
            let lines = summaries(&app, &me, &orders);
            return Ok(answer::ok(&Page::going_on(lines, next)));
        }
        (_, Some(PartyIn::Customer) | None) => Party::Customer,
        (_, Some(PartyIn::Runner)) => Party::Runner,
    };
    let before = paging.cursor()?;
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
) -> Result<Found<Page<ListedView>>, Problem> {
    if !me.is_operator() {
        gate::runs(me)?;
    }
    let orders = app.runtime().board(after, limit + 1).await?;
    let stores = related::stores(app, orders.iter().map(Arc::as_ref));
    let related = Related {
        stores,
        ..Related::default()
    };
    let view = |order: &Arc<Order>| {
        let viewer = Viewer::new(app, me, order, Role::Stranger);
        ListedView::OnBoard(Box::new(render(order, &viewer, &related)))
    };
    let page = Page::of_one_more(orders, limit, |order| order.id, view);
    Ok(answer::ok(&page))
}

fn summaries(app: &AppState, me: &Me, orders: &[Arc<Order>]) -> Vec<ListedView> {
    let stores = related::stores(app, orders.iter().map(Arc::as_ref));
    let line = |order: &Arc<Order>| {
        let viewer = Viewer::new(app, me, order, order.role(me.principal));
        ListedView::Own(Box::new(SummaryView::of(order, &viewer, &stores)))
    };
    orders.iter().map(line).collect()
}
