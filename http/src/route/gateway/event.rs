//! `POST /api/gateway/events`: takes an event of the payment gateway. An event that is sent again changes nothing.

use crate::{
    answer::{self, Done},
    app_state::AppState,
    call::GatewayCall,
    problem::Problem,
};
use axum::extract::State;
use campusg_actors::runtime::GatewayEvent;

pub(crate) async fn event(
    State(app): State<AppState>,
    call: GatewayCall<GatewayEvent>,
) -> Result<Done, Problem> {
    app.runtime()
        .take_gateway_event(call.meta, call.body)
        .await?;
    Ok(answer::done())
}
