//! `POST /api/users/me/wallet/pay-debt`: the card on file pays what the caller owes.

use crate::{
    answer, call::KeyedCall, dto::wallet::PayDebtIn, edge::Edge, problem::Problem,
    view::payout::PaymentView,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::PayDebt;

pub(crate) async fn pay_debt(
    State(edge): State<Edge>,
    KeyedCall(call): KeyedCall<PayDebtIn>,
) -> Result<Response, Problem> {
    let payment = PayDebt {
        cents: call.body.amount_cents.map(|amount| amount.0),
    };
    let payment = edge.runtime().command(call.caller, payment).await?;
    let view = PaymentView::of(&payment, edge.currency());
    Ok(answer::created("/api/users/me/wallet", &view))
}
