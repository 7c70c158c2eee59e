//! `GET /api/stores`: every known store, and whether it is open now.

use crate::{answer, edge::Edge, page::Page, problem::Problem, view::store::KnownStoreView};
use axum::{extract::State, response::Response};
use campusg_actors::runtime::GetStores;

pub(crate) async fn list(State(edge): State<Edge>) -> Result<Response, Problem> {
    let (stores, now) = (edge.runtime().query(GetStores).await?, edge.now());
    let view = |(id, store)| KnownStoreView::of(id, store, edge.policy(), now);
    let known = stores.iter().map(|(id, store)| (*id, &**store));
    Ok(answer::ok(&Page::whole(known.map(view).collect())))
}
