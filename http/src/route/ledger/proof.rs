//! `GET /api/ledger/proof`: what anybody may check.

use crate::{answer, edge::Edge, problem::Problem, view::ledger::ProofView};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::GetProof;

pub(crate) async fn proof(State(edge): State<Edge>) -> Result<Response, Problem> {
    let proof = edge.runtime().query(GetProof).await?;
    Ok(answer::ok(&ProofView::of(&proof, edge.currency())))
}
