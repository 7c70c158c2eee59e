//! `POST /api/admin/wallets/{user_id}/retry`: tries a wallet's deferred payouts and payments now.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    call::Call,
    dto::admin::ReasonIn,
    path::Id,
    problem::Problem,
    view::stalled::StalledWalletView,
};
use axum::extract::State;
use campusg_domain::id::UserId;

pub(crate) async fn retry_wallet(
    State(app): State<AppState>,
    Id(user): Id<UserId>,
    call: Call<ReasonIn>,
) -> Result<Found<StalledWalletView>, Problem> {
    call.body.check()?;
    let retried = app
        .runtime()
        .retry_wallet(call.meta, user, &call.body.reason);
    let wallet = retried.await?;
    Ok(answer::ok(&StalledWalletView::of(&wallet, app.policy())))
}
