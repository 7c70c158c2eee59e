//! `POST /api/admin/clock/advance`: moves a virtual clock on.

use crate::{answer, call::Call, dto::admin::AdvanceIn, edge::Edge, problem::Problem, time::Time};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::AdvanceClock;
use serde_json::json;

pub(crate) async fn advance(
    State(edge): State<Edge>,
    call: Call<AdvanceIn>,
) -> Result<Response, Problem> {
    let now = edge
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
