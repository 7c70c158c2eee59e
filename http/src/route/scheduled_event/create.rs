//! `POST /api/scheduled-events`: schedules an event. It fires as a command, which the order may refuse.

use crate::{
    answer::{self, Created},
    app_state::AppState,
    call::Call,
    dto::admin::ScheduleIn,
    problem::Problem,
    view::timer::ScheduledView,
};
use axum::extract::State;
use campusg_actors::runtime::NewScheduled;

pub(crate) async fn create(
    State(app): State<AppState>,
    call: Call<ScheduleIn>,
) -> Result<Created<ScheduledView>, Problem> {
    let ScheduleIn {
        event_type: kind,
        entity_id: order,
        scheduled_time,
        payload,
    } = call.body;
    let (due, payload) = (scheduled_time.0, payload.0);
    let event = NewScheduled {
        kind,
        order,
        due,
        payload: payload.clone(),
    };
    let id = app.runtime().schedule(call.meta, event).await?;
    Ok(answer::created(
        "/api/scheduled-events",
        &ScheduledView::new(id, kind, order, due, &payload),
    ))
}
