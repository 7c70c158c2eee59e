//! `POST /api/gateway/events`: what the payment gateway has to tell. Taken in once, however often it is told.

use crate::{answer, call::GatewayCall, edge::Edge, problem::Problem};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::{GatewayEvent, TakeGatewayEvent};

pub(crate) async fn event(
    State(edge): State<Edge>,
    call: GatewayCall<GatewayEvent>,
) -> Result<Response, Problem> {
    let event = TakeGatewayEvent(call.body);
    edge.runtime().command(call.caller, event).await?;
    Ok(answer::done())
}
