//! `POST /api/users/me/payouts`: pays money from the wallet to the caller's bank account.

use crate::{
    answer::{self, Created},
    app_state::AppState,
    call::KeyedCall,
    dto::wallet::PayoutIn,
    problem::Problem,
    view::payout::PayoutView,
};
use axum::extract::State;

pub(crate) async fn request_payout(
    State(app): State<AppState>,
    KeyedCall(call): KeyedCall<PayoutIn>,
) -> Result<Created<PayoutView>, Problem> {
    let cents = call.body.amount_cents.0;
    let payout = app.runtime().request_payout(call.meta, cents).await?;
    let view = PayoutView::of(&payout, app.currency());
    Ok(answer::created("/api/users/me/payouts", &view))
}
