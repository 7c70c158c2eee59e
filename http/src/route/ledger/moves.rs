//! `POST /api/ledger/top-ups`, `…/withdrawals`: cash for losses to the gateway, and fees out of it.

use crate::{
    answer, call::KeyedCall, dto::wallet::MoveIn, edge::Edge, problem::Problem,
    view::ledger::MovedView,
};
use axum::{extract::State, http::StatusCode, response::Response};
use campusg_actors::runtime::{Moved, TopUp, Withdraw};

pub(crate) async fn top_up(
    State(edge): State<Edge>,
    KeyedCall(call): KeyedCall<MoveIn>,
) -> Result<Response, Problem> {
    let MoveIn {
        amount_cents,
        reason,
    } = call.body;
    let cents = amount_cents.0;
    let moved = edge
        .runtime()
        .command(call.caller, TopUp { cents, reason })
        .await?;
    Ok(recorded(&edge, &moved))
}

pub(crate) async fn withdraw(
    State(edge): State<Edge>,
    KeyedCall(call): KeyedCall<MoveIn>,
) -> Result<Response, Problem> {
    let MoveIn {
        amount_cents,
        reason,
    } = call.body;
    let cents = amount_cents.0;
    let moved = edge
        .runtime()
        .command(call.caller, Withdraw { cents, reason })
        .await?;
    Ok(recorded(&edge, &moved))
}

fn recorded(edge: &Edge, moved: &Moved) -> Response {
    answer::json(StatusCode::CREATED, &MovedView::of(moved, edge.currency()))
}
