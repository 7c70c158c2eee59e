//! `POST /api/admin/users/{id}/write-off`: what a user owes need not be paid.

use crate::{
    answer, call::KeyedCall, dto::wallet::WriteOffIn, edge::Edge, path::Id, problem::Problem,
    view::ledger::MovedView,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::WriteOff;
use campusg_domain::id::UserId;

pub(crate) async fn write_off(
    State(edge): State<Edge>,
    Id(user): Id<UserId>,
    KeyedCall(call): KeyedCall<WriteOffIn>,
) -> Result<Response, Problem> {
    let WriteOffIn {
        amount_cents,
        reason,
    } = call.body;
    let write_off = WriteOff {
        user,
        cents: amount_cents.map(|amount| amount.0),
        reason,
    };
    let moved = edge.runtime().command(call.caller, write_off).await?;
    Ok(answer::ok(&MovedView::of(&moved, edge.currency())))
}
