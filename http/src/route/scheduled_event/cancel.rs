//! `POST /api/scheduled-events/{id}/cancel`: cancels an event scheduled over the API.

use crate::{answer, call::Call, dto::Nothing, edge::Edge, path::Id, problem::Problem};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::CancelScheduled;
use campusg_domain::id::ScheduleId;

pub(crate) async fn cancel(
    State(edge): State<Edge>,
    Id(event): Id<ScheduleId>,
    call: Call<Nothing>,
) -> Result<Response, Problem> {
    edge.runtime()
        .command(call.caller, CancelScheduled(event))
        .await?;
    Ok(answer::done())
}
