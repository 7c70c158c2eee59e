//! `PUT /api/users/me/runner`: runs, or does not.

use crate::{answer, app_state::AppState, call::Call, dto::user::RunnerIn, problem::Problem};
use axum::{extract::State, response::Response};
use campusg_domain::owner::directory::RunnerState;

pub(crate) async fn set_runner(
    State(app): State<AppState>,
    call: Call<RunnerIn>,
) -> Result<Response, Problem> {
    let RunnerIn { active, online } = call.body;
    let runner = RunnerState { active, online };
    app.runtime().set_runner(call.meta, runner).await?;
    // Nobody is told of new orders who may not take them.
    Ok(answer::ok(&RunnerState {
        active,
        online: active && online,
    }))
}
