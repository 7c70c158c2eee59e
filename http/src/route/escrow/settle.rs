//! `POST /api/escrow/{order_id}/release`, `…/refund`: ends an order and gives all its money to the runner, or all to
//! the customer.

use crate::{
    answer::Commanded, app_state::AppState, call::KeyedCall, dispatch::with_reason,
    dto::admin::ReasonIn, path::Id, problem::Problem,
};
use axum::extract::State;
use campusg_domain::{
    id::OrderId,
    order::{Command, Ending},
};

pub(crate) async fn release(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    KeyedCall(call): KeyedCall<ReasonIn>,
) -> Result<Commanded, Problem> {
    let ending = Ending::ToRunner;
    with_reason(&app, call, order, |reason| Command::Settle {
        ending,
        reason,
    })
    .await
}

pub(crate) async fn refund(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    KeyedCall(call): KeyedCall<ReasonIn>,
) -> Result<Commanded, Problem> {
    let ending = Ending::ToCustomer;
    with_reason(&app, call, order, |reason| Command::Settle {
        ending,
        reason,
    })
    .await
}
