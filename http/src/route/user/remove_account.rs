//! `DELETE /api/users/me/payout-method`: takes the bank account off; payouts on their way keep theirs.

use crate::{answer, app_state::AppState, call::Call, dto::Nothing, problem::Problem};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::RemovePayoutMethod;

pub(crate) async fn remove_account(
    State(app): State<AppState>,
    call: Call<Nothing>,
) -> Result<Response, Problem> {
    app.runtime()
        .command(call.caller, RemovePayoutMethod)
        .await?;
    Ok(answer::done())
}
