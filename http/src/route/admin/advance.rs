//! `POST /api/admin/clock/advance`: advances a virtual clock.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    call::Call,
    dto::admin::AdvanceIn,
    problem::Problem,
    time::Time,
    view::platform::ClockView,
};
use axum::extract::State;

pub(crate) async fn advance(
    State(app): State<AppState>,
    call: Call<AdvanceIn>,
) -> Result<Found<ClockView>, Problem> {
    let now = app
        .runtime()
        .advance_clock(&call.meta, call.body.advance_ms)?;
    Ok(answer::ok(&ClockView { now: Time(now) }))
}
