//! `POST /api/orders/{id}/problems`: the runner can't reach the customer, took the food back, or needs an operator.

use crate::{
    call::Call, dto::door::ProblemIn, edge::Edge, path::Id, problem::Problem, tell::tell, words,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::Wording;
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn report_problem(
    State(edge): State<Edge>,
    Id(order): Id<OrderId>,
    call: Call<ProblemIn>,
) -> Result<Response, Problem> {
    let (call, body) = call.split();
    let note = words::sealed_if_any(&edge, &call, Wording::Note, body.note).await?;
    let (kind, photo) = (body.kind, body.photo_id);
    tell(
        &edge,
        call,
        order,
        Command::ReportProblem { kind, photo, note },
    )
    .await
}
