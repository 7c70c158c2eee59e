//! `GET /api/stores`: every known store, and whether it is open now.

use crate::{answer, app_state::AppState, page::Page, view::store::KnownStoreView};
use axum::{extract::State, response::Response};

pub(crate) async fn list(State(app): State<AppState>) -> Response {
    let (stores, now) = (app.runtime().stores(), app.now());
    let view = |(id, store)| KnownStoreView::of(id, store, app.policy(), now);
    let known = stores.iter().map(|(id, store)| (*id, &**store));
    answer::ok(&Page::whole(known.map(view).collect()))
}
