//! `POST /api/admin/clock/accept`: accepts that the server's clock jumped forward.

use crate::{
    answer, app_state::AppState, call::Call, dto::admin::ReasonIn, problem::Problem, time::Time,
};
use axum::{extract::State, response::Response};
use serde_json::json;

pub(crate) async fn accept_clock(
    State(app): State<AppState>,
    call: Call<ReasonIn>,
) -> Result<Response, Problem> {
    call.body.check()?;
    let step = app
        .runtime()
        .accept_clock(&call.meta, &call.body.reason)
        .await?;
    Ok(answer::ok(
        &json!({"from": Time(step.now), "now": Time(step.shown)}),
    ))
}
