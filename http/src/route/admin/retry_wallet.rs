//! `POST /api/admin/wallets/{user_id}/retry`: payouts and payments that wait to be tried again are tried now.

use crate::{
    answer, call::Call, dto::admin::ReasonIn, edge::Edge, path::Id, problem::Problem,
    view::stuck::StuckWalletView,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::RetryWallet;
use campusg_domain::id::UserId;

pub(crate) async fn retry_wallet(
    State(edge): State<Edge>,
    Id(user): Id<UserId>,
    call: Call<ReasonIn>,
) -> Result<Response, Problem> {
    call.body.check()?;
    let reason = call.body.reason;
    let retry = RetryWallet { user, reason };
    let wallet = edge.runtime().command(call.caller, retry).await?;
    Ok(answer::ok(&StuckWalletView::of(&wallet, edge.policy())))
}
