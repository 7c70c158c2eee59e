//! `POST /api/admin/orders/{id}/settle`: ends an order and divides its money.

use crate::{
    answer::Commanded, app_state::AppState, call::KeyedCall, dispatch::dispatch,
    dto::admin::SettleIn, free_text::sealed, path::Id, problem::Problem,
};
use axum::extract::State;
use campusg_actors::runtime::FreeText;
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn settle(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    KeyedCall(call): KeyedCall<SettleIn>,
) -> Result<Commanded, Problem> {
    let (call, body) = call.split();
    let command = Command::Settle {
        ending: body.ending()?,
        reason: sealed(&app, &call, FreeText::Reason, &body.reason)?,
    };
    dispatch(&app, call, order, command).await
}
