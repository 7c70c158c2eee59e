//! `POST /api/users/me/wallet/pay-debt`: charges the caller's card for their debt.

use crate::{
    answer::{self, Created},
    app_state::AppState,
    call::KeyedCall,
    dto::wallet::PayDebtIn,
    problem::Problem,
    view::payout::PaymentView,
};
use axum::extract::State;

pub(crate) async fn pay_debt(
    State(app): State<AppState>,
    KeyedCall(call): KeyedCall<PayDebtIn>,
) -> Result<Created<PaymentView>, Problem> {
    let cents = call.body.amount_cents.map(|amount| amount.0);
    let payment = app.runtime().pay_debt(call.meta, cents).await?;
    let view = PaymentView::of(&payment, app.currency());
    Ok(answer::created("/api/users/me/wallet", &view))
}
