//! `PUT /api/users/me/payout-method`: stores a bank account.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    call::Call,
    dto::wallet::AccountIn,
    problem::Problem,
    view::payout::AccountView,
};
use axum::extract::State;
use campusg_domain::call::AccountToken;

pub(crate) async fn set_account(
    State(app): State<AppState>,
    call: Call<AccountIn>,
) -> Result<Found<AccountView>, Problem> {
    let token = AccountToken(call.body.token);
    let method = app.runtime().set_payout_method(call.meta, token).await?;
    Ok(answer::ok(&AccountView::from(&method)))
}
