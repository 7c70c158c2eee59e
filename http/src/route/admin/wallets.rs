//! `GET /api/admin/wallets`: wallets with a stalled payout or a stalled payment of a debt.

use crate::{
    answer, app_state::AppState, page::Listed, problem::Problem, view::stalled::StalledWalletView,
};
use axum::{extract::State, response::Response};

pub(crate) async fn wallets(
    State(app): State<AppState>,
    Listed { paging, .. }: Listed,
) -> Result<Response, Problem> {
    let policy = app.policy();
    let tries = policy.retry_tries;
    let wallets = app.runtime().stalled_wallets(tries).await?;
    let view = |wallet: &_| StalledWalletView::of(wallet, policy);
    let wallets = wallets.iter().map(|wallet| view(&**wallet)).collect();
    Ok(answer::ok(&paging.of(wallets)?))
}
