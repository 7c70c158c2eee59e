//! `GET /api/stores`: every known store, and whether it is open now.

use crate::{
    answer, app_state::AppState, page::Listed, problem::Problem, view::store::KnownStoreView,
};
use axum::{extract::State, response::Response};
use std::sync::Arc;

pub(crate) async fn list(
    State(app): State<AppState>,
    Listed { paging, .. }: Listed,
) -> Result<Response, Problem> {
    let (stores, now) = (app.runtime().stores(), app.now());
    let view = |(id, store): &(_, Arc<_>)| KnownStoreView::of(*id, store, app.policy(), now);
    Ok(answer::ok(&paging.of(stores, |(id, _)| *id, view)?))
}
