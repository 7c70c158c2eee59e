//! `POST /api/admin/sagas/{order_id}/retry`: tries the stuck steps of an order again, now.

use super::audit::audit;
use crate::{
    answer, call::Call, dto::admin::ReasonIn, edge::Edge, path::Id, problem::Problem, tell::refused,
};
use axum::{extract::State, http::StatusCode, response::Response};
use campusg_actors::runtime::RetryStuck;
use campusg_domain::id::OrderId;

pub(crate) async fn retry(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    call: Call<ReasonIn>,
) -> Result<Response, Problem> {
    call.body.check()?;
    match edge
        .runtime()
        .command(call.caller.clone(), RetryStuck(order))
        .await
    {
        Ok(reply) => {
            audit(&call.caller, &call.body.reason);
            Ok(answer::told(&edge, &call.me, &reply, StatusCode::OK).await)
        }
        Err(refusal) => Err(refused(&edge, &call.me, order, refusal).await),
    }
}
