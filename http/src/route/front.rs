//! `GET /`: the front page, with what anybody may check.

use crate::{edge::Edge, html::document, problem::Problem, view::ledger::ProofView};
use axum::{extract::State, http::StatusCode, response::Response};
use campusg_actors::runtime::GetProof;

pub(crate) async fn front(State(edge): State<Edge>) -> Result<Response, Problem> {
    let proof = edge.runtime().query(GetProof).await?;
    let proof = ProofView::of(&proof, edge.currency());
    Ok(document(StatusCode::OK, "CampusG", &proof.html()))
}
