//! `POST /api/admin/clock/accept`: accepts that the server's clock jumped forward.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    call::Call,
    dto::admin::ReasonIn,
    problem::Problem,
    time::Time,
    view::platform::AcceptedClockView,
};
use axum::extract::State;

pub(crate) async fn accept_clock(
    State(app): State<AppState>,
    call: Call<ReasonIn>,
) -> Result<Found<AcceptedClockView>, Problem> {
    call.body.check()?;
    let step = app
        .runtime()
        .accept_clock(&call.meta, &call.body.reason)
        .await?;
    Ok(answer::ok(&AcceptedClockView {
        from: Time(step.now),
        now: Time(step.shown),
    }))
}
