//! `DELETE /api/users/me/payout-method`: takes the bank account off; payouts on their way keep theirs.

use crate::{answer, call::Call, dto::Nothing, edge::Edge, problem::Problem};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::RemovePayoutMethod;

pub(crate) async fn remove_account(
    State(edge): State<Edge>,
    call: Call<Nothing>,
) -> Result<Response, Problem> {
    edge.runtime()
        .command(call.caller, RemovePayoutMethod)
        .await?;
    Ok(answer::done())
}
