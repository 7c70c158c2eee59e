//! `PATCH /api/stores/{id}`: changes what is given of a store.

use crate::{
    answer, call::Call, dto::admin::StoreIn, edge::Edge, path::Id, problem::Problem,
    view::store::KnownStoreView,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::{ChangeStore, GetStores};
use campusg_domain::id::StoreId;

pub(crate) async fn change(
    State(edge): State<Edge>,
    Id(store): Id<StoreId>,
    call: Call<StoreIn>,
) -> Result<Response, Problem> {
    let StoreIn {
        name,
        place,
        paused,
    } = call.body;
    edge.runtime()
        .command(
            call.caller,
            ChangeStore {
                store,
                name,
                place,
                paused,
            },
        )
        .await?;
    Ok(answer::ok(&shown(&edge, store).await?))
}

/// A store as it is now.
pub(crate) async fn shown(edge: &Edge, store: StoreId) -> Result<KnownStoreView, Problem> {
    let stores = edge.runtime().query(GetStores).await?;
    let found = stores
        .iter()
        .find(|(id, _)| *id == store)
        .map(KnownStoreView::from);
    found.ok_or_else(|| Problem::not_found("store"))
}
