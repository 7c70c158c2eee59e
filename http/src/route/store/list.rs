//! `GET /api/stores`: every known store, and whether it is open now.

use crate::{
    answer, app_state::AppState, page::Page, problem::Problem, view::store::KnownStoreView,
};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::GetStores;

pub(crate) async fn list(State(app): State<AppState>) -> Result<Response, Problem> {
    let (stores, now) = (app.runtime().query(GetStores).await?, app.now());
    let view = |(id, store)| KnownStoreView::of(id, store, app.policy(), now);
    let known = stores.iter().map(|(id, store)| (*id, &**store));
    Ok(answer::ok(&Page::whole(known.map(view).collect())))
}
