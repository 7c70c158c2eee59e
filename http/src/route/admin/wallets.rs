//! `GET /api/admin/wallets`: wallets with a payout, or a card that pays a debt, that keeps failing.

use crate::{answer, edge::Edge, page::Page, problem::Problem, view::stuck::StuckWalletView};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::GetStuckWallets;

pub(crate) async fn wallets(State(edge): State<Edge>) -> Result<Response, Problem> {
    let policy = edge.policy();
    let tries = policy.retry_tries;
    let wallets = edge.runtime().query(GetStuckWallets { tries }).await?;
    let view = |wallet: &_| StuckWalletView::of(wallet, policy);
    Ok(answer::ok(&Page::whole(
        wallets.iter().map(|wallet| view(&**wallet)).collect(),
    )))
}
