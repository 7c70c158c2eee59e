//! `DELETE /api/sessions/{id|current}`: ends a session of the caller.

use crate::{
    answer::{self, Done},
    app_state::AppState,
    call::Call,
    dto::Nothing,
    path::Id,
    problem::Problem,
};
use axum::extract::State;

pub(crate) async fn sign_out(
    State(app): State<AppState>,
    Id(named): Id<String>,
    call: Call<Nothing>,
) -> Result<Done, Problem> {
    let session = match named.as_str() {
        "current" => call.me.session,
        id => id.parse().map_err(|_| Problem::not_found("session"))?,
    };
    app.runtime().sign_out(call.meta, session).await?;
    Ok(answer::done())
}
