//! `GET /api/stores`: every known store, and whether it is open now.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    page::{Listed, Page},
    problem::Problem,
    view::store::KnownStoreView,
};
use axum::extract::State;
use std::sync::Arc;

pub(crate) async fn list(
    State(app): State<AppState>,
    Listed { paging, .. }: Listed,
) -> Result<Found<Page<KnownStoreView>>, Problem> {
    let (stores, now) = (app.runtime().stores(), app.now());
    let view = |(id, store): &(_, Arc<_>)| KnownStoreView::of(*id, store, app.policy(), now);
    Ok(answer::ok(&paging.of(stores, |(id, _)| *id, view)?))
}
