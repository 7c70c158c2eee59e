//! `GET /api/ledger/proof`: the sums of the ledger and the journal's hash, public.

use crate::{answer, app_state::AppState, problem::Problem, view::ledger::ProofView};
use axum::{extract::State, response::Response};

pub(crate) async fn proof(State(app): State<AppState>) -> Result<Response, Problem> {
    let proof = app.runtime().proof().await?;
    Ok(answer::ok(&ProofView::of(&proof, app.policy().currency)))
}
