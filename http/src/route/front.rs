//! `GET /`: the front page, which shows the ledger's proof to anybody.

use crate::{
    answer::Html, app_state::AppState, html::document, problem::Problem, view::ledger::ProofView,
};
use axum::{extract::State, http::StatusCode};

pub(crate) async fn front(State(app): State<AppState>) -> Result<Html, Problem> {
    let proof = app.runtime().proof().await?;
    let proof = ProofView::of(&proof, app.policy().currency);
    Ok(document(StatusCode::OK, "CampusG", &proof.html()).into())
}
