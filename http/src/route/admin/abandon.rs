//! `POST /api/admin/orders/{id}/abandon`: cancels an order after the purchase because its runner gave up; the
//! customer gets everything back.

use crate::{
    answer::Commanded, app_state::AppState, call::Call, dispatch::with_reason,
    dto::admin::ReasonIn, path::Id, problem::Problem,
};
use axum::extract::State;
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn abandon(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    call: Call<ReasonIn>,
) -> Result<Commanded, Problem> {
    with_reason(&app, call, order, |reason| Command::Abandon { reason }).await
}
