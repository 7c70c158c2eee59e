//! `GET /api/users/me/wallet`: the caller's balance and debt, and how each order changed them.

use crate::{
    answer,
    app_state::AppState,
    auth::Me,
    dto::user::PageIn,
    page::{self, Asked},
    problem::Problem,
    view::wallet::WalletView,
};
use axum::{extract::State, response::Response};

pub(crate) async fn wallet(
    State(app): State<AppState>,
    me: Me,
    Asked(asked): Asked<PageIn>,
) -> Result<Response, Problem> {
    let (user, limit) = (me.user, page::limit(asked.limit)?);
    let before = page::cursor(asked.cursor.as_deref())?;
    let _place = app.history(user)?;
    let wallet = app.runtime().wallet(user, limit).await?;
    let known = app.runtime().payouts(user).await?;
    let statements = app.runtime().statements(user, before, limit).await?;
    let view = WalletView::of(&wallet, &known, &statements, app.policy());
    Ok(answer::ok(&view))
}
