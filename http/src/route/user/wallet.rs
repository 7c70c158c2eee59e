//! `GET /api/users/me/wallet`: the caller's balance and debt, and how each order changed them.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    auth::Me,
    page::Listed,
    problem::Problem,
    view::wallet::WalletView,
};
use axum::extract::State;

pub(crate) async fn wallet(
    State(app): State<AppState>,
    me: Me,
    Listed { paging, .. }: Listed,
) -> Result<Found<WalletView>, Problem> {
    let (user, limit) = (me.user, paging.limit()?);
    let before = paging.cursor()?;
    let _place = app.history(user)?;
    let wallet = app.runtime().wallet(user, limit).await?;
    let known = app.runtime().payouts(user).await?;
    let statements = app.runtime().statements(user, before, limit).await?;
    let view = WalletView::of(&wallet, &known, &statements, app.policy());
    Ok(answer::ok(&view))
}
