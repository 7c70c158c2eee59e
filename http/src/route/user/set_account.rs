//! `PUT /api/users/me/payout-method`: puts a bank account on file.

use crate::{
    answer, call::Call, dto::wallet::AccountIn, edge::Edge, problem::Problem,
    view::payout::AccountView,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::SetPayoutMethod;
use campusg_domain::call::AccountToken;

pub(crate) async fn set_account(
    State(edge): State<Edge>,
    call: Call<AccountIn>,
) -> Result<Response, Problem> {
    let method = SetPayoutMethod(AccountToken(call.body.token));
    let method = edge.runtime().command(call.caller, method).await?;
    Ok(answer::ok(&AccountView::from(&method)))
}
