//! `POST /api/gateway/events`: what the payment gateway has to tell. Taken in once, however often it is told.

use crate::{answer, app_state::AppState, call::GatewayCall, problem::Problem};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::{GatewayEvent, TakeGatewayEvent};

pub(crate) async fn event(
    State(app): State<AppState>,
    call: GatewayCall<GatewayEvent>,
) -> Result<Response, Problem> {
    let event = TakeGatewayEvent(call.body);
    app.runtime().command(call.caller, event).await?;
    Ok(answer::done())
}
