//! `GET /api/users/me/wallet`: what the caller has, owes, and what moved.

use crate::{
    answer, auth::Me, dto::user::LimitIn, edge::Edge, page, page::Asked, problem::Problem,
    view::wallet::WalletView,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::GetWallet;

pub(crate) async fn wallet(
    State(edge): State<Edge>,
    me: Me,
    Asked(asked): Asked<LimitIn>,
) -> Result<Response, Problem> {
    let limit = page::limit(asked.limit)?;
    let wallet = edge
        .runtime()
        .query(GetWallet {
            user: me.user,
            limit,
        })
        .await?;
    Ok(answer::ok(&WalletView::of(
        me.user,
        &wallet,
        edge.currency(),
    )))
}
