//! `POST /api/orders/{id}/problems`: the runner reports that they can't reach the customer, took the food back, or
//! need an operator.

use crate::{
    answer::Commanded, app_state::AppState, call::Call, dispatch::dispatch, dto::door::ProblemIn,
    free_text, path::Id, problem::Problem,
};
use axum::extract::State;
use campusg_actors::runtime::FreeText;
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn report_problem(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    call: Call<ProblemIn>,
) -> Result<Commanded, Problem> {
    let (call, body) = call.split();
    let note = free_text::sealed_if_any(&app, &call, FreeText::Note, body.note.as_deref())?;
    let (kind, photo) = (body.kind, body.photo_id);
    dispatch(
        &app,
        call,
        order,
        Command::ReportProblem { kind, photo, note },
    )
    .await
}
