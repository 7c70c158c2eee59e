//! `GET /api/stores`: every known store, and whether it is open now.

use crate::{
    answer, app_state::AppState, page::Listed, problem::Problem, view::store::KnownStoreView,
};
use axum::{extract::State, response::Response};

pub(crate) async fn list(
    State(app): State<AppState>,
    Listed { paging, .. }: Listed,
) -> Result<Response, Problem> {
    let (stores, now) = (app.runtime().stores(), app.now());
    let view = |(id, store)| KnownStoreView::of(id, store, app.policy(), now);
    let known = stores.iter().map(|(id, store)| (*id, &**store));
    Ok(answer::ok(&paging.of(known.map(view).collect())?))
}
