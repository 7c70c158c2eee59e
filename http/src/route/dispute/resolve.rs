//! `POST /api/orders/{id}/disputes/{n}/resolve`: an operator decides a dispute.

use crate::{
    call::Call, dto::dispute::ResolveIn, edge::Edge, path::Within, problem::Problem, tell::tell,
    words::sealed,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::Wording;
use campusg_domain::{
    id::OrderId,
    order::{Command, Number},
};

pub(crate) async fn resolve(
    State(edge): State<Edge>,
    Within(order, dispute): Within<OrderId, Number>,
    call: Call<ResolveIn>,
) -> Result<Response, Problem> {
    let (call, body) = call.split();
    let command = Command::Resolve {
        dispute,
        refund: body.refund_cents.0,
        at_fault: body.at_fault,
        reason: sealed(&edge, &call, Wording::Reason, body.reason).await?,
    };
    tell(&edge, call, order, command).await
}
