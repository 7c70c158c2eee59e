//! `POST /api/orders/{id}/tip`: the customer gives the runner more, after the end.

use crate::{
    call::{Call, KeyedCall},
    dto::door::TipIn,
    edge::Edge,
    path::Id,
    problem::Problem,
    tell::tell,
};
use axum::{extract::State, response::Response};
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn tip(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    KeyedCall(call): KeyedCall<TipIn>,
) -> Result<Response, Problem> {
    let (call, TipIn { tip_cents }): (Call<()>, _) = call.split();
    let cents = tip_cents.0;
    tell(&edge, call, order, Command::Tip { cents }).await
}
