//! `POST /api/stores`: adds a store.

use super::change::shown;
use crate::{
    answer::{self, Created},
    app_state::AppState,
    call::Call,
    dto::store::NewStoreIn,
    problem::Problem,
    view::store::KnownStoreView,
};
use axum::extract::State;
use campusg_actors::runtime::NewStore;

pub(crate) async fn create(
    State(app): State<AppState>,
    call: Call<NewStoreIn>,
) -> Result<Created<KnownStoreView>, Problem> {
    let hours = call.body.hours();
    let NewStoreIn {
        name,
        place,
        paused,
        ..
    } = call.body;
    let store = NewStore {
        name,
        place,
        hours,
        paused,
    };
    let store = app.runtime().create_store(call.meta, store).await?;
    Ok(answer::created(
        &format!("/api/stores/{store}"),
        &shown(&app, store)?,
    ))
}
