//! `POST /api/orders/{id}/cancel`: the customer cancels, at a price agreed to.

use crate::{
    call::Call,
    dto::{order::CancelIn, text},
    edge::Edge,
    path::Id,
    problem::Problem,
    tell::tell,
};
use axum::{extract::State, response::Response};
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn cancel(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    call: Call<CancelIn>,
) -> Result<Response, Problem> {
    let (call, body) = call.split();
    if let Some(reason) = &body.reason {
        text::check("reason", reason, 500)?;
    }
    tell(
        &edge,
        call,
        order,
        Command::Cancel {
            accept_charge: body.accept_charge_cents.0,
        },
    )
    .await
}
