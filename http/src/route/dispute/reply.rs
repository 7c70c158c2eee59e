//! `POST /api/orders/{id}/disputes/{n}/reply`: a party says more about an open dispute.

use crate::{
    call::Call, dto::dispute::ReplyIn, edge::Edge, path::Within, problem::Problem, tell::tell,
    words::sealed,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::Wording;
use campusg_domain::{
    id::OrderId,
    order::{Command, Number},
};

pub(crate) async fn reply(
    State(edge): State<Edge>,
    Within(order, dispute): Within<OrderId, Number>,
    call: Call<ReplyIn>,
) -> Result<Response, Problem> {
    let (call, body) = call.split();
    let command = Command::Reply {
        dispute,
        text: sealed(&edge, &call, Wording::Reply, body.text).await?,
        photos: body.photo_ids,
    };
    tell(&edge, call, order, command).await
}
