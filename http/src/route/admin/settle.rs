//! `POST /api/admin/orders/{id}/settle`: ends an order, and says who gets what.

use crate::{
    call::KeyedCall, dto::admin::SettleIn, edge::Edge, path::Id, problem::Problem, tell::tell,
    words::sealed,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::Wording;
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn settle(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    KeyedCall(call): KeyedCall<SettleIn>,
) -> Result<Response, Problem> {
    let (call, body) = call.split();
    let command = Command::Settle {
        ending: body.ending()?,
        reason: sealed(&edge, &call, Wording::Reason, body.reason).await?,
    };
    tell(&edge, call, order, command).await
}
