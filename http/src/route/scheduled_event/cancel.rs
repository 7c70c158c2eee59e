//! `POST /api/scheduled-events/{id}/cancel`: cancels an event that was scheduled over the API.

use crate::{
    answer::{self, Done},
    app_state::AppState,
    call::Call,
    dto::Nothing,
    path::Id,
    problem::Problem,
};
use axum::extract::State;
use campusg_domain::id::ScheduleId;

pub(crate) async fn cancel(
    State(app): State<AppState>,
    Id(event): Id<ScheduleId>,
    call: Call<Nothing>,
) -> Result<Done, Problem> {
    app.runtime().cancel_scheduled(call.meta, event).await?;
    Ok(answer::done())
}
