//! `POST /api/admin/clock/advance`: moves a virtual clock on.

use crate::{
    answer, app_state::AppState, call::Call, dto::admin::AdvanceIn, problem::Problem, time::Time,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::AdvanceClock;
use serde_json::json;

pub(crate) async fn advance(
    State(app): State<AppState>,
    call: Call<AdvanceIn>,
) -> Result<Response, Problem> {
    let now = app
        .runtime()
        .command(
            call.caller,
            AdvanceClock {
                ms: call.body.advance_ms,
            },
        )
        .await?;
    Ok(answer::ok(&json!({"now": Time(now)})))
}
