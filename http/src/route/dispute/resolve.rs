//! `POST /api/orders/{id}/disputes/{n}/resolve`: an operator decides a dispute.

use crate::{
    answer::Commanded, app_state::AppState, call::Call, dispatch::dispatch,
    dto::dispute::ResolveIn, free_text::sealed, path::Within, problem::Problem,
};
use axum::extract::State;
use campusg_actors::runtime::FreeText;
use campusg_domain::{
    id::OrderId,
    order::{Command, Number},
};

pub(crate) async fn resolve(
    State(app): State<AppState>,
    Within(order, dispute): Within<OrderId, Number>,
    call: Call<ResolveIn>,
) -> Result<Commanded, Problem> {
    let (call, body) = call.split();
    let command = Command::Resolve {
        dispute,
        refund: body.refund_cents.0,
        at_fault: body.at_fault,
        reason: sealed(&app, &call, FreeText::Reason, &body.reason)?,
    };
    dispatch(&app, call, order, command).await
}
