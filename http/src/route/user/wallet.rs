//! `GET /api/users/me/wallet`: what the caller has and owes, and what each order did to it.

use crate::{
    answer,
    auth::Me,
    dto::user::PageIn,
    edge::Edge,
    page::{self, Asked},
    problem::Problem,
    view::wallet::WalletView,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::{GetPayouts, GetStatements, GetWallet};

pub(crate) async fn wallet(
    State(edge): State<Edge>,
    me: Me,
    Asked(asked): Asked<PageIn>,
) -> Result<Response, Problem> {
    let (user, limit) = (me.user, page::limit(asked.limit)?);
    let before = page::cursor(asked.cursor.as_deref())?;
    let _place = edge.history(user)?;
    let wallet = edge.runtime().query(GetWallet { user, limit }).await?;
    let known = edge.runtime().query(GetPayouts { user }).await?;
    let statements = GetStatements {
        user,
        before,
        limit,
    };
    let statements = edge.runtime().query(statements).await?;
    let view = WalletView::of(&wallet, &known, &statements, edge.policy());
    Ok(answer::ok(&view))
}
