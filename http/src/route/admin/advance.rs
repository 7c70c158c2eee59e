//! `POST /api/admin/clock/advance`: advances a virtual clock.

use crate::{
    answer, app_state::AppState, call::Call, dto::admin::AdvanceIn, problem::Problem, time::Time,
};
use axum::{extract::State, response::Response};
use serde_json::json;

pub(crate) async fn advance(
    State(app): State<AppState>,
    call: Call<AdvanceIn>,
) -> Result<Response, Problem> {
    let now = app
        .runtime()
        .advance_clock(&call.meta, call.body.advance_ms)?;
    Ok(answer::ok(&json!({"now": Time(now)})))
}
