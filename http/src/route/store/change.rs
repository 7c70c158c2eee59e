//! `PATCH /api/stores/{id}`: changes the given fields of a store.

use crate::{
    answer::{self, Found},
    app_state::AppState,
    call::Call,
    dto::store::StoreChangeIn,
    path::Id,
    problem::Problem,
    view::store::KnownStoreView,
};
use axum::extract::State;
use campusg_domain::id::StoreId;

pub(crate) async fn change(
    State(app): State<AppState>,
    Id(store): Id<StoreId>,
    call: Call<StoreChangeIn>,
) -> Result<Found<KnownStoreView>, Problem> {
    let change = call.body.into();
    app.runtime().change_store(call.meta, store, change).await?;
    Ok(answer::ok(&shown(&app, store)?))
}

/// Returns a store's view; 404 if it is not known.
pub(crate) fn shown(app: &AppState, store: StoreId) -> Result<KnownStoreView, Problem> {
    let stores = app.runtime().stores();
    let found = stores.iter().find(|(id, _)| *id == store);
    let view = found.map(|(id, store)| KnownStoreView::of(*id, store, app.policy(), app.now()));
    view.ok_or_else(|| Problem::not_found("store"))
}
