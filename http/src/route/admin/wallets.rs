//! `GET /api/admin/wallets`: wallets with a stalled payout or a stalled payment of a debt.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    page::{Listed, Page},
    problem::Problem,
    view::stalled::StalledWalletView,
};
use axum::extract::State;
use campusg_domain::owner::wallet::Wallet;
use std::sync::Arc;

pub(crate) async fn wallets(
    State(app): State<AppState>,
    Listed { paging, .. }: Listed,
) -> Result<Found<Page<StalledWalletView>>, Problem> {
    let policy = app.policy();
    let tries = policy.retry_tries;
    let wallets = app.runtime().stalled_wallets(tries).await?;
    let view = |wallet: &Arc<Wallet>| StalledWalletView::of(wallet, policy);
    Ok(answer::ok(&paging.of(
        wallets,
        |wallet| wallet.user,
        view,
    )?))
}
