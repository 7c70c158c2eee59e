//! `GET /api/users/me/payment-method`: the caller's card, without its token, and what a new card would be charged at
//! once.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    auth::Me,
    problem::Problem,
    view::{person::CardOnFileView, wallet::new_method_pays},
};
use axum::extract::State;

pub(crate) async fn card(
    State(app): State<AppState>,
    me: Me,
) -> Result<Found<CardOnFileView>, Problem> {
    let wallet_balance = app.runtime().wallet_balance(me.user).await?;
    let pays = new_method_pays(&wallet_balance, app.policy());
    match &me.person.card {
        Some(card) => Ok(answer::ok(&CardOnFileView::of(card, pays))),
        None => {
            Err(Problem::not_found("payment method").with("new_payment_method_pays_cents", pays.0))
        }
    }
}
