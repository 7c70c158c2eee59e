//! `POST /api/orders/{id}/refunds`: an operator refunds an amount after the order has ended.

use crate::{
    answer::Commanded, app_state::AppState, call::KeyedCall, dispatch::dispatch,
    dto::dispute::RefundIn, free_text::sealed, path::Id, problem::Problem,
};
use axum::extract::State;
use campusg_actors::runtime::FreeText;
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn refund(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    KeyedCall(call): KeyedCall<RefundIn>,
) -> Result<Commanded, Problem> {
    let (call, body) = call.split();
    let command = Command::Refund {
        cents: body.amount_cents.0,
        reason: sealed(&app, &call, FreeText::Reason, &body.reason)?,
    };
    dispatch(&app, call, order, command).await
}
