//! `GET /api/admin/wallets`: wallets with a stalled payout or a stalled payment of a debt.

use crate::{
    answer, app_state::AppState, page::Page, problem::Problem, view::stalled::StalledWalletView,
};
use axum::{extract::State, response::Response};

pub(crate) async fn wallets(State(app): State<AppState>) -> Result<Response, Problem> {
    let policy = app.policy();
    let tries = policy.retry_tries;
    let wallets = app.runtime().stalled_wallets(tries).await?;
    let view = |wallet: &_| StalledWalletView::of(wallet, policy);
    Ok(answer::ok(&Page::whole(
        wallets.iter().map(|wallet| view(&**wallet)).collect(),
    )))
}
