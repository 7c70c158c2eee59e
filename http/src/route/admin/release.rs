//! `POST /api/admin/actors/{order_id}/release`: lets an order that failed again and again be tried once more.

use super::audit::audit;
use crate::{answer, call::Call, dto::admin::ReasonIn, edge::Edge, path::Id, problem::Problem};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::ReleaseQuarantine;
use campusg_domain::id::OrderId;

pub(crate) async fn release(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    call: Call<ReasonIn>,
) -> Result<Response, Problem> {
    call.body.check()?;
    edge.runtime()
        .command(call.caller.clone(), ReleaseQuarantine(order))
        .await?;
    audit(&call.caller, &call.body.reason);
    Ok(answer::done())
}
