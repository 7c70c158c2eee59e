//! `POST /api/orders/{id}/proposals`: the runner at the store proposes a change to the customer.

use crate::{
    answer::Commanded, app_state::AppState, call::Call, dispatch::dispatch,
    dto::proposal::ProposalIn, free_text, path::Id, problem::Problem,
};
use axum::extract::State;
use campusg_actors::runtime::FreeText;
use campusg_domain::{id::OrderId, order::Command};

pub(crate) async fn propose(
    State(app): State<AppState>,
    Id(order): Id<OrderId>,
    call: Call<ProposalIn>,
) -> Result<Commanded, Problem> {
    let (call, body) = call.split();
    let (offer, note) = body.split();
    let note = free_text::sealed_if_any(&app, &call, FreeText::Note, note.as_deref())?;
    dispatch(&app, call, order, Command::Propose { offer, note }).await
}
