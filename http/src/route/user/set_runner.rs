//! `PUT /api/users/me/runner`: starts or stops working as a runner, and being notified of new orders.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    call::Call,
    dto::user::RunnerIn,
    problem::Problem,
    view::person::RunnerStateView,
};
use axum::extract::State;
use campusg_domain::owner::directory::RunnerState;

pub(crate) async fn set_runner(
    State(app): State<AppState>,
    call: Call<RunnerIn>,
) -> Result<Found<RunnerStateView>, Problem> {
    let RunnerIn { active, online } = call.body;
    let runner = RunnerState { active, online };
    app.runtime().set_runner(call.meta, runner).await?;
    // Whoever may not accept orders is not notified of new ones, so they are not online either.
    Ok(answer::ok(&RunnerStateView::from(RunnerState {
        active,
        online: active && online,
    })))
}
