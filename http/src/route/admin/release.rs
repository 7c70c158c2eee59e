//! `POST /api/admin/actors/{order_id}/release`: ends the quarantine of an order whose actor panicked repeatedly.
//!
//! The quarantine is not in the journal: it is kept in memory and ends with the process. So its end is written to the
//! log.

use crate::{
    answer::{self, Done},
    app_state::AppState,
    call::Call,
    dto::admin::ReasonIn,
    path::Id,
    problem::Problem,
};
use axum::extract::State;
use campusg_domain::id::OrderId;

pub(crate) async fn release(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    call: Call<ReasonIn>,
) -> Result<Done, Problem> {
    call.body.check()?;
    let operator = call.me.user;
    let (request, reason) = (&*call.meta.request, call.body.reason);
    app.runtime().release_quarantine(&call.meta, order)?;
    tracing::info!(target: "campusg::audit", operator = %operator, order.id = %order, request.id = request, reason, "released from quarantine");
    Ok(answer::done())
}
