//! `GET /api/ledger/proof`: the sums of the ledger and the journal's hash, public.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    problem::Problem,
    view::ledger::ProofView,
};
use axum::extract::State;

pub(crate) async fn proof(State(app): State<AppState>) -> Result<Found<ProofView>, Problem> {
    let proof = app.runtime().proof().await?;
    Ok(answer::ok(&ProofView::of(&proof, app.policy().currency)))
}
